import Tensors

/// The graphs that begin with an image.
///
/// Its input is reflectance × 10000 in the recipe's bands, (images, bands, height, width), as `DenseEncoder` takes it
/// without a mask.
extension EncoderGraph {
    private var bands: Int { recipe.data.bands.count }
    private var channels: Int { recipe.encoder.preChannels + bands }

    /// An image to its refined map with the standardised image behind it.
    mutating func addMap() throws {
        _ = graph.node("Identity", [try map()], named: "map")
        graph.output(
            "map", [.free("images"), .fixed(channels), .free("height"), .free("width")])
    }

    /// An image to features: (images, features, ⌈height / stride⌉, ⌈width / stride⌉).
    ///
    /// A round of its loop makes the features of a row of patches: memory does not grow with the rows. The patch
    /// (i, j) is centred on pixel (i · stride, j · stride), the image's edge repeated.
    mutating func addImage(stride: Int) throws {
        let map = try map()
        let stride = graph.integer(stride)
        let sizes = graph.node("Shape", ["image"])
        let lastRow = last(sizes, 2)
        let columns = graph.node("Range", [graph.integer(0), length(sizes, 3), stride])
        let (half, one) = (recipe.patches.windowInInference / 2, graph.integer(1))
        let around = graph.integers(Array(-half...half))
        let spread = graph.node("Unsqueeze", [columns, graph.integers([1])])
        let inColumns = clipped(graph.node("Add", [spread, around]), last(sizes, 3))
        let images = graph.node("Shape", ["image"], [("start", .integer(0)), ("end", .integer(1))])
        let shape = graph.node(
            "Concat",
            [images, graph.node("Shape", [columns]), graph.integers([recipe.encoder.features])],
            [("axis", .integer(0))])
        let rows = graph.node("Add", [graph.node("Div", [lastRow, stride]), one])

        let body = graph.beginLoop()
        let centre = graph.node("Mul", [body.index, stride])
        let inRows = clipped(graph.node("Add", [centre, around]), lastRow)
        let strip = graph.node("Gather", [map, inRows], [("axis", .integer(2))])
        let gathered = graph.node("Gather", [strip, inColumns], [("axis", .integer(3))])
        let patches = graph.node(
            "Reshape",
            [
                graph.node("Transpose", [gathered], [("perm", .integers([0, 3, 1, 2, 4]))]),
                graph.integers([-1, channels, 2 * half + 1, 2 * half + 1]),
            ])
        let features = graph.node("Reshape", [try features(ofPatches: patches), shape])
        let all = graph.endLoop(body, rounds: rows, giving: [features])
        _ = graph.node(
            "Transpose", all, [("perm", .integers([1, 3, 0, 2]))], named: "features")
        graph.output(
            "features",
            [.free("images"), .fixed(recipe.encoder.features), .free("rows"), .free("columns")])
    }

    private mutating func length(_ sizes: String, _ axis: Int) -> String {
        graph.node("Gather", [sizes, graph.integer(axis)], [("axis", .integer(0))])
    }

    /// The last row or column of the image.
    private mutating func last(_ sizes: String, _ axis: Int) -> String {
        graph.node("Sub", [length(sizes, axis), graph.integer(1)])
    }

    /// Rows or columns, those outside of the image moved to its edge.
    private mutating func clipped(_ places: String, _ last: String) -> String {
        graph.node("Clip", [places, graph.integer(0), last])
    }

    /// See `MatterEncoder.refinedWithImage`.
    private mutating func map() throws -> String {
        graph.input(
            "image", [.free("images"), .fixed(bands), .free("height"), .free("width")])
        let image = standardised("image")
        let map = relu(try normalised("pre_conv", "pre_bn", image, stride: 1))
        return graph.node(
            "Concat", [refined(map, guide: image), image], [("axis", .integer(1))])
    }

    // MARK: Standardisation

    /// See `DenseEncoder.standardised`.
    private mutating func standardised(_ image: String) -> String {
        switch recipe.data.standardise {
        case .store: byTheStore(image)
        case .image: byItself(image)
        }
    }

    private mutating func byTheStore(_ image: String) -> String {
        let means = file.statistics.means.map { Float($0) }
        let scales = file.statistics.deviations.map { Float(1 / $0) }
        let shape = [1, bands, 1, 1]
        let centred = graph.node(
            "Sub", [image, graph.constant("means", HostArray(means, shape: shape))])
        return graph.node(
            "Mul", [centred, graph.constant("scales", HostArray(scales, shape: shape))])
    }

    /// Each image by its own mean and deviation over the pixels that are not 0 in every band.
    private mutating func byItself(_ image: String) -> String {
        let highest = graph.node(
            "ReduceMax", [graph.node("Abs", [image])],
            [("axes", .integers([1])), ("keepdims", .integer(1))])
        let isThere = graph.node("Greater", [highest, graph.number("zero", 0)])
        let mask = graph.node(
            "Cast", [isThere], [("to", .integer(ONNXGraph.Element.float32.rawValue))])
        let one = graph.number("one", 1)
        let count = graph.node("Max", [total(mask), one])
        let mean = graph.node("Div", [total(graph.node("Mul", [image, mask])), count])
        let centred = graph.node("Sub", [image, mean])
        let squares = graph.node("Mul", [graph.node("Mul", [centred, centred]), mask])
        let variance = graph.node("Div", [total(squares), count])
        return graph.node(
            "Div", [centred, graph.node("Max", [graph.node("Sqrt", [variance]), one])])
    }

    /// The sum over an image's pixels: row by row first, so that float32 holds those of a large image.
    private mutating func total(_ map: String) -> String {
        let rows = graph.node("ReduceSum", [map, graph.integers([3])])
        return graph.node("ReduceSum", [rows, graph.integers([2])])
    }
}
