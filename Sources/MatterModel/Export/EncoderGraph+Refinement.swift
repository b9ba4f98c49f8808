import Tensors

/// TeRN in a graph; see `TextureRefinement`, and `tern_weights.cpp` for the kernels' formulas.
///
/// Neighbours and iterations are rounds of loops: a graph is as small for 48 neighbours ten times as for nine once,
/// and running it holds one neighbour's map at a time beside the weights.
extension EncoderGraph {
    /// One layer: its neighbours, by where they begin in an image with repeated edges.
    private struct Layer {
        let name: String
        /// int64 (neighbours, 2): the row and the column of the padded image on which a neighbour's view begins.
        let starts: String
        let neighbours: String
        let pads: String
        /// Height and width of the image.
        let size: String
        /// Values under a variance: the windows with their centres.
        let values: Int
    }

    /// Refines a map, guided by the standardised image.
    mutating func refined(_ map: String, guide image: String) -> String {
        let tern = recipe.tern
        guard tern.iterations > 0 else { return map }
        let size = graph.node("Shape", [image], [("start", .integer(2)), ("end", .integer(4))])
        var refined = map
        for (number, dilations) in tern.layers.enumerated() {
            let layer = layer("tern.\(number)", dilations, size)
            refined = propagated(refined, weights(of: image, layer), layer)
        }
        return refined
    }

    private mutating func layer(_ name: String, _ dilations: [Int], _ size: String) -> Layer {
        let radius = recipe.tern.kernelSize / 2
        let pad = radius * (dilations.max() ?? 0)
        var starts: [Int64] = []
        for dilation in dilations {
            for row in -radius...radius {
                for column in -radius...radius where recipe.tern.centre || (row, column) != (0, 0) {
                    starts += [Int64(pad + row * dilation), Int64(pad + column * dilation)]
                }
            }
        }
        let count = starts.count / 2
        return Layer(
            name: name,
            starts: graph.constant("\(name).starts", HostArray(starts, shape: [count, 2])),
            neighbours: graph.integer(count),
            pads: graph.integers([0, 0, pad, pad, 0, 0, pad, pad]), size: size,
            values: recipe.tern.kernelSize * recipe.tern.kernelSize * dilations.count)
    }

    private mutating func padded(_ map: String, _ layer: Layer) -> String {
        graph.node("Pad", [map, layer.pads], [("mode", .text("edge"))])
    }

    /// What each pixel has beside it, seen in a padded map.
    private mutating func neighbour(
        _ index: String, of padded: String, _ layer: Layer
    ) -> String {
        let first = graph.node("Gather", [layer.starts, index], [("axis", .integer(0))])
        let end = graph.node("Add", [first, layer.size])
        return graph.node("Slice", [padded, first, end, graph.integers([2, 3])])
    }

    // MARK: Weights

    /// (neighbours, images, 1, height, width), summing to 1 over the neighbours.
    private mutating func weights(of image: String, _ layer: Layer) -> String {
        let guide = padded(image, layer)
        let variance = variance(of: image, guide, layer)
        let logits =
            recipe.tern.kernel == .pamr
            ? differences(image, guide, variance, layer) : cosines(image, guide, variance, layer)
        return graph.node("Softmax", [logits], [("axis", .integer(0))])
    }

    /// The unbiased variance of each band around each pixel, from the differences to it: the pixel's own is zero.
    private mutating func variance(
        of image: String, _ guide: String, _ layer: Layer
    ) -> String {
        let zeros = graph.node("ConstantOfShape", [graph.node("Shape", [image])])
        let body = graph.beginLoop(carrying: 2)
        let other = neighbour(body.index, of: guide, layer)
        let difference = graph.node("Sub", [other, image])
        let square = graph.node("Mul", [difference, difference])
        let sums = graph.endLoop(
            body, rounds: layer.neighbours, from: [zeros, zeros],
            giving: [
                graph.node("Add", [body.states[0], difference]),
                graph.node("Add", [body.states[1], square]),
            ])
        let count = graph.number("\(layer.name).values", Double(layer.values))
        let others = graph.number("\(layer.name).valuesButOne", Double(layer.values - 1))
        let shift = graph.node("Div", [graph.node("Mul", [sums[0], sums[0]]), count])
        return relu(graph.node("Div", [graph.node("Sub", [sums[1], shift]), others]))
    }

    private mutating func differences(
        _ image: String, _ guide: String, _ variance: String, _ layer: Layer
    ) -> String {
        let share = graph.number("tern.pamr.scale", 0.1)
        let floor = graph.number("tern.pamr.floor", 1e-8)
        let scaled = graph.node("Mul", [graph.node("Sqrt", [variance]), share])
        let scale = graph.node("Add", [scaled, floor])
        let body = graph.beginLoop()
        let other = neighbour(body.index, of: guide, layer)
        let distance = graph.node("Abs", [graph.node("Sub", [other, image])])
        let mean = overBands("ReduceMean", graph.node("Div", [distance, scale]))
        return graph.endLoop(
            body, rounds: layer.neighbours, giving: [graph.node("Neg", [mean])])[0]
    }

    private mutating func cosines(
        _ image: String, _ guide: String, _ variance: String, _ layer: Layer
    ) -> String {
        let own = overBands("ReduceSumSquare", image)
        let floor = graph.number("tern.cosine.floor", 1e-4)
        let least = graph.number("tern.cosine.lengthFloor", 1e-12)
        var scale = graph.node("Add", [overBands("ReduceMean", variance), floor])
        if recipe.tern.kernel == .cosinePrinted { scale = graph.node("Neg", [scale]) }
        let body = graph.beginLoop()
        let other = neighbour(body.index, of: guide, layer)
        let product = graph.node("ReduceSum", [graph.node("Mul", [image, other]), bandAxis()])
        let squares = graph.node("Mul", [own, overBands("ReduceSumSquare", other)])
        let lengths = graph.node("Max", [graph.node("Sqrt", [squares]), least])
        let cosine = graph.node("Div", [product, lengths])
        return graph.endLoop(
            body, rounds: layer.neighbours, giving: [graph.node("Div", [cosine, scale])])[0]
    }

    private mutating func bandAxis() -> String { graph.integers([1]) }

    /// Operators of set 17 that are told the axis by an attribute.
    private mutating func overBands(_ operation: String, _ map: String) -> String {
        graph.node(operation, [map], [("axes", .integers([1])), ("keepdims", .integer(1))])
    }

    // MARK: Propagation

    /// Applies the same weights again and again.
    private mutating func propagated(_ map: String, _ weights: String, _ layer: Layer) -> String {
        let body = graph.beginLoop(carrying: 1)
        let around = padded(body.states[0], layer)
        let zeros = graph.node("ConstantOfShape", [graph.node("Shape", [body.states[0]])])
        let inner = graph.beginLoop(carrying: 1)
        let other = neighbour(inner.index, of: around, layer)
        let weight = graph.node("Gather", [weights, inner.index], [("axis", .integer(0))])
        let part = graph.node("Mul", [other, weight])
        let sum = graph.endLoop(
            inner, rounds: layer.neighbours, from: [zeros],
            giving: [graph.node("Add", [inner.states[0], part])])
        return graph.endLoop(
            body, rounds: graph.integer(recipe.tern.iterations), from: [map], giving: sum)[0]
    }
}
