import Manifests
import Tensors

/// The graph of an encoder, or of a part of it, in ONNX's operators.
///
/// Here is what reads patches; what reads images lies in the files of its extensions.
struct EncoderGraph {
    /// Which part.
    enum Part {
        /// What `Tensor.patches(at:window:)` gathers, (patches, map channels + bands, window, window), to features.
        case patches
        /// An image to its refined map with the standardised image behind it, of which patches are gathered.
        case map
        /// An image to the features of patches so many pixels apart.
        case image(stride: Int)
    }

    let recipe: Recipe
    let file: EncoderFile
    var graph = ONNXGraph()
    private let weights: [String: HostArray]
    private var used: Set<String> = []

    init(_ file: EncoderFile) {
        (recipe, weights, self.file) = (file.recipe, file.weights, file)
    }

    /// The file's bytes.
    ///
    /// - Throws: `GraphFault` for weights that are missing, or that it has no place for.
    consuming func model(_ part: Part) throws -> [UInt8] {
        switch part {
        case .patches: try addPatches()
        case .map: try addMap()
        case .image(let stride): try addImage(stride: stride)
        }
        try requireWhole(part)
        return graph.model(
            "matter-encoder", producer: ("matter-model", SuiteVersion.current),
            metadata: [
                ("bands", recipe.data.bands.joined(separator: ",")),
                ("recipe", try JSONValue(encoding: recipe).serialized()),
                ("statistics", try JSONValue(encoding: file.statistics).serialized()),
                ("step", "\(file.step)"),
            ])
    }

    /// A weight without a place would be a layer that was forgotten.
    private func requireWhole(_ part: Part) throws {
        let left = weights.keys.filter { name in
            let isOfMap = name.hasPrefix("pre_conv.") || name.hasPrefix("pre_bn.")
            let isOfPart =
                switch part {
                case .patches: !isOfMap
                case .map: isOfMap
                case .image: true
                }
            return isOfPart && !used.contains(name) && !name.hasSuffix("num_batches_tracked")
        }
        guard left.isEmpty else {
            throw GraphFault(
                reason: "the graph has no place for \(left.sorted().joined(separator: ", "))")
        }
    }

    private mutating func addPatches() throws {
        let channels = try shape("conv1.weight")[1]
        graph.input(
            "patches", [.free("patches"), .fixed(channels), .free("height"), .free("width")])
        _ = graph.node("Identity", [try features(ofPatches: "patches")], named: "features")
        graph.output("features", [.free("patches"), .fixed(recipe.encoder.features)])
    }

    /// Features of gathered patches.
    mutating func features(ofPatches patches: String) throws -> String {
        let map = try trunk(patches)
        let last = try recipe.encoder.aspp.isEmpty ? map : context(map)
        guard recipe.encoding.isOfPositions else {
            return try encoding(projection(mean(last)))
        }
        return overPositions(try encoding(projection(positions(of: last))), of: last)
    }

    // MARK: The ResNet

    private mutating func trunk(_ input: String) throws -> String {
        let isMethod = recipe.encoder.stem == .method
        var map = relu(try normalised("conv1", "bn1", input, stride: isMethod ? 1 : 2))
        if !isMethod {
            map = graph.node(
                "MaxPool", [map],
                [
                    ("kernel_shape", .integers([3, 3])), ("strides", .integers([2, 2])),
                    ("pads", .integers([1, 1, 1, 1])),
                ])
        }
        for (stage, stride) in recipe.encoder.strides.enumerated() {
            var block = 0
            while weights["layer\(stage + 1).\(block).conv1.weight"] != nil {
                map = try residual(
                    "layer\(stage + 1).\(block)", map, stride: block == 0 ? stride : 1)
                block += 1
            }
        }
        return map
    }

    /// The stride is on the first 3×3 convolution, as in torchvision.
    private mutating func residual(_ name: String, _ input: String, stride: Int) throws -> String {
        var map = input
        let count = weights["\(name).conv3.weight"] == nil ? 2 : 3
        let strided = count == 2 ? 1 : 2
        for number in 1...count {
            map = try normalised(
                "\(name).conv\(number)", "\(name).bn\(number)", map,
                stride: number == strided ? stride : 1)
            if number < count { map = relu(map) }
        }
        let hasShortcut = weights["\(name).downsample.0.weight"] != nil
        let identity =
            hasShortcut
            ? try normalised("\(name).downsample.0", "\(name).downsample.1", input, stride: stride)
            : input
        return relu(graph.node("Add", [map, identity]))
    }

    mutating func normalised(
        _ convolution: String, _ norm: String, _ input: String, stride: Int, dilation: Int = 1
    ) throws -> String {
        let size = try shape("\(convolution).weight")[2]
        let pad = size / 2 * dilation
        let map = graph.node(
            "Conv", [input, try constant("\(convolution).weight")],
            [
                ("kernel_shape", .integers([size, size])),
                ("strides", .integers([stride, stride])),
                ("pads", .integers([pad, pad, pad, pad])),
                ("dilations", .integers([dilation, dilation])),
            ])
        let moments = try ["weight", "bias", "running_mean", "running_var"].map {
            try constant("\(norm).\($0)")
        }
        return graph.node("BatchNormalization", [map] + moments, [("epsilon", .number(1e-5))])
    }

    mutating func relu(_ input: String) -> String { graph.node("Relu", [input]) }

    // MARK: Behind it

    private mutating func mean(_ map: String) -> String {
        graph.node("Flatten", [graph.node("GlobalAveragePool", [map])])
    }

    /// See `ASPP`.
    private mutating func context(_ map: String) throws -> String {
        let dilations = recipe.encoder.aspp
        var branches = try ([1] + dilations).enumerated().map { number, dilation in
            let name = "aspp.convs.\(number)"
            return relu(
                try normalised("\(name).0", "\(name).1", map, stride: 1, dilation: dilation))
        }
        let last = "aspp.convs.\(branches.count)"
        let pooled = relu(
            try normalised(
                "\(last).1", "\(last).2", graph.node("GlobalAveragePool", [map]), stride: 1))
        branches.append(graph.node("Expand", [pooled, graph.node("Shape", [branches[0]])]))
        let all = graph.node("Concat", branches, [("axis", .integer(1))])
        return relu(try normalised("aspp.project.0", "aspp.project.1", all, stride: 1))
    }

    /// The vectors of all positions of all patches: (patches · positions, channels).
    private mutating func positions(of map: String) throws -> String {
        let name = recipe.encoder.aspp.isEmpty ? "project.weight" : "encoding.clusters"
        return graph.node(
            "Reshape",
            [
                graph.node("Transpose", [map], [("perm", .integers([0, 2, 3, 1]))]),
                graph.integers([-1, try shape(name)[1]]),
            ])
    }

    /// The mean over each patch's positions.
    private mutating func overPositions(_ vectors: String, of map: String) -> String {
        let patches = graph.node("Shape", [map], [("start", .integer(0)), ("end", .integer(1))])
        let shape = graph.node(
            "Concat", [patches, graph.integers([-1, recipe.encoder.features])],
            [("axis", .integer(0))])
        return graph.node(
            "ReduceMean", [graph.node("Reshape", [vectors, shape])],
            [("axes", .integers([1])), ("keepdims", .integer(0))])
    }

    /// The linear projection, where no `ASPP` takes its place.
    private mutating func projection(_ vectors: String) throws -> String {
        guard recipe.encoder.aspp.isEmpty else { return vectors }
        return graph.node(
            "Gemm", [vectors, try constant("project.weight"), try constant("project.bias")],
            [("transB", .integer(1))])
    }

    /// r = (z − θ Q) / Υ with θ = softmax_k(s_k (‖z‖² + ‖q_k‖² − 2 z·q_k)); see `SurfaceEncoding`.
    private mutating func encoding(_ vectors: String) throws -> String {
        guard recipe.encoding.enabled else { return vectors }
        let clusters = try constant("encoding.clusters")
        let own = graph.node(
            "ReduceSumSquare", [vectors], [("axes", .integers([1])), ("keepdims", .integer(1))])
        let others = graph.node(
            "ReduceSumSquare", [clusters], [("axes", .integers([1])), ("keepdims", .integer(0))])
        let products = graph.node(
            "Gemm", [vectors, clusters], [("transB", .integer(1)), ("alpha", .number(-2))])
        let squares = graph.node("Add", [graph.node("Add", [own, others]), products])
        let scaled = graph.node("Mul", [squares, try constant("encoding.scale")])
        let shares = graph.node("Softmax", [scaled], [("axis", .integer(1))])
        let centre = graph.node("MatMul", [shares, clusters])
        let count = graph.constant(
            "encoding.count", HostArray([Float(try shape("encoding.scale")[0])], shape: []))
        return graph.node("Div", [graph.node("Sub", [vectors, centre]), count])
    }

    // MARK: Weights

    private func array(_ name: String) throws -> HostArray {
        guard let array = weights[name], array.dtype == .float32 else {
            throw GraphFault(reason: "has no float32 \(name)")
        }
        return array
    }

    private func shape(_ name: String) throws -> [Int] { try array(name).shape }

    private mutating func constant(_ name: String) throws -> String {
        used.insert(name)
        return graph.constant(name, try array(name))
    }
}

/// Why an encoder is no graph.
struct GraphFault: Error {
    let reason: String
}
