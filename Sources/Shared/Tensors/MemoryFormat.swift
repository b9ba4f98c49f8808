extension Tensor {
    /// The same values with the channels of a pixel side by side in memory; the shape stays `(batch, channels, height, width)`.
    ///
    /// Convolutions and norms keep the format and are often faster in it, bfloat16 ones above all.
    /// Uses `aten::contiguous` with `channels_last`.
    public func channelsLast() -> Tensor { Operator.contiguous(self, channelsLastFormat) }
}

extension Module {
    /// Lays the weights of all convolutions beneath out with channels last; call it before the optimiser is made.
    public func useChannelsLast() {
        for (_, tensor) in namedParameters where tensor.rank == 4 {
            noGradient { tensor.replaceData(with: tensor.detached().channelsLast()) }
        }
    }
}

/// libtorch's number of the memory format.
private let channelsLastFormat = 2

extension Operator {
    fileprivate static let contiguous = Operator("aten::contiguous")
}
