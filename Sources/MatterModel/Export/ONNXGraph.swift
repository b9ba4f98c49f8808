import Tensors

/// A graph of ONNX, built node by node; values are known by name.
///
/// The messages of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, operator set 17, IR version 8.
struct ONNXGraph {
    /// What an attribute of a node holds.
    enum Attribute {
        case integer(Int)
        case integers([Int])
        case number(Float)
    }

    /// A size that is known, or the name of one that is chosen when the graph is run.
    enum Size {
        case fixed(Int)
        case free(String)
    }

    private var nodes: [[UInt8]] = []
    private var constants: [[UInt8]] = []
    private var inputs: [[UInt8]] = []
    private var outputs: [[UInt8]] = []
    private var count = 0

    /// Adds a node of one output.
    ///
    /// - Returns: the output's name.
    mutating func node(
        _ operation: String, _ inputs: [String], _ attributes: [(String, Attribute)] = [],
        named name: String? = nil
    ) -> String {
        count += 1
        let output = name ?? "\(operation)_\(count)"
        var node = ProtobufWriter()
        for input in inputs { node.put(1, input) }
        node.put(2, output)
        node.put(3, "node_\(count)")
        node.put(4, operation)
        for (name, value) in attributes { node.put(5) { Self.fill(&$0, name, value) } }
        nodes.append(node.bytes)
        return output
    }

    private static func fill(_ message: inout ProtobufWriter, _ name: String, _ value: Attribute) {
        message.put(1, name)
        switch value {
        case .number(let number):
            message.put(2, number)
            message.put(20, 1)
        case .integer(let integer):
            message.put(3, integer)
            message.put(20, 2)
        case .integers(let integers):
            for integer in integers { message.put(8, integer) }
            message.put(20, 7)
        }
    }

    /// Adds a float32 constant.
    ///
    /// - Returns: its name.
    mutating func constant(_ name: String, _ array: HostArray) -> String {
        var tensor = ProtobufWriter()
        for size in array.shape { tensor.put(1, size) }
        tensor.put(2, 1)
        tensor.put(8, name)
        tensor.put(9, array.bytes)
        constants.append(tensor.bytes)
        return name
    }

    /// Declares a float32 input.
    mutating func input(_ name: String, _ shape: [Size]) {
        inputs.append(Self.declaration(name, shape))
    }

    /// Declares a float32 output.
    mutating func output(_ name: String, _ shape: [Size]) {
        outputs.append(Self.declaration(name, shape))
    }

    private static func declaration(_ name: String, _ shape: [Size]) -> [UInt8] {
        var value = ProtobufWriter()
        value.put(1, name)
        value.put(2) { type in
            type.put(1) { tensor in
                tensor.put(1, 1)
                tensor.put(2) { sizes in
                    for size in shape {
                        sizes.put(1) { dimension in
                            switch size {
                            case .fixed(let length): dimension.put(1, length)
                            case .free(let name): dimension.put(2, name)
                            }
                        }
                    }
                }
            }
        }
        return value.bytes
    }

    /// The whole file.
    ///
    /// - Parameters:
    ///   - name: the graph's name.
    ///   - producer: the program and its version.
    ///   - metadata: free text about it.
    /// - Returns: the file's bytes.
    func model(
        _ name: String, producer: (name: String, version: String), metadata: [(String, String)]
    ) -> [UInt8] {
        var model = ProtobufWriter()
        model.put(1, 8)
        model.put(2, producer.name)
        model.put(3, producer.version)
        model.put(7) { graph in
            for node in nodes { graph.put(1, node) }
            graph.put(2, name)
            for constant in constants { graph.put(5, constant) }
            for input in inputs { graph.put(11, input) }
            for output in outputs { graph.put(12, output) }
        }
        model.put(8) { $0.put(2, 17) }
        for (key, value) in metadata {
            model.put(14) {
                $0.put(1, key)
                $0.put(2, value)
            }
        }
        return model.bytes
    }
}
