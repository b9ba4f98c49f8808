import Foundation
import Geo
import Tensors

extension MatterEncoder {
    /// Draws all weights anew, each from a stream of its own that is named by seed and parameter: the same on every machine.
    ///
    /// Convolutions: normal with variance 2 / (outputs · kernel), as torchvision's ResNet (He et al., 2015). Projection: uniform
    /// ±1/√inputs. Centres and scales: uniform ±1/√(centres · channels) and −1…0, as Deep-TEN's code. Norms: one and zero.
    package func initialise(seed: UInt64) {
        noGradient {
            for (name, parameter) in namedParameters {
                let shape = parameter.shape
                var random = SplitMix64(seed: SplitMix64.derive(seed: seed, Self.hash(name)))
                guard let draw = Self.distribution(name, shape) else { continue }
                let values = (0..<parameter.count).map { _ in Float(draw(&random)) }
                parameter.copyInPlace(Tensor(values, shape: shape))
            }
        }
    }

    private typealias Distribution = (inout SplitMix64) -> Double

    private static func distribution(_ name: String, _ shape: [Int]) -> Distribution? {
        func uniform(_ low: Double, _ high: Double) -> Distribution {
            { low + (high - low) * $0.nextUniform() }
        }
        if shape.count == 4 {
            let deviation = (2 / Double(shape[0] * shape[2] * shape[3])).squareRoot()
            return { deviation * $0.nextNormal() }
        }
        switch name {
        case "project.weight":
            let bound = 1 / Double(shape[1]).squareRoot()
            return uniform(-bound, bound)
        case "project.bias": return { _ in 0 }
        case "encoding.clusters":
            let bound = 1 / Double(shape[0] * shape[1]).squareRoot()
            return uniform(-bound, bound)
        case "encoding.scale": return uniform(-1, 0)
        default: return nil
        }
    }

    /// FNV-1a of a name.
    private static func hash(_ name: String) -> UInt64 {
        name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
