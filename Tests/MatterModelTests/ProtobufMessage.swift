import Foundation

/// The fields of a message in protocol buffers' wire format, by number; fixed-size numbers are passed over.
struct ProtobufMessage {
    struct Torn: Error {}

    private var numbers: [Int: [Int]] = [:]
    private var contents: [Int: [[UInt8]]] = [:]

    init(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        func varint() throws -> Int {
            var (value, shift) = (UInt64(0), UInt64(0))
            while let byte = rest.popFirst(), shift < 64 {
                value |= UInt64(byte & 0x7f) << shift
                if byte < 0x80 { return Int(truncatingIfNeeded: value) }
                shift += 7
            }
            throw Torn()
        }
        while !rest.isEmpty {
            let key = try varint()
            switch key & 7 {
            case 0: numbers[key >> 3, default: []].append(try varint())
            case 1, 5: rest = rest.dropFirst(key & 7 == 1 ? 8 : 4)
            case 2:
                let count = try varint()
                guard (0...rest.count).contains(count) else { throw Torn() }
                contents[key >> 3, default: []].append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            default: throw Torn()
            }
        }
    }

    func integers(_ field: Int) -> [Int] { numbers[field] ?? [] }

    func bytes(_ field: Int) -> [[UInt8]] { contents[field] ?? [] }

    func texts(_ field: Int) -> [String] {
        bytes(field).map { String(decoding: $0, as: UTF8.self) }
    }

    func messages(_ field: Int) throws -> [ProtobufMessage] { try bytes(field).map(Self.init) }
}
