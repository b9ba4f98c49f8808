import Bench
import CKernels
import Foundation
import Glibc
import Store

/// Our side of the load-bigearthnet cases, on one thread.
///
/// Usage: `bench-load-bigearthnet FOLDER native|float`. Prints samples a second, the sum of all pixels (native), bytes in and out
/// of a sample, and the most memory in MB.
@main struct LoadBigearthnet {
    static func main() throws {
        let words = CommandLine.arguments
        guard words.count == 3, ["native", "float"].contains(words[2]) else {
            FileHandle.standardError.write(Data("usage: \(words[0]) FOLDER native|float\n".utf8))
            exit(64)
        }
        let isNative = words[2] == "native"
        let data = try BigEarthNetV1(at: words[1], options: DatasetOptions())
        let reader = try data.reader()
        let enlarged = Enlarged()
        var (bytes, sum) = (0, UInt64(0))
        for index in 0..<data.count {
            try reader.read(index, planes: data.planes) { planes in
                bytes += planes.reduce(0) { $0 + $1.bytes.count }
                if isNative { sum += planes.reduce(0) { $0 + pixelSum($1) } }
            }
        }
        let start = ContinuousClock.now
        var seen: UInt64 = 0
        for index in 0..<data.count {
            try reader.read(index, planes: data.planes) { planes in
                if isNative {
                    for plane in planes { seen &+= UInt64(plane.bytes[0]) }
                } else {
                    enlarged.take(planes)
                }
            }
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        withExtendedLifetime(seen) {}
        print("rate", Double(data.count) / seconds)
        if isNative { print("sum", sum) }
        print("bytes", bytes / data.count + (isNative ? 0 : 12 * 120 * 120 * 4))
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        print("megabytes", usage.ru_maxrss / 1024)
    }

    private static func pixelSum(_ plane: SamplePlane) -> UInt64 {
        plane.bytes.withMemoryRebound(to: UInt16.self) { $0.reduce(0) { $0 + UInt64($1) } }
    }
}

/// 12 × 120 × 120 numbers, filled plane by plane.
private final class Enlarged {
    private let values = UnsafeMutablePointer<Float>.allocate(capacity: 12 * 120 * 120)
    private let cut = ckernels_cut(
        width: 120, height: 120, column: 0, row: 0, columns: 120, rows: 120)
    private var scratch: [Float] = []

    deinit { values.deallocate() }

    func take(_ planes: [SamplePlane]) {
        for (place, plane) in planes.enumerated() {
            let band = ckernels_band(
                pixels: plane.bytes.baseAddress, type: Int32(CKERNELS_UINT16),
                width: Int32(plane.width), height: Int32(plane.height))
            let needed = ckernels_resize_scratch(band, cut)
            if scratch.count < needed { scratch = [Float](repeating: 0, count: needed) }
            _ = ckernels_resize(
                band, cut, ckernels_scaling(scale: 1, shift: 0, fill: 0), &scratch,
                ckernels_canvas(values: values + place * 14400, across: 1, down: 120))
        }
    }
}
