import Foundation
import Geo
import Store
import Tensors

/// A small store: two regions of blocky materials, seen at three dates of different brightness.
enum SyntheticStore {
    static func make(at path: String, side: Int = 48, clear: Bool = true) throws {
        let store = try SampleStore(path, for: .writing)
        for (region, name) in ["east", "west"].enumerated() {
            for date in 0..<3 {
                try store.put(
                    sample(region: UInt64(region), date: UInt64(date), side, clear),
                    for: "\(name)/0_0/2020-0\(date + 1)-01T10:00:00Z")
            }
        }
    }

    private static func sample(
        region: UInt64, date: UInt64, _ side: Int, _ clear: Bool
    ) -> [String: HostArray] {
        var noise = SplitMix64(seed: SplitMix64.derive(seed: 7, region, date))
        var sample: [String: HostArray] = [:]
        for band in 0..<3 {
            let pixels = (0..<side * side).map { index -> UInt16 in
                let block = UInt64(index / side / 12 * 16 + index % side / 12)
                var material = SplitMix64(
                    seed: SplitMix64.derive(seed: 3, region, block, UInt64(band)))
                let level = 500 + 3000 * material.nextUniform()
                return UInt16(level * (0.9 + 0.1 * Double(date)) + 100 * noise.nextUniform())
            }
            sample["B0\(band + 2)"] = HostArray(pixels, shape: [side, side])
        }
        let valid = [UInt8](repeating: clear ? 1 : 0, count: side * side)
        sample["valid"] = HostArray(valid, shape: [side, side])
        return sample
    }
}
