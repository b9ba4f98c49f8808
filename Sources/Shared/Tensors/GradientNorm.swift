/// Gradients of many parameters taken together.
public enum Gradients {
    /// The 2-norm of all gradients as one vector; NaN or infinite as soon as one value is.
    ///
    /// Uses `aten::_foreach_norm`, and waits for the GPU once.
    public static func norm(of parameters: [Tensor]) -> Double {
        let gradients = parameters.compactMap(\.gradient)
        guard !gradients.isEmpty else { return 0 }
        return noGradient {
            let norms = Operator.foreachNorm.tensors(
                capacity: gradients.count, gradients, 2)
            return Double(Tensor.stack(norms).norm().item(as: Float.self))
        }
    }

    /// Scales all gradients by one factor so that their common 2-norm is at most `limit`, as `torch.nn.utils.clip_grad_norm_`.
    ///
    /// - Parameters:
    ///   - parameters: whose gradients.
    ///   - limit: the longest that the gradient may be, above 0.
    /// - Returns: the norm before. If it is not finite, nothing is scaled.
    @discardableResult
    public static func clip(_ parameters: [Tensor], to limit: Double) -> Double {
        let norm = norm(of: parameters)
        let factor = Float(limit) / (Float(norm) + 1e-6)
        guard norm.isFinite, factor < 1 else { return norm }
        noGradient {
            for parameter in parameters { parameter.gradient?.multiplyInPlace(Double(factor)) }
        }
        return norm
    }
}

extension Operator {
    fileprivate static let foreachNorm = Operator("aten::_foreach_norm", "Scalar")
}
