import Foundation
import Manifests

/// The file that TensorBoard reads: TFRecords, each an `Event` message with a step's numbers.
///
/// A record is its length (8 bytes), the length's checksum (4), the message, and the message's checksum (4), all little-endian;
/// checksums are CRC-32C, turned and moved as TensorFlow's `lib/hash/crc32c.h` says. Times are the clock's: unlike all else in a
/// run's folder this file tells when, and is not the same for the same run.
package final class EventFile {
    /// The name by which TensorBoard finds it in the run's folder.
    package static let name = "tensorboard/events.out.tfevents.0000000000.matter-model"

    private let file: FileHandle
    private let path: String

    /// Opens the file, cut to the steps up to `step`; what came after, or was torn, is written anew.
    ///
    /// - Throws: `ManifestError`.
    package init(_ path: String, after step: Int) throws {
        try AtomicFile.makeFolder(at: URL(fileURLWithPath: path).deletingLastPathComponent().path)
        let old =
            FileManager.default.fileExists(atPath: path)
            ? try WholeFile.read(path, limit: .max) : []
        let length = Self.wholeLength(of: old, upTo: step)
        try AtomicFile.write(
            length > 0
                ? Array(old[..<length]) : Self.record(step: 0) { $0.put(3, "brain.Event:2") },
            to: path)
        guard let file = FileHandle(forWritingAtPath: path) else {
            throw ManifestError(.io, path: path, "cannot be opened for writing")
        }
        (self.file, self.path) = (file, path)
        try file.seekToEnd()
    }

    deinit { try? file.close() }

    /// Adds a step's numbers; those that are not finite are left out.
    ///
    /// - Throws: what Foundation throws if it cannot be written.
    package func add(_ numbers: [(tag: String, value: Double)], step: Int) throws {
        let record = Self.record(step: step) { event in
            event.put(5) { summary in
                for (tag, value) in numbers where value.isFinite {
                    summary.put(1) {
                        $0.put(1, tag)
                        $0.put(2, Float(value))
                    }
                }
            }
        }
        try file.write(contentsOf: record)
    }

    // MARK: Records

    private static func record(
        step: Int, _ fill: (inout ProtobufWriter) -> Void
    ) -> [UInt8] {
        var event = ProtobufWriter()
        event.put(1, Date().timeIntervalSince1970)
        event.put(2, step)
        fill(&event)
        let length = withUnsafeBytes(of: UInt64(event.bytes.count).littleEndian) { Array($0) }
        return length + checksum(length) + event.bytes + checksum(event.bytes)
    }

    /// How many bytes of a file are whole records of steps up to one.
    package static func wholeLength(of bytes: [UInt8], upTo step: Int) -> Int {
        var end = 0
        while bytes.count - end >= 16 {
            let head = Array(bytes[end..<end + 8])
            let length = head.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            guard length <= UInt64(bytes.count - end - 16),
                checksum(head) == Array(bytes[end + 8..<end + 12])
            else { break }
            let start = end + 12
            let message = Array(bytes[start..<start + Int(length)])
            let tail = start + Int(length)
            guard checksum(message) == Array(bytes[tail..<tail + 4]),
                let found = self.step(of: message), found <= step
            else { break }
            end = tail + 4
        }
        return end
    }

    /// The step of a message that this type wrote: a time (9 bytes), then the step.
    private static func step(of message: [UInt8]) -> Int? {
        guard message.count > 10, message[0] == 0x09, message[9] == 0x10 else { return nil }
        var value = 0
        for (index, byte) in message[10...].prefix(9).enumerated() {
            value |= Int(byte & 0x7F) << (7 * index)
            if byte < 0x80 { return value }
        }
        return nil
    }

    private static func checksum(_ bytes: [UInt8]) -> [UInt8] {
        let sum = ~bytes.reduce(UInt32.max) {
            table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8
        }
        let masked = (sum >> 15 | sum << 17) &+ 0xA282_EAD8
        return withUnsafeBytes(of: masked.littleEndian) { Array($0) }
    }

    /// CRC-32C (Castagnoli), one entry a byte.
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0x82F6_3B78 : sum >> 1 }
    }
}
