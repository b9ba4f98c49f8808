import Geo
package import Tensors

/// Scores of all pixels of an image of any size, window by window.
///
/// Windows have the side that training had and overlap; the last ones are moved back to the edge. Where windows overlap, probabilities
/// are averaged with weights that fall linearly towards a window's border within the overlap (our choice), so that no
/// seam is left. An image smaller than a window is enlarged by the bands' means on its right and lower side.
package struct TiledPrediction {
    private let side: Int
    private let overlap: Int
    private let batch: Int
    private let probabilities: ([Tensor]) -> Tensor

    /// A prediction.
    ///
    /// - Parameters:
    ///   - side: side of a window in pixels.
    ///   - overlap: pixels by which neighbours overlap at least, below `side`.
    ///   - batch: windows that go through the network together.
    ///   - probabilities: (windows, bands, side, side) of one or two images → (windows, outputs, side, side).
    package init(
        side: Int, overlap: Int, batch: Int, probabilities: @escaping ([Tensor]) -> Tensor
    ) {
        (self.side, self.overlap, self.batch) = (side, overlap, batch)
        self.probabilities = probabilities
    }

    /// Probabilities of all pixels.
    ///
    /// - Parameter images: one or two of (1, bands, height, width).
    /// - Returns: (outputs, height, width), float32 on the CPU.
    /// - Throws: `TorchError`; `BenchError`.
    package func callAsFunction(_ images: [Tensor]) throws -> Tensor {
        let (height, width) = (images[0].size(2), images[0].size(3))
        let (rows, columns) = (max(height, side), max(width, side))
        let padded = try Torch.attempt {
            images.map {
                height == rows && width == columns
                    ? $0 : $0.padded([0, columns - width, 0, rows - height])
            }
        }
        let tiling = try PatchTiling(side: side, stride: side - overlap)
        let places = tiling.places(in: try PixelSize(width: columns, height: rows))
        let window = weights()
        return try Torch.attempt {
            noGradient {
                let sums = blend(padded, places, window, rows, columns)
                return sums.narrow(1, start: 0, length: height).narrow(2, start: 0, length: width)
                    .contiguous()
            }
        }
    }

    private func blend(
        _ images: [Tensor], _ places: [PixelOffset], _ window: Tensor, _ rows: Int, _ columns: Int
    ) -> Tensor {
        var sums: Tensor?
        let weights = Tensor.zeros([1, rows, columns])
        for start in stride(from: 0, to: places.count, by: batch) {
            let part = places[start..<min(start + batch, places.count)]
            let windows = images.map { image in Tensor.cat(part.map { cut(image, at: $0) }) }
            let found = probabilities(windows).to(.float32).to(.cpu)
            let sum = sums ?? Tensor.zeros([found.size(1), rows, columns])
            sums = sum
            for (number, place) in part.enumerated() {
                area(sum, place).addInPlace(found.select(0, number) * window)
                area(weights, place).addInPlace(window)
            }
        }
        return (sums ?? weights) / weights
    }

    private func cut(_ image: Tensor, at place: PixelOffset) -> Tensor {
        image.narrow(2, start: place.row, length: side)
            .narrow(3, start: place.column, length: side)
    }

    private func area(_ map: Tensor, _ place: PixelOffset) -> Tensor {
        map.narrow(1, start: place.row, length: side)
            .narrow(2, start: place.column, length: side)
    }

    /// (1, side, side): 1 in the middle, falling towards the border within the overlap, never 0.
    private func weights() -> Tensor {
        let ramp = (0..<side).map { place in
            Float(min(place + 1, side - place, overlap + 1)) / Float(overlap + 1)
        }
        let line = Tensor(ramp)
        return (line.reshaped([1, side, 1]) * line.reshaped([1, 1, side]))
    }
}
