import CTorch

/// An n-dimensional array in host memory, row-major: what safetensors files and the store hold.
public struct HostArray: Sendable, Hashable {
    /// The type of the values.
    public let dtype: DType
    /// Sizes, outermost first.
    public let shape: [Int]
    /// The values, little-endian, row-major.
    public let bytes: [UInt8]

    /// Takes raw bytes.
    ///
    /// - Throws: `TorchError` when their number does not fit dtype and shape.
    public init(dtype: DType, shape: [Int], bytes: [UInt8]) throws(TorchError) {
        guard let size = HostArray.byteCount(dtype, shape), size == bytes.count else {
            throw TorchError(
                .invalid, operation: "HostArray", shapes: [shape],
                message: "\(bytes.count) bytes do not fit \(dtype)")
        }
        self.dtype = dtype
        self.shape = shape
        self.bytes = bytes
    }

    /// Copies values, as many as `shape` asks for.
    public init<Scalar: TensorScalar>(_ values: [Scalar], shape: [Int]) {
        precondition(
            shape.reduce(1, *) == values.count, "HostArray: \(values.count) values, shape \(shape)")
        dtype = Scalar.dtype
        self.shape = shape
        bytes = values.withUnsafeBytes { Array($0) }
    }

    /// The number of values.
    public var count: Int { shape.reduce(1, *) }

    /// All values, row-major.
    ///
    /// - Throws: `TorchError` when `type` is not that of the values.
    public func values<Scalar: TensorScalar>(
        as type: Scalar.Type = Float.self
    ) throws(TorchError) -> [Scalar] {
        guard Scalar.dtype == dtype else {
            throw TorchError(
                .invalid, operation: "HostArray", shapes: [shape],
                message: "holds \(dtype), asked for \(Scalar.dtype)")
        }
        guard dtype != .bool || bytes.allSatisfy({ $0 < 2 }) else {
            throw TorchError(
                .badData, operation: "HostArray", message: "a truth value is not 0 or 1")
        }
        return [Scalar](unsafeUninitializedCapacity: count) { buffer, initialized in
            UnsafeMutableRawBufferPointer(buffer).copyBytes(from: bytes)
            initialized = count
        }
    }

    /// Bytes of an array, or `nil` when a size is negative or the product overflows.
    static func byteCount(_ dtype: DType, _ shape: [Int]) -> Int? {
        var total = dtype.byteCount
        for size in shape {
            let (product, overflow) = total.multipliedReportingOverflow(by: size)
            guard size >= 0, !overflow else { return nil }
            total = product
        }
        return total
    }
}

extension Tensor {
    /// Copies an array into a new tensor.
    public convenience init(_ array: HostArray, on device: Device = .cpu) {
        let tensor = array.bytes.withUnsafeBytes { bytes in
            array.shape.map(Int64.init).withUnsafeBufferPointer {
                Tensor.take(
                    ctorch_from_host(
                        bytes.baseAddress, bytes.count, Int32(array.dtype.rawValue),
                        $0.baseAddress, $0.count), "Tensor(HostArray)")
            }
        }
        self.init(owning: (device == .cpu ? tensor : tensor.to(device)).sharedHandle())
    }

    /// Copies the values to host memory.
    public func hostArray() -> HostArray {
        HostArray(trusted: dtype, shape, bytes())
    }
}

extension HostArray {
    /// Takes what fits by construction.
    init(trusted dtype: DType, _ shape: [Int], _ bytes: [UInt8]) {
        self.dtype = dtype
        self.shape = shape
        self.bytes = bytes
    }
}
