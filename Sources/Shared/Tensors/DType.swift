/// The type of a tensor's elements; the raw value is libtorch's `ScalarType`.
public enum DType: Int, Sendable, Hashable, CaseIterable {
    /// 8-bit unsigned integer.
    case uint8 = 0
    /// 8-bit signed integer.
    case int8 = 1
    /// 16-bit signed integer.
    case int16 = 2
    /// 32-bit signed integer.
    case int32 = 3
    /// 64-bit signed integer.
    case int64 = 4
    /// IEEE half precision.
    case float16 = 5
    /// IEEE single precision.
    case float32 = 6
    /// IEEE double precision.
    case float64 = 7
    /// Complex of two `float32`.
    case complex64 = 9
    /// Complex of two `float64`.
    case complex128 = 10
    /// One byte, 0 or 1.
    case bool = 11
    /// The upper half of a `float32`.
    case bfloat16 = 15
    /// 16-bit unsigned integer.
    case uint16 = 27

    /// Bytes of one element.
    public var byteCount: Int {
        switch self {
        case .uint8, .int8, .bool: 1
        case .int16, .uint16, .float16, .bfloat16: 2
        case .int32, .float32: 4
        case .int64, .float64, .complex64: 8
        case .complex128: 16
        }
    }

    /// True for `float16`, `bfloat16`, `float32` and `float64`.
    public var isFloatingPoint: Bool {
        switch self {
        case .float16, .bfloat16, .float32, .float64: true
        default: false
        }
    }
}

/// A Swift number that has a libtorch counterpart of the same layout.
public protocol TensorScalar: BitwiseCopyable, Sendable {
    /// The counterpart.
    static var dtype: DType { get }
    /// What stands for "no value" where an operation inside `Torch.attempt` has failed.
    static var zero: Self { get }
}

extension Float: TensorScalar {
    /// `float32`.
    public static var dtype: DType { .float32 }
}
extension Double: TensorScalar {
    /// `float64`.
    public static var dtype: DType { .float64 }
}
extension Int: TensorScalar {
    /// `int64`.
    public static var dtype: DType { .int64 }
}
extension Int64: TensorScalar {
    /// `int64`.
    public static var dtype: DType { .int64 }
}
extension Int32: TensorScalar {
    /// `int32`.
    public static var dtype: DType { .int32 }
}
extension Int16: TensorScalar {
    /// `int16`.
    public static var dtype: DType { .int16 }
}
extension UInt16: TensorScalar {
    /// `uint16`.
    public static var dtype: DType { .uint16 }
}
extension UInt8: TensorScalar {
    /// `uint8`.
    public static var dtype: DType { .uint8 }
}
extension Bool: TensorScalar {
    /// `bool`.
    public static var dtype: DType { .bool }
    /// `false`.
    public static var zero: Bool { false }
}
