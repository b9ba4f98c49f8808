import Tensors

/// A convolution and its norm in one, for inference on maps of a known small side.
///
/// The norm's running statistics are folded into weights and bias. A 3×3 convolution on a map of one or four pixels multiplies mostly
/// padding: there it is one matrix from all pixels and channels to all pixels and channels, which holds the taps that meet a pixel.
struct PatchConvolution {
    /// Side of the output.
    let outputSide: Int
    private let convolution: Conv2d
    /// (side² · inputs, outputSide² · outputs), pixel by pixel, and its bias.
    private let matrix: (weight: Tensor, bias: Tensor)?

    init(_ convolution: Conv2d, _ norm: BatchNorm2d, stride: Int, side: Int) {
        let size = convolution.weight.value.size(3)
        outputSide = (side + 2 * (size / 2) - size) / stride + 1
        self.convolution = convolution.folding(norm)
        let isMostlyPadding = size == 3 && side * side < size * size
        matrix =
            isMostlyPadding
            ? Self.matrix(self.convolution, stride: stride, side: side, outputSide) : nil
    }

    /// (patches, inputs, side, side) → (patches, outputs, `outputSide`, `outputSide`).
    func callAsFunction(_ maps: Tensor) -> Tensor {
        guard let matrix else { return convolution(maps) }
        let count = maps.size(0)
        let flat = maps.permuted([0, 2, 3, 1]).reshaped([count, -1])
        return addMatrixProduct(matrix.bias, flat, matrix.weight)
            .reshaped([count, outputSide, outputSide, -1]).permuted([0, 3, 1, 2])
    }

    private static func matrix(
        _ convolution: Conv2d, stride: Int, side: Int, _ outputSide: Int
    ) -> (Tensor, Tensor)? {
        guard let bias = convolution.bias?.value else { return nil }
        let taps = convolution.weight.value.permuted([2, 3, 1, 0])
        let none = taps.select(0, 0).select(0, 0).zerosLike()
        func block(_ row: Int, _ column: Int, _ output: (Int, Int)) -> Tensor {
            let tap = (row - output.0 * stride + 1, column - output.1 * stride + 1)
            guard (0..<3).contains(tap.0), (0..<3).contains(tap.1) else { return none }
            return taps.select(0, tap.0).select(0, tap.1)
        }
        let rows = pixels(side).map { row, column in
            Tensor.cat(pixels(outputSide).map { block(row, column, $0) }, dimension: 1)
        }
        return (Tensor.cat(rows), bias.repeated([outputSide * outputSide]))
    }

    private static func pixels(_ side: Int) -> [(Int, Int)] {
        (0..<side).flatMap { row in (0..<side).map { (row, $0) } }
    }
}

private let addMatrixProduct = Operator("aten::addmm")
