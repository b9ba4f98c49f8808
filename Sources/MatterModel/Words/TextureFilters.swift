import Foundation
package import Tensors

/// The filter bank MR8 (Varma and Zisserman, 2005): edges and bars at three scales, of six directions each the strongest response,
/// and a Gaussian and its Laplacian: eight numbers a pixel.
///
/// Filters have 49×49 pixels, mean zero and absolute values that add up to one; the image's edge is repeated. A pixel's responses r are
/// scaled by log(1 + ‖r‖ / 0.03) / ‖r‖, as the paper has it (section 2.1).
package struct TextureFilters {
    private static let support = 49
    private let weights: Tensor

    /// Makes the 38 filters: 18 edges, 18 bars, by scale and then by direction, Gaussian, Laplacian.
    package init() {
        var filters: [[Double]] = []
        for order in 1...2 {
            for scale in [1.0, 2, 4] {
                for direction in 0..<6 {
                    filters.append(Self.oriented(order, scale, .pi * Double(direction) / 6))
                }
            }
        }
        filters.append(Self.filter { x, y in Self.gaussian(x, 10, 0) * Self.gaussian(y, 10, 0) })
        filters.append(
            Self.filter { x, y in
                let square = (x * x + y * y) / 200
                return (square - 1) * exp(-square)
            })
        weights = Tensor(
            filters.flatMap { $0.map { Float($0) } }, shape: [38, 1, Self.support, Self.support])
    }

    /// (1, 1, height, width) brightness → (8, height, width).
    package func callAsFunction(_ image: Tensor) -> Tensor {
        let half = Self.support / 2
        let wide = image.padded([half, half, half, half], mode: "replicate")
        let responses = wide.conv2d(weight: weights.to(image.device)).squeezed(0)
        let size = [6, 6, image.size(2), image.size(3)]
        let strongest = responses.narrow(0, start: 0, length: 36).abs().reshaped(size).max([1])
        let eight = Tensor.cat([strongest, responses.narrow(0, start: 36, length: 2)])
        let length = eight.norm([0], keepingDimensions: true).clamp(minimum: 1e-12)
        return eight * ((length * (1 / 0.03) + 1).log() / length)
    }

    private static func filter(_ value: (Double, Double) -> Double) -> [Double] {
        let half = support / 2
        let values = (-half...half).flatMap { y in
            (-half...half).map { value(Double($0), Double(y)) }
        }
        let mean = values.reduce(0, +) / Double(values.count)
        let sum = values.reduce(0) { $0 + abs($1 - mean) }
        return values.map { ($0 - mean) / sum }
    }

    /// A Gaussian three times as long as wide; across it, its derivative of an order.
    private static func oriented(_ order: Int, _ scale: Double, _ angle: Double) -> [Double] {
        filter { x, y in
            let along = x * cos(angle) + y * sin(angle)
            let across = -x * sin(angle) + y * cos(angle)
            return gaussian(along, 3 * scale, 0) * gaussian(across, scale, order)
        }
    }

    private static func gaussian(_ x: Double, _ deviation: Double, _ order: Int) -> Double {
        let variance = deviation * deviation
        let value = exp(-x * x / (2 * variance)) / (2 * .pi * variance).squareRoot()
        switch order {
        case 0: return value
        case 1: return -value * x / variance
        default: return value * (x * x - variance) / (variance * variance)
        }
    }
}
