import Foundation

/// Smoothing of a map by a Gaussian window, separable, with mirrored borders.
///
/// The window has an odd width *k* and, as torchvision's `GaussianBlur` fills it in, the standard deviation
/// σ = 0.3 · ((k − 1)/2 − 1) + 0.8 pixels (2.3 for 13). The mirror does not repeat the border pixel.
struct GaussianBlur {
    let weights: [Float]

    /// Makes a window of odd width ≥ 1; a width of 1 changes nothing.
    init(width: Int) {
        precondition(width >= 1 && width % 2 == 1, "a window of \(width) pixels has no centre")
        let radius = width / 2
        let sigma = 0.3 * (Double(width - 1) * 0.5 - 1) + 0.8
        let raw = (-radius...radius).map { exp(-0.5 * Self.squared(Double($0) / sigma)) }
        let total = raw.reduce(0, +)
        weights = raw.map { Float($0 / total) }
    }

    /// The smoothed map, (height, width) row by row.
    func callAsFunction(_ values: [Float], width: Int, height: Int) -> [Float] {
        guard weights.count > 1 else { return values }
        let rows = along(values, length: width, stride: 1, lines: height, lineStride: width)
        return along(rows, length: height, stride: width, lines: width, lineStride: 1)
    }

    private func along(
        _ values: [Float], length: Int, stride: Int, lines: Int, lineStride: Int
    ) -> [Float] {
        let radius = weights.count / 2
        let sources = (-radius..<length + radius).map { mirrored($0, length) * stride }
        var result = [Float](repeating: 0, count: values.count)
        for line in 0..<lines {
            let start = line * lineStride
            for position in 0..<length {
                var sum: Float = 0
                for tap in weights.indices {
                    sum += weights[tap] * values[start + sources[position + tap]]
                }
                result[start + position * stride] = sum
            }
        }
        return result
    }

    /// The pixel that stands for one outside 0 ..< length, mirrored at the centre of the border pixel.
    private func mirrored(_ index: Int, _ length: Int) -> Int {
        guard length > 1 else { return 0 }
        let period = 2 * (length - 1)
        let folded = ((index % period) + period) % period
        return folded < length ? folded : period - folded
    }

    private static func squared(_ value: Double) -> Double { value * value }
}
