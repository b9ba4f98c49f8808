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
    /// - Throws: `TorchError` if libtorch has no memory.
    public func tensor(ofImage image: Int = 0) throws -> Tensor {
        let tensor = try withImage(image) {
            try Tensor(
                bytes: UnsafeRawBufferPointer($0), dtype: .float32, shape: shape(ofImage: image))
        }
        return isChannelsLast ? tensor.permuted([0, 3, 1, 2]) : tensor
    }

    /// A mask as a tensor (batch, height, width) of int32; one copy.
    ///
    /// - Throws: `TorchError` if libtorch has no memory.
    public func tensor(ofMask mask: Int = 0) throws -> Tensor {
        try withMask(mask) {
            try Tensor(
                bytes: UnsafeRawBufferPointer($0), dtype: .int32,
                shape: [count, buffers.shape.height, buffers.shape.width])
        }
    }
}
