import CTorch

/// Where batches are made before they go to a device.
public enum HostMemory: String, Sendable, Hashable, CaseIterable {
    /// Memory like any other.
    case plain
    /// Memory that stays in its place ("pinned"), which a GPU reads by itself.
    case pinned

    /// What suits a device: pinned for a GPU, plain for the processor.
    public init(for device: Device) {
        self = device.kind == .cuda ? .pinned : .plain
    }
}

extension Tensor {
    /// The bytes of a tensor on the CPU that lies row-major without gaps, where they are: valid as long as the tensor is.
    ///
    /// - Throws: `TorchError` for another tensor.
    public func hostBytes() throws(TorchError) -> UnsafeMutableRawBufferPointer {
        try withExtendedLifetime(self) {
            () throws(TorchError) -> UnsafeMutableRawBufferPointer in
            var count = 0
            guard let start = ctorch_host_memory(handle, &count) else {
                throw .last("hostBytes", shapes: [shape])
            }
            return UnsafeMutableRawBufferPointer(start: start, count: count)
        }
    }
}
