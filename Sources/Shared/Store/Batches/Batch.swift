public import Tensors

/// One batch: images, masks and targets of some samples, valid as long as it is held; then its memory is used again.
///
/// A consumer lets go of a batch before it asks for more than the stream prefetches.
public final class Batch {
    /// The epoch, from 0.
    public let epoch: Int
    /// The batch's number in its epoch, from 0.
    public let number: Int
    /// The samples in their order, by their numbers in the source.
    public let samples: [Int]
    /// What each sample is labelled with.
    public let targets: [SampleTarget]
    private let buffers: BatchBuffers
    private let ring: BatchRing
    private let isChannelsLast: Bool

    init(_ ticket: BatchRing.Ticket, ring: BatchRing, targets: [SampleTarget], _ plan: BatchPlan) {
        (epoch, number, samples) = (ticket.epoch, ticket.number, ticket.samples)
        (buffers, self.ring, self.targets) = (ticket.buffers, ring, targets)
        isChannelsLast = plan.isChannelsLast
    }

    deinit { ring.giveBack(buffers) }

    /// How many samples it holds.
    public var count: Int { samples.count }

    /// The shape of an image as it lies in memory: (batch, channels, height, width), or channels last.
    public func shape(ofImage image: Int) -> [Int] {
        let shape = buffers.shape
        let channels = shape.channels[image]
        return isChannelsLast
            ? [count, shape.height, shape.width, channels]
            : [count, channels, shape.height, shape.width]
    }

    /// Lets `body` look at the numbers of an image where they lie.
    ///
    /// - Parameters:
    ///   - image: which of the plan's images.
    ///   - body: gets the numbers in the order of `shape(ofImage:)`.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws.
    public func withImage<Result>(
        _ image: Int = 0, _ body: (UnsafeBufferPointer<Float>) throws -> Result
    ) rethrows -> Result {
        let count = count * buffers.shape.channels[image] * buffers.shape.plane
        let numbers = UnsafeBufferPointer(rebasing: buffers.images[image][..<count])
        return try withExtendedLifetime(self) { try body(numbers) }
    }

    /// Lets `body` look at the codes of a mask where they lie: (batch, height, width).
    ///
    /// - Parameters:
    ///   - mask: which of the plan's masks.
    ///   - body: gets the codes.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws.
    public func withMask<Result>(
        _ mask: Int = 0, _ body: (UnsafeBufferPointer<Int32>) throws -> Result
    ) rethrows -> Result {
        let codes = UnsafeBufferPointer(
            rebasing: buffers.masks[mask][..<(count * buffers.shape.plane)])
        return try withExtendedLifetime(self) { try body(codes) }
    }

    /// An image as a tensor (batch, channels, height, width), channels last in memory if the plan says so; one copy.
    ///
    /// - Parameters:
    ///   - image: which of the plan's images.
    ///   - device: where the tensor is to be; a GPU reads pinned memory by itself.
    /// - Returns: the tensor.
    /// - Throws: `TorchError` if libtorch has no memory.
    public func tensor(ofImage image: Int = 0, on device: Device = .cpu) throws -> Tensor {
        let shape = shape(ofImage: image)
        let tensor = try withImage(image) {
            try copied(
                UnsafeRawBufferPointer($0), .float32, shape, buffers.pinned.isEmpty ? nil : image,
                on: device)
        }
        return isChannelsLast ? tensor.permuted([0, 3, 1, 2]) : tensor
    }

    /// A mask as a tensor (batch, height, width) of int32; one copy.
    ///
    /// - Parameters:
    ///   - mask: which of the plan's masks.
    ///   - device: where the tensor is to be; a GPU reads pinned memory by itself.
    /// - Returns: the tensor.
    /// - Throws: `TorchError` if libtorch has no memory.
    public func tensor(ofMask mask: Int = 0, on device: Device = .cpu) throws -> Tensor {
        let shape = [count, buffers.shape.height, buffers.shape.width]
        return try withMask(mask) {
            try copied(
                UnsafeRawBufferPointer($0), .int32, shape,
                buffers.pinned.isEmpty ? nil : buffers.images.count + mask, on: device)
        }
    }

    /// A copy of some memory, which is used again when the batch goes: on the CPU, and from there on the GPU; straight from pinned memory.
    private func copied(
        _ bytes: UnsafeRawBufferPointer, _ dtype: DType, _ shape: [Int], _ pinned: Int?,
        on device: Device
    ) throws -> Tensor {
        guard let pinned, device.kind == .cuda else {
            let copy = try Tensor(bytes: bytes, dtype: dtype, shape: shape)
            return device == .cpu ? copy : try Torch.attempt { copy.to(device) }
        }
        let whole = buffers.pinned[pinned]
        return try Torch.attempt {
            whole.narrow(0, start: 0, length: shape.reduce(1, *)).reshaped(shape).to(device)
        }
    }
}
