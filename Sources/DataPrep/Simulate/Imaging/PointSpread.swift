import Foundation

/// The optics of a 10 m band: a Gaussian blur and the average over the pixel, taken before the image is sampled.
///
/// The land is looked at in four points a pixel that share no row and no column, so that an upright edge is seen at
/// four places a pixel. Points are weighted by the optics' response at their distance from the pixel's centre. Blurring
/// after the sampling instead would leave aliases in the image, which draw every shift towards whole pixels.
struct Optics: Sendable {
    /// Pixels around a pixel from which it gets light.
    static let reach = 2
    /// Where a pixel's points lie in it, 0…1.
    static let points: [(x: Float, y: Float)] = [
        (0.125, 0.625), (0.375, 0.125), (0.625, 0.875), (0.875, 0.375),
    ]
    /// Standard deviation of the blur in pixels.
    ///
    /// With the pixel's own average (0.64) the response at the Nyquist frequency is 0.25, amid the 0.15 … 0.30 that
    /// Sentinel-2's documents ask for.
    static let deviation = 0.437

    /// Weight of each point in the pixels from −reach to +reach columns away, by point.
    let across: [[Float]]
    /// The same along rows.
    let down: [[Float]]

    init() {
        func weights(_ place: Float) -> [Double] {
            (-Self.reach...Self.reach).map { Self.response(Double($0) + Double(place) - 0.5) }
        }
        let columns = Self.points.map { weights($0.x) }
        let rows = Self.points.map { weights($0.y) }
        let total = zip(columns, rows).reduce(0) { $0 + $1.0.reduce(0, +) * $1.1.reduce(0, +) }
        across = columns.map { $0.map { Float($0 / total) } }
        down = rows.map { $0.map(Float.init) }
    }

    /// A Gaussian averaged over a pixel whose centre is `distance` pixels away.
    private static func response(_ distance: Double) -> Double {
        let scale = deviation * 2.0.squareRoot()
        return (erf((distance + 0.5) / scale) - erf((distance - 0.5) / scale)) / 2
    }
}

/// The wider optics of the 20 and 60 m bands: what they blur beyond the 10 m bands, and the average over their own pixels.
enum PointSpread {
    /// Standard deviation in pixels of 10 m that a band of a resolution adds to `Optics.deviation`; as for 20 m at most.
    static func addedDeviation(resolution: Int) -> Float {
        let whole = Optics.deviation * Double(min(resolution, 20)) / 10
        return Float((whole * whole - Optics.deviation * Optics.deviation).squareRoot())
    }

    /// Blurs a plane and cuts its margin off.
    ///
    /// - Parameters:
    ///   - plane: Rows of `width + 2·margin` values.
    ///   - width: Columns of the result.
    ///   - height: Rows of the result.
    ///   - margin: Pixels around the result, at least three deviations.
    ///   - deviation: Of the Gaussian, in pixels; 0 only cuts.
    /// - Returns: The plane without its margin.
    static func blur(
        _ plane: ArraySlice<Float>, width: Int, height: Int, margin: Int, deviation: Float
    ) -> [Float] {
        let reach = min(margin, Int((3 * deviation).rounded(.up)))
        let weights = deviation > 0 ? kernel(deviation, reach: reach) : [1]
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
