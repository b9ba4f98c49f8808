import Geo
import Tensors

extension Module {
    /// Draws all weights anew, each from a stream of its own that is named by seed and parameter: the same on every machine.
    ///
    /// Convolutions: normal with variance 2 / (outputs · kernel), as torchvision's ResNet (He et al., 2015). Linear maps: uniform
    /// ±1/√inputs. Summands of linear maps and of convolutions: zero. Norms stay one and zero.
    func drawWeights(seed: UInt64) {
        noGradient {
            for (name, parameter) in namedParameters {
                let shape = parameter.shape
                guard shape.count == 4 || shape.count == 2 else {
                    if name.hasSuffix("bias") { parameter.fillInPlace(0) }
                    continue
                }
                var random = SplitMix64(seed: SplitMix64.derive(seed: seed, fnv1a(name)))
                let deviation = (2 / Double(shape[0] * shape.dropFirst(2).reduce(1, *)))
                    .squareRoot()
                let bound = 1 / Double(shape[1]).squareRoot()
                let values = (0..<parameter.count).map { _ in
                    shape.count == 4
                        ? Float(deviation * random.nextNormal())
                        : Float(bound * (2 * random.nextUniform() - 1))
                }
                parameter.copyInPlace(Tensor(values, shape: shape))
            }
        }
    }
}

/// FNV-1a of a name.
func fnv1a(_ name: String) -> UInt64 {
    name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
}
