import Foundation

/// The optics of a band: a Gaussian blur, then the average over the band's own pixels.
enum PointSpread {
    /// Standard deviation of the blur in pixels of 10 m, for a band of the given resolution.
    ///
    /// Chosen so that the response at the band's Nyquist frequency, with the pixel's own average, is
    /// about 0.25, amid the 0.15 … 0.30 that Sentinel-2's documents ask for.
    static func deviation(resolution: Int, wavelength: Double) -> Float {
        Float(resolution) / 10 * (0.27 + 0.00002 * Float(wavelength))
    }

    /// Blurs a plane and cuts its margin off.
    ///
    /// - Parameters:
    ///   - plane: Rows of `width + 2·margin` values.
    ///   - width: Columns of the result.
    ///   - height: Rows of the result.
    ///   - margin: Pixels around the result, at least three deviations.
    ///   - deviation: Of the Gaussian, in pixels.
    /// - Returns: The plane without its margin.
    static func blur(
        _ plane: ArraySlice<Float>, width: Int, height: Int, margin: Int, deviation: Float
    ) -> [Float] {
        let reach = min(margin, Int((3 * deviation).rounded(.up)))
        let weights = kernel(deviation, reach: reach)
        let (columns, rows) = (width + 2 * margin, height + 2 * margin)
        return plane.withUnsafeBufferPointer { pixels in
            nonisolated(unsafe) let source = pixels
            let across = parallelBuffer(rows * width, of: Float(0), rows: rows) { row, buffer in
                for column in 0..<width {
                    var sum: Float = 0
                    let at = row * columns + column + margin - reach
                    for tap in 0..<weights.count { sum += weights[tap] * source[at + tap] }
                    buffer[row * width + column] = sum
                }
            }
            return parallelBuffer(height * width, of: Float(0), rows: height) { row, buffer in
                for column in 0..<width {
                    var sum: Float = 0
                    let at = (row + margin - reach) * width + column
                    for tap in 0..<weights.count { sum += weights[tap] * across[at + tap * width] }
                    buffer[row * width + column] = sum
                }
            }
        }
    }

    private static func kernel(_ deviation: Float, reach: Int) -> [Float] {
        let raw = (-reach...reach).map { offset in
            exp(-Double(offset * offset) / (2 * Double(deviation * deviation)))
        }
        let total = raw.reduce(0, +)
        return raw.map { Float($0 / total) }
    }

    /// The averages of `factor` × `factor` pixels.
    static func average(_ plane: [Float], width: Int, height: Int, factor: Int) -> [Float] {
        guard factor > 1 else { return plane }
        let (columns, rows) = (width / factor, height / factor)
        return parallelBuffer(rows * columns, of: Float(0), rows: rows) { row, buffer in
            for column in 0..<columns {
                var sum: Float = 0
                for j in 0..<factor {
                    for i in 0..<factor {
                        sum += plane[(row * factor + j) * width + column * factor + i]
                    }
                }
                buffer[row * columns + column] = sum / Float(factor * factor)
            }
        }
    }
}
