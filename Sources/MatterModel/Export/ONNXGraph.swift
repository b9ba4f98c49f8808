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
        case text(String)
        case graph(ProtobufWriter)
    }

    /// The type of a value's elements.
    enum Element: Int {
        case float32 = 1
        case int64 = 7
        case truth = 9
    }

    /// A size that is known, or the name of one that is chosen when the graph is run.
    enum Size {
        case fixed(Int)
        case free(String)
    }

    /// A graph that is being built: the whole one, or the body of a loop.
    private struct Scope {
        var nodes: [[UInt8]] = []
        var inputs: [[UInt8]] = []
        var outputs: [[UInt8]] = []
    }

    /// The inside of a loop that is being built.
    struct Body {
        /// What numbers the rounds, from 0: an int64.
        let index: String
        /// What a round is handed by the one before it.
        let states: [String]
        fileprivate let number: Int
        fileprivate let goesOn: String
    }

    /// The whole graph, and the bodies in which the next node lies.
    private var scopes = [Scope()]
    private var constants: [[UInt8]] = []
    private var known: Set<String> = []
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
        append(operation, inputs, [output], attributes, number: count)
        return output
    }

    private mutating func append(
        _ operation: String, _ inputs: [String], _ outputs: [String],
        _ attributes: [(String, Attribute)], number: Int
    ) {
        var node = ProtobufWriter()
        for input in inputs { node.put(1, input) }
        for output in outputs { node.put(2, output) }
        node.put(3, "node_\(number)")
        node.put(4, operation)
        for (name, value) in attributes { node.put(5) { Self.fill(&$0, name, value) } }
        scopes[scopes.count - 1].nodes.append(node.bytes)
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
        case .text(let text):
            message.put(4, text)
            message.put(20, 3)
        case .graph(let graph):
            message.put(6, graph.bytes)
            message.put(20, 5)
        }
    }

    /// Begins a loop.
    ///
    /// The nodes that follow are its body, until it is ended; they see the values of all that lies around it.
    ///
    /// - Parameter states: how many float32 values a round hands to the next.
    /// - Returns: what a round is given.
    mutating func beginLoop(carrying states: Int = 0) -> Body {
        count += 1
        let body = Body(
            index: "index_\(count)", states: (0..<states).map { "state_\(count)_\($0)" },
            number: count, goesOn: "goes_on_\(count)")
        scopes.append(Scope())
        input(body.index, [], of: .int64)
        input(body.goesOn, [], of: .truth)
        for state in body.states { input(state, nil) }
        return body
    }

    /// Ends a loop.
    ///
    /// - Parameters:
    ///   - body: what `beginLoop` gave.
    ///   - rounds: an int64, how many rounds there are.
    ///   - initial: the first round's states.
    ///   - results: float32 values of the body: the next round's states, then values that are kept of each round.
    /// - Returns: the last states; then what was kept, the rounds in a dimension before the others.
    mutating func endLoop(
        _ body: Body, rounds: String, from initial: [String] = [], giving results: [String]
    ) -> [String] {
        output(node("Identity", [body.goesOn]), [], of: .truth)
        for result in results { output(result, nil) }
        let scope = scopes.removeLast()
        let outputs = results.indices.map { "Loop_\(body.number)_\($0)" }
        append(
            "Loop", [rounds, ""] + initial, outputs,
            [("body", .graph(Self.message(scope, "body_\(body.number)", [])))],
            number: body.number)
        return outputs
    }

    private static func message(
        _ scope: Scope, _ name: String, _ constants: [[UInt8]]
    ) -> ProtobufWriter {
        var graph = ProtobufWriter()
        for node in scope.nodes { graph.put(1, node) }
        graph.put(2, name)
        for constant in constants { graph.put(5, constant) }
        for input in scope.inputs { graph.put(11, input) }
        for output in scope.outputs { graph.put(12, output) }
        return graph
    }

    /// Adds a constant of float32 or int64, once for each name.
    ///
    /// - Returns: its name.
    mutating func constant(_ name: String, _ array: HostArray) -> String {
        guard known.insert(name).inserted else { return name }
        var tensor = ProtobufWriter()
        for size in array.shape { tensor.put(1, size) }
        tensor.put(2, (array.dtype == .int64 ? Element.int64 : .float32).rawValue)
        tensor.put(8, name)
        tensor.put(9, array.bytes)
        constants.append(tensor.bytes)
        return name
    }

    /// Adds an int64 constant of one dimension, which is named by its values.
    ///
    /// - Returns: its name.
    mutating func integers(_ values: [Int]) -> String {
        constant(
            "integers_" + values.map(String.init).joined(separator: "_"),
            HostArray(values.map(Int64.init), shape: [values.count]))
    }

    /// Adds an int64 constant without dimensions, which is named by its value.
    ///
    /// - Returns: its name.
    mutating func integer(_ value: Int) -> String {
        constant("integer_\(value)", HostArray([Int64(value)], shape: []))
    }

    /// Adds a float32 constant without dimensions.
    ///
    /// - Returns: its name.
    mutating func number(_ name: String, _ value: Double) -> String {
        constant(name, HostArray([Float(value)], shape: []))
    }

    /// Declares an input; its shape may be left open in the body of a loop.
    mutating func input(_ name: String, _ shape: [Size]?, of element: Element = .float32) {
        scopes[scopes.count - 1].inputs.append(Self.declaration(name, shape, element))
    }

    /// Declares an output; its shape may be left open in the body of a loop.
    mutating func output(_ name: String, _ shape: [Size]?, of element: Element = .float32) {
        scopes[scopes.count - 1].outputs.append(Self.declaration(name, shape, element))
    }

    private static func declaration(
        _ name: String, _ shape: [Size]?, _ element: Element
    ) -> [UInt8] {
        var value = ProtobufWriter()
        value.put(1, name)
        value.put(2) { type in
            type.put(1) { tensor in
                tensor.put(1, element.rawValue)
                guard let shape else { return }
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
        model.put(7, Self.message(scopes[0], name, constants).bytes)
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
