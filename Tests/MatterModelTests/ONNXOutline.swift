/// How the nodes of a file of ONNX hang together, bodies of loops included.
struct ONNXOutline {
    /// How many nodes there are of each operation.
    private(set) var operations: [String: Int] = [:]
    /// Values that are read before anything wrote them, and values that are written twice.
    private(set) var faults: [String] = []
    /// The int64 constants by name: sizes, values.
    private(set) var integers: [String: (shape: [Int], values: [Int])] = [:]
    /// The sizes of inputs by name; those that are free by their names.
    let inputs: [String: [String]]
    /// The same of outputs.
    let outputs: [String: [String]]

    init(_ file: [UInt8]) throws {
        let graph = try ProtobufMessage(file).messages(7)[0]
        inputs = try Self.values(graph, 11)
        outputs = try Self.values(graph, 12)
        for tensor in try graph.messages(5) where tensor.integers(2) == [7] {
            let bytes = tensor.bytes(9)[0]
            let values = stride(from: 0, to: bytes.count, by: 8).map { first in
                bytes[first..<first + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            }
            integers[tensor.texts(8)[0]] = (
                tensor.integers(1), values.map { Int(truncatingIfNeeded: $0) }
            )
        }
        try read(graph, seeing: [])
    }

    private static func values(
        _ graph: ProtobufMessage, _ field: Int
    ) throws -> [String: [String]] {
        var sizes: [String: [String]] = [:]
        for value in try graph.messages(field) {
            let tensor = try value.messages(2)[0].messages(1)[0]
            sizes[value.texts(1)[0]] = try tensor.messages(2).first?.messages(1).map {
                $0.texts(2).first ?? "\($0.integers(1)[0])"
            }
        }
        return sizes
    }

    private mutating func read(_ graph: ProtobufMessage, seeing outer: Set<String>) throws {
        var known = outer
        func write(_ names: [String]) {
            faults += names.filter { !known.insert($0).inserted }.map { "\($0) is written twice" }
        }
        write(try graph.messages(5).map { $0.texts(8)[0] })
        write(try graph.messages(11).map { $0.texts(1)[0] })
        for node in try graph.messages(1) {
            operations[node.texts(4)[0], default: 0] += 1
            let missing = node.texts(1).filter { !$0.isEmpty && !known.contains($0) }
            faults += missing.map { "\($0) is read by \(node.texts(3)[0]), and not written" }
            for attribute in try node.messages(5) {
                for body in try attribute.messages(6) { try read(body, seeing: known) }
            }
            write(node.texts(2))
        }
        let missing = try graph.messages(12).map { $0.texts(1)[0] }.filter { !known.contains($0) }
        faults += missing.map { "\($0) is an output, and not written" }
    }
}
