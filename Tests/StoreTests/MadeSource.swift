import Foundation
import Store

/// Samples made by a formula, with faults where a test wants them.
struct MadeSource: SampleSource {
    struct Fault: Error, Equatable { let key: String }

    enum Event: Sendable { case none, failure, hang(seconds: Double) }

    var count = 10
    /// Name, width, height and pixel of each plane.
    var planes: [(name: String, width: Int, height: Int, pixel: SamplePlane.Pixel)] = [
        ("B02", 12, 12, .uint16), ("B05", 6, 6, .uint16), ("B01", 2, 2, .uint16),
        ("VV", 12, 12, .float32), ("mask", 12, 12, .uint8),
    ]
    /// What happens when a sample is read.
    var event: @Sendable (Int) -> Event = { _ in .none }
    /// A number that takes the place of a pixel of float planes.
    var oddNumber: (index: Int, value: Float)?
    /// Pixels that a sample has more than the others, on each side.
    var excess: @Sendable (Int) -> Int = { _ in 0 }

    func key(_ index: Int) -> String { "sample-" + String(1000 + index) }
    func target(_ index: Int) -> SampleTarget { .category(index % 3) }
    func reader() -> any SampleReader { Reader(source: self) }

    /// Pixel of a plane of a sample: all of them differ.
    static func value(_ index: Int, _ plane: String, row: Int, column: Int) -> Int {
        let name = plane.utf8.reduce(0) { ($0 * 31 + Int($1)) % 97 }
        return (index * 131 + name * 17 + row * 29 + column * 7) % 8000 + 1
    }

    func bytes(_ index: Int, _ name: String) -> (width: Int, height: Int, bytes: [UInt8])? {
        guard let plane = planes.first(where: { $0.name == name }) else { return nil }
        let (width, height) = (plane.width + excess(index), plane.height + excess(index))
        var bytes: [UInt8] = []
        for row in 0..<height {
            for column in 0..<width {
                let value = Self.value(index, name, row: row, column: column)
                switch plane.pixel {
                case .uint8: bytes.append(UInt8(value % 5))
                case .uint16: withUnsafeBytes(of: UInt16(value)) { bytes += $0 }
                case .int16: withUnsafeBytes(of: Int16(value - 4000)) { bytes += $0 }
                case .float32:
                    let isOdd = row == 1 && column == 1 && oddNumber?.index == index
                    let number = isOdd ? oddNumber?.value ?? 0 : Float(value) / 100 - 40
                    withUnsafeBytes(of: number) { bytes += $0 }
                }
            }
        }
        return (width, height, bytes)
    }

    final class Reader: SampleReader {
        private let source: MadeSource

        init(source: MadeSource) { self.source = source }

        func read(_ index: Int, planes: [String]?, _ body: ([SamplePlane]) throws -> Void) throws {
            switch source.event(index) {
            case .none: break
            case .failure: throw Fault(key: source.key(index))
            case .hang(let seconds): Thread.sleep(forTimeInterval: seconds)
            }
            let names = planes ?? source.planes.map(\.name).sorted()
            var kept: [UnsafeMutableRawBufferPointer] = []
            defer { kept.forEach { $0.deallocate() } }
            let found = try names.map { name in
                guard let (width, height, bytes) = source.bytes(index, name),
                    let plane = source.planes.first(where: { $0.name == name })
                else { throw Fault(key: name) }
                let room = UnsafeMutableRawBufferPointer.allocate(
                    byteCount: bytes.count, alignment: 8)
                room.copyBytes(from: bytes)
                kept.append(room)
                return SamplePlane(
                    name: name, width: width, height: height, pixel: plane.pixel,
                    bytes: UnsafeRawBufferPointer(room))
            }
            try body(found)
        }
    }
}

extension BatchStream {
    /// All batches that are left: images and masks, and which samples.
    func all() throws -> [(samples: [Int], images: [[Float]], masks: [[Int32]])] {
        var all: [(samples: [Int], images: [[Float]], masks: [[Int32]])] = []
        while let batch = try next() {
            all.append(
                (
                    batch.samples, shape.channels.indices.map { batch.withImage($0, Array.init) },
                    (0..<shape.masks).map { batch.withMask($0, Array.init) }
                ))
        }
        return all
    }
}
