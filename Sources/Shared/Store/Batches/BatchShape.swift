import Glibc
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
    public var byteCount: Int { batch * sampleBytes }

    /// Bytes of one sample.
    private var sampleBytes: Int { plane * 4 * (channels.reduce(0, +) + masks) }

    /// The same for batches of other sizes.
    func holding(_ samples: Int) -> BatchShape {
        BatchShape(batch: samples, channels: channels, masks: masks, height: height, width: width)
    }

    /// Refuses buffers of which the machine does not have the memory, all of which is touched at once.
    ///
    /// - Parameters:
    ///   - buffers: how many batches there are.
    ///   - memory: bytes of the machine; three quarters of it may be taken.
    /// - Throws: `BatchError` (`outOfResources`).
    func expectRoom(for buffers: Int, memory: Int = MachineMemory.bytes) throws {
        let (one, isLarge) = sampleBytes.multipliedReportingOverflow(by: buffers)
        let (all, isLarger) = one.multipliedReportingOverflow(by: batch)
        let room = memory / 4 * 3
        guard isLarge || isLarger || all > room else { return }
        throw BatchError(
            .outOfResources,
            "\(buffers) batches of \(batch) samples of \(sampleBytes) bytes are more than this machine's memory of \(memory) bytes; at most \(isLarge ? 0 : room / max(one, 1)) samples a batch fit, or make crops smaller"
        )
    }
}

/// What the machine has.
enum MachineMemory {
    /// Bytes of memory that the system manages.
    static let bytes = Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE)))
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
    /// - Throws: `TorchError` where memory cannot be pinned; `BatchError` (`outOfResources`) where the system gives none.
    init(_ shape: BatchShape, in memory: HostMemory) throws {
        self.shape = shape
        let counts = shape.channels.map { shape.batch * $0 * shape.plane }
        let codes = (0..<shape.masks).map { _ in shape.batch * shape.plane }
        guard memory == .pinned else {
            pinned = []
            let plain = try Self.plain((counts + codes).map { $0 * 4 })
            images = plain.prefix(counts.count).map { $0.bindMemory(to: Float.self) }
            masks = plain.dropFirst(counts.count).map { $0.bindMemory(to: Int32.self) }
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
        images.forEach { free($0.baseAddress) }
        masks.forEach { free($0.baseAddress) }
    }

    /// Pieces of memory that begin at a cache line; all 0.
    private static func plain(_ sizes: [Int]) throws -> [UnsafeMutableRawBufferPointer] {
        var made: [UnsafeMutableRawBufferPointer] = []
        for size in sizes {
            // Swift's own allocation ends the process where there is no memory.
            var address: UnsafeMutableRawPointer?
            guard posix_memalign(&address, 64, max(size, 1)) == 0, let address else {
                made.forEach { free($0.baseAddress) }
                throw BatchError(
                    .outOfResources,
                    "no memory for \(size) bytes of a batch; make batches or crops smaller")
            }
            memset(address, 0, size)
            made.append(UnsafeMutableRawBufferPointer(start: address, count: size))
        }
        return made
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
