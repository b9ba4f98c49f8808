import CTorch

/// A libtorch tensor: values of one dtype in a row-major shape, on one device, with libtorch's autograd tape behind it.
///
/// A tensor is a reference: in-place operators (their names end in `InPlace`) change what every holder sees.
/// Operators trap with their name and the shapes on misuse; inside `Torch.attempt` they throw instead.
public final class Tensor {
    let handle: OpaquePointer

    /// Takes ownership of a handle.
    init(owning handle: OpaquePointer) {
        self.handle = handle
    }

    deinit {
        ctorch_free(handle)
    }

    /// Takes what a C function returned; a null handle is a failure of `operation`.
    static func take(
        _ handle: OpaquePointer?, _ operation: StaticString, given tensors: [Tensor] = []
    ) -> Tensor {
        if let handle { return Tensor(owning: handle) }
        TorchFailure.report(.last("\(operation)", shapes: tensors.map(\.shape)))
        return tensors.first ?? Tensor.placeholder()
    }

    /// What stands for a result after a failure inside `Torch.attempt`.
    static func placeholder() -> Tensor {
        var nothing: Int64 = 0
        guard let handle = ctorch_from_host(&nothing, 0, Int32(DType.float32.rawValue), [0], 1)
        else {
            fatalError("libtorch cannot make an empty tensor: \(String(cString: ctorch_error()))")
        }
        return Tensor(owning: handle)
    }
}

// MARK: What it is

extension Tensor {
    /// Sizes, outermost first; images are `(batch, channels, height, width)`.
    public var shape: [Int] {
        withExtendedLifetime(self) {
            var rank = 0
            guard let sizes = ctorch_shape(handle, &rank) else { return [] }
            return (0..<rank).map { Int(sizes[$0]) }
        }
    }

    /// The number of dimensions.
    public var rank: Int { shape.count }

    /// The number of values.
    public var count: Int { shape.reduce(1, *) }

    /// The size of one dimension; negative dimensions count from the last.
    public func size(_ dimension: Int) -> Int {
        let shape = shape
        let index = dimension < 0 ? dimension + shape.count : dimension
        precondition(shape.indices.contains(index), "size(\(dimension)) of shape \(shape)")
        return shape[index]
    }

    /// The type of the values.
    public var dtype: DType {
        withExtendedLifetime(self) {
            let code = Int(ctorch_dtype(handle))
            guard let dtype = DType(rawValue: code) else {
                fatalError("a tensor of libtorch's scalar type \(code) has no place here")
            }
            return dtype
        }
    }

    /// Where the values are.
    public var device: Device {
        withExtendedLifetime(self) { Device(of: handle) }
    }
}

// MARK: From and to host memory

extension Tensor {
    /// Copies values, row-major, into a new tensor.
    public convenience init<Scalar: TensorScalar>(
        _ values: [Scalar], shape: [Int], on device: Device = .cpu
    ) {
        let tensor = values.withUnsafeBytes {
            Tensor.take(
                Tensor.copy($0, dtype: Scalar.dtype, shape: shape), "Tensor(_:shape:)")
        }
        let moved = device == .cpu ? tensor : tensor.to(device)
        self.init(owning: moved.sharedHandle())
    }

    /// Copies values into a new tensor of one dimension.
    public convenience init<Scalar: TensorScalar>(_ values: [Scalar], on device: Device = .cpu) {
        self.init(values, shape: [values.count], on: device)
    }

    /// Makes a tensor without dimensions.
    public convenience init<Scalar: TensorScalar>(_ value: Scalar, on device: Device = .cpu) {
        self.init([value], shape: [], on: device)
    }

    /// Copies raw row-major bytes into a new tensor on the CPU; their number must fit `shape`.
    ///
    /// - Throws: `TorchError` when it does not.
    public convenience init(
        bytes: UnsafeRawBufferPointer, dtype: DType, shape: [Int]
    ) throws(TorchError) {
        guard let handle = Tensor.copy(bytes, dtype: dtype, shape: shape) else {
            throw .last("Tensor(bytes:dtype:shape:)", shapes: [shape])
        }
        self.init(owning: handle)
    }

    private static func copy(
        _ bytes: UnsafeRawBufferPointer, dtype: DType, shape: [Int]
    ) -> OpaquePointer? {
        shape.map(Int64.init).withUnsafeBufferPointer {
            ctorch_from_host(
                bytes.baseAddress, bytes.count, Int32(dtype.rawValue), $0.baseAddress, $0.count)
        }
    }

    /// A second owned handle to this tensor.
    func sharedHandle() -> OpaquePointer {
        withExtendedLifetime(self) {
            guard let shared = ctorch_share(handle) else { fatalError("a tensor has no handle") }
            return shared
        }
    }

    /// All values, row-major, converted to `type`; waits for the GPU when they are there.
    public func values<Scalar: TensorScalar>(as type: Scalar.Type = Float.self) -> [Scalar] {
        let source = dtype == Scalar.dtype ? self : detached().to(Scalar.dtype)
        let count = source.count
        return [Scalar](unsafeUninitializedCapacity: count) { buffer, initialized in
            source.copyBytes(
                to: UnsafeMutableRawBufferPointer(buffer), of: count * MemoryLayout<Scalar>.stride)
            initialized = count
        }
    }

    /// All values as raw row-major bytes in the tensor's own dtype.
    public func bytes() -> [UInt8] {
        let count = count * dtype.byteCount
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            copyBytes(to: UnsafeMutableRawBufferPointer(buffer), of: count)
            initialized = count
        }
    }

    private func copyBytes(to buffer: UnsafeMutableRawBufferPointer, of count: Int) {
        let status = withExtendedLifetime(self) {
            ctorch_to_host(handle, buffer.baseAddress, count)
        }
        guard status != 0 else { return }
        if let base = buffer.baseAddress { memsetZero(base, count) }
        TorchFailure.report(.last("values", shapes: [shape]))
    }

    /// The value of a tensor that holds exactly one.
    public func item<Scalar: TensorScalar>(as type: Scalar.Type = Float.self) -> Scalar {
        let all = values(as: type)
        if all.count == 1 { return all[0] }
        TorchFailure.report(
            TorchError(
                .invalid, operation: "item", shapes: [shape], message: "needs exactly one value"))
        return .zero
    }
}

private func memsetZero(_ base: UnsafeMutableRawPointer, _ count: Int) {
    base.initializeMemory(as: UInt8.self, repeating: 0, count: count)
}

extension Tensor: CustomStringConvertible {
    /// Dtype, shape and device, never the values.
    public var description: String { "Tensor(\(dtype), \(shape), \(device))" }
}
