import Geo

/// Bringing a coarse map to pixels, bilinearly.
enum Upsampling {
    /// Spreads a coarse map whose cell (i, j) was measured at the pixel (i · stride, j · stride).
    ///
    /// Pixels beyond the last cell take its value. The result has `size`, row by row.
    static func bilinear(
        _ coarse: [Float], stride: Int, to size: PixelSize
    ) -> [Float] {
        guard stride > 1 else { return coarse }
        let columns = (size.width + stride - 1) / stride
        let rows = (size.height + stride - 1) / stride
        precondition(
            coarse.count == columns * rows,
            "\(coarse.count) cells for \(size) at stride \(stride)")
        let across = (0..<size.width).map { Neighbours(of: $0, stride: stride, count: columns) }
        var result: [Float] = []
        result.reserveCapacity(size.count)
        for row in 0..<size.height {
            let down = Neighbours(of: row, stride: stride, count: rows)
            let (upper, lower) = (down.first * columns, down.second * columns)
            for column in across {
                let top = column.mix(coarse[upper + column.first], coarse[upper + column.second])
                let bottom = column.mix(coarse[lower + column.first], coarse[lower + column.second])
                result.append(down.mix(top, bottom))
            }
        }
        return result
    }

    /// The two cells around a pixel and how far it lies towards the second.
    private struct Neighbours {
        let first: Int
        let second: Int
        let weight: Float

        init(of pixel: Int, stride: Int, count: Int) {
            first = pixel / stride
            second = min(first + 1, count - 1)
            weight = Float(pixel % stride) / Float(stride)
        }

        func mix(_ left: Float, _ right: Float) -> Float { left + (right - left) * weight }
    }
}
