import Tensors

/// How large everything in a batch is.
public struct BatchShape: Sendable, Hashable {
    /// Samples of a full batch.
    public let batch: Int
    /// Channels of each image.
    public let channels: [Int]
    /// How many planes of codes.
    public let masks: Int
    /// Pixels of all images and masks.
    public let height, width: Int

    /// Pixels of a plane.
    var plane: Int { height * width }

    /// Bytes of one batch: float32 images and int32 masks.
    public var byteCount: Int { batch * plane * 4 * (channels.reduce(0, +) + masks) }
}

/// The memory of one batch, used again and again.
final class BatchBuffers: Sendable {
    let shape: BatchShape
    nonisolated(unsafe) let images: [UnsafeMutableBufferPointer<Float>]
    nonisolated(unsafe) let masks: [UnsafeMutableBufferPointer<Int32>]
    /// Tensors over the same memory, images before masks, where that is pinned; else none.
    nonisolated(unsafe) let pinned: [Tensor]

    /// Memory for a batch.
    ///
    /// - Throws: `TorchError` where memory cannot be pinned.
    init(_ shape: BatchShape, in memory: HostMemory) throws {
        self.shape = shape
        let counts = shape.channels.map { shape.batch * $0 * shape.plane }
        let codes = (0..<shape.masks).map { _ in shape.batch * shape.plane }
        guard memory == .pinned else {
            pinned = []
            images = counts.map { .aligned(count: $0) }
            masks = codes.map { .aligned(count: $0) }
            return
        }
        let tensors = try (
            counts.map { try Tensor.pinnedZeros([$0]) },
            codes.map { try Tensor.pinnedZeros([$0], dtype: .int32) }
        )
        images = try tensors.0.map { try $0.hostBytes().bindMemory(to: Float.self) }
        masks = try tensors.1.map { try $0.hostBytes().bindMemory(to: Int32.self) }
        pinned = tensors.0 + tensors.1
    }

    deinit {
        guard pinned.isEmpty else { return }
        images.forEach { $0.deallocate() }
        masks.forEach { $0.deallocate() }
    }

    /// The numbers of one sample in an image.
    func image(_ image: Int, sample: Int) -> UnsafeMutableBufferPointer<Float> {
        let count = shape.channels[image] * shape.plane
        return UnsafeMutableBufferPointer(
            rebasing: images[image][sample * count..<(sample + 1) * count])
    }

    /// The codes of one sample in a mask.
    func mask(_ mask: Int, sample: Int) -> UnsafeMutableBufferPointer<Int32> {
        UnsafeMutableBufferPointer(
            rebasing: masks[mask][sample * shape.plane..<(sample + 1) * shape.plane])
    }
}

extension UnsafeMutableBufferPointer where Element: BitwiseCopyable {
    /// Memory that begins at a cache line; all 0.
    static func aligned(count: Int) -> UnsafeMutableBufferPointer {
        let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Swift.max(count, 1) * MemoryLayout<Element>.stride, alignment: 64)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        return UnsafeMutableBufferPointer(
            rebasing: bytes.bindMemory(to: Element.self)[..<count])
    }
}
