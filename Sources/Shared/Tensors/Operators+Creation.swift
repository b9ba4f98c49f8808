// MARK: New tensors, joins and splits

extension Tensor {
    /// All zeros.
    ///
    /// Uses `aten::zeros`.
    public static func zeros(_ shape: [Int], dtype: DType = .float32, on device: Device = .cpu)
        -> Tensor
    {
        Operator.zeros(shape, dtype, nil as Int?, device)
    }
    /// Zeros in pinned memory of the processor.
    ///
    /// Uses `aten::zeros` with `pin_memory`.
    ///
    /// - Throws: `TorchError`: `unavailable` where there is no GPU, for it is its driver that pins; `outOfMemory`.
    public static func pinnedZeros(
        _ shape: [Int], dtype: DType = .float32
    ) throws(TorchError) -> Tensor {
        do {
            try Device.cuda.require()
        } catch {
            throw TorchError(
                error.code, operation: "pinned memory",
                message: "\(error.message); or take plain memory")
        }
        return try Torch.attempt { Operator.zeros(shape, dtype, nil as Int?, Device.cpu, true) }
    }
    /// All ones.
    ///
    /// Uses `aten::ones`.
    public static func ones(_ shape: [Int], dtype: DType = .float32, on device: Device = .cpu)
        -> Tensor
    {
        Operator.ones(shape, dtype, nil as Int?, device)
    }
    /// One value everywhere.
    ///
    /// Uses `aten::full`.
    public static func full(
        _ shape: [Int], _ value: Double, dtype: DType = .float32, on device: Device = .cpu
    ) -> Tensor {
        Operator.full(shape, value, dtype, nil as Int?, device)
    }
    /// Uniform random values in [0, 1).
    ///
    /// Uses `aten::rand`.
    public static func random(_ shape: [Int], on device: Device = .cpu) -> Tensor {
        Operator.rand(shape, DType.float32, nil as Int?, device)
    }
    /// Normal random values.
    ///
    /// Uses `aten::randn`.
    public static func randomNormal(_ shape: [Int], on device: Device = .cpu) -> Tensor {
        Operator.randn(shape, DType.float32, nil as Int?, device)
    }
    /// The numbers below `count` in random order, `int64`.
    ///
    /// Uses `aten::randperm`.
    public static func randomPermutation(_ count: Int, on device: Device = .cpu) -> Tensor {
        Operator.randperm(count, DType.int64, nil as Int?, device)
    }
    /// The whole numbers from `start` to below `end`, `int64`.
    ///
    /// Uses `aten::arange`.
    public static func range(_ start: Int, _ end: Int, on device: Device = .cpu) -> Tensor {
        Operator.arange(start, end, DType.int64, nil as Int?, device)
    }
    /// `count` evenly spaced values from `start` to `end`.
    ///
    /// Uses `aten::linspace`.
    public static func linspace(
        _ start: Double, _ end: Double, _ count: Int, on device: Device = .cpu
    ) -> Tensor {
        Operator.linspace(start, end, count, DType.float32, nil as Int?, device)
    }
    /// The identity matrix.
    ///
    /// Uses `aten::eye`.
    public static func identity(_ size: Int, dtype: DType = .float32, on device: Device = .cpu)
        -> Tensor
    {
        Operator.eye(size, dtype, nil as Int?, device)
    }
    /// Zeros of the same shape, dtype and device.
    ///
    /// Uses `aten::zeros_like`.
    public func zerosLike() -> Tensor { Operator.zerosLike(self) }
    /// Ones of the same shape, dtype and device.
    ///
    /// Uses `aten::ones_like`.
    public func onesLike() -> Tensor { Operator.onesLike(self) }

    /// Joins tensors along a dimension.
    ///
    /// Uses `aten::cat`.
    public static func cat(_ tensors: [Tensor], dimension: Int = 0) -> Tensor {
        Operator.cat(tensors, dimension)
    }
    /// Joins tensors of one shape along a new dimension.
    ///
    /// Uses `aten::stack`.
    public static func stack(_ tensors: [Tensor], dimension: Int = 0) -> Tensor {
        Operator.stack(tensors, dimension)
    }
    /// Cuts a dimension into pieces of the given sizes.
    ///
    /// Uses `aten::split_with_sizes`.
    public func split(_ sizes: [Int], dimension: Int = 0) -> [Tensor] {
        Operator.split.tensors(capacity: sizes.count, self, sizes, dimension)
    }
    /// Sums products over the indices that `equation` names twice, as NumPy's einsum.
    ///
    /// Uses `aten::einsum`.
    public static func einsum(_ equation: StaticString, _ tensors: [Tensor]) -> Tensor {
        Operator.einsum(equation, tensors)
    }
    /// Copied to another device; itself when it is there.
    ///
    /// Uses `aten::to`.
    public func to(_ device: Device) -> Tensor {
        Operator.toDevice(self, nil as DType?, nil as Int?, device)
    }
    /// Values sorted along a dimension, and where they were.
    ///
    /// Uses `aten::sort`.
    public func sorted(_ dimension: Int = -1, descending: Bool = false) -> (
        values: Tensor, indices: Tensor
    ) {
        let found = Operator.sort.tensors(capacity: 2, self, dimension, descending)
        return (found[0], found[1])
    }
    /// The `count` largest values along a dimension, and where they were.
    ///
    /// Uses `aten::topk`.
    public func top(_ count: Int, dimension: Int = -1) -> (values: Tensor, indices: Tensor) {
        let found = Operator.topk.tensors(capacity: 2, self, count, dimension)
        return (found[0], found[1])
    }
    /// Eigenvalues in ascending order and eigenvectors of a symmetric matrix.
    ///
    /// Uses `aten::linalg_eigh`.
    public func symmetricEigen() -> (values: Tensor, vectors: Tensor) {
        let found = Operator.eigh.tensors(capacity: 2, self)
        return (found[0], found[1])
    }
}

extension Operator {
    fileprivate static let zeros = Operator("aten::zeros")
    fileprivate static let ones = Operator("aten::ones")
    fileprivate static let full = Operator("aten::full")
    fileprivate static let rand = Operator("aten::rand")
    fileprivate static let randn = Operator("aten::randn")
    fileprivate static let randperm = Operator("aten::randperm")
    fileprivate static let arange = Operator("aten::arange", "start")
    fileprivate static let linspace = Operator("aten::linspace")
    fileprivate static let eye = Operator("aten::eye")
    fileprivate static let zerosLike = Operator("aten::zeros_like")
    fileprivate static let onesLike = Operator("aten::ones_like")
    fileprivate static let cat = Operator("aten::cat")
    fileprivate static let stack = Operator("aten::stack")
    fileprivate static let split = Operator("aten::split_with_sizes")
    fileprivate static let einsum = Operator("aten::einsum")
    fileprivate static let toDevice = Operator("aten::to", "dtype_layout")
    fileprivate static let sort = Operator("aten::sort")
    fileprivate static let topk = Operator("aten::topk")
    fileprivate static let eigh = Operator("aten::linalg_eigh")
}
