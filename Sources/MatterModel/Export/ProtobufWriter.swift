/// Writes protocol buffers' wire format: fields one behind the other, each with its number and kind.
///
/// https://protobuf.dev/programming-guides/encoding
struct ProtobufWriter {
    /// What was written.
    private(set) var bytes: [UInt8] = []

    private mutating func key(_ field: Int, _ kind: Int) { varint(UInt64(field << 3 | kind)) }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// A whole number (`int32`, `int64`, an enumeration).
    mutating func put(_ field: Int, _ value: Int) {
        key(field, 0)
        varint(UInt64(bitPattern: Int64(value)))
    }

    /// A `float`.
    mutating func put(_ field: Int, _ value: Float) {
        key(field, 5)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
    }

    /// A `double`.
    mutating func put(_ field: Int, _ value: Double) {
        key(field, 1)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
    }

    /// A `string`.
    mutating func put(_ field: Int, _ text: String) { put(field, Array(text.utf8)) }

    /// `bytes`.
    mutating func put(_ field: Int, _ content: [UInt8]) {
        key(field, 2)
        varint(UInt64(content.count))
        bytes += content
    }

    /// A message.
    mutating func put(_ field: Int, _ fill: (inout ProtobufWriter) -> Void) {
        var message = ProtobufWriter()
        fill(&message)
        put(field, message.bytes)
    }
}
