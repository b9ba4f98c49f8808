import CTorch

/// Where a tensor lives: the CPU, or an NVIDIA GPU by index.
public struct Device: Sendable, Hashable, CustomStringConvertible {
    /// The kinds of device; the raw value is libtorch's `DeviceType`.
    public enum Kind: Int, Sendable {
        /// The processor and its memory.
        case cpu = 0
        /// An NVIDIA GPU.
        case cuda = 1
    }

    /// Processor or GPU.
    public let kind: Kind
    /// Which GPU, from 0; 0 for the CPU.
    public let index: Int

    /// The processor.
    public static let cpu = Device(kind: .cpu, index: 0)
    /// The first GPU.
    public static let cuda = Device(kind: .cuda, index: 0)

    /// A GPU by index, from 0.
    public static func cuda(_ index: Int) -> Device { Device(kind: .cuda, index: index) }

    /// `cpu` or `cuda:0`.
    public var description: String { kind == .cpu ? "cpu" : "cuda:\(index)" }

    /// Reads `cpu`, `cuda` or `cuda:1`; `nil` for anything else.
    public init?(name: String) {
        switch name {
        case "cpu": self = .cpu
        case "cuda": self = .cuda
        default:
            guard name.hasPrefix("cuda:"), let index = Int(name.dropFirst(5)), index >= 0 else {
                return nil
            }
            self = .cuda(index)
        }
    }

    private init(kind: Kind, index: Int) {
        self.kind = kind
        self.index = index
    }

    init(of handle: OpaquePointer) {
        var kind: Int32 = 0
        var index: Int32 = 0
        ctorch_device(handle, &kind, &index)
        self.init(kind: Kind(rawValue: Int(kind)) ?? .cpu, index: Int(index))
    }
}

extension Device {
    /// True when tensors can live here; asking for a GPU loads libtorch's CUDA library, so ask before the first training step.
    public var isAvailable: Bool {
        kind == .cpu || ctorch_cuda_devices() > index
    }

    /// Makes sure that tensors can live here; choose the device before the first training step.
    ///
    /// - Throws: `TorchError` with code `.unavailable` and the reason: no GPU, no driver, no CUDA libraries.
    public func require() throws(TorchError) {
        guard kind == .cuda else { return }
        let count = Int(ctorch_cuda_devices())
        guard count <= index else { return }
        let reason =
            count > 0
            ? "this machine has \(count) GPUs, counted from 0"
            : TorchError.last("").message
        throw TorchError(
            .unavailable, operation: "device \(self)",
            message:
                "\(reason); run script/bootstrap --cuda on a machine with a GPU, or use --device cpu"
        )
    }
}
