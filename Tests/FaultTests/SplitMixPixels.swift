import Geo

/// Pixels that no encoder makes smaller, the same for the same seed.
struct SplitMixPixels {
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func next(_ count: Int) -> [UInt16] {
        (0..<count).map { _ in UInt16(1 + random.nextInt(below: 60_000)) }
    }
}
