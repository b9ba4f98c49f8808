import CGDAL

/// What a raster's pixel may be: `UInt8`, `UInt16`, `Int16`, `Float` or `Double`.
public protocol RasterPixel: Hashable, Comparable, Sendable, BitwiseCopyable {
    /// Which of the types it is.
    static var type: RasterPixelType { get }
    /// 0.
    static var zero: Self { get }
    /// The value as a number for arithmetic.
    var sample: Float { get }
    /// The nearest value of this type: rounded half away from 0 and clamped where the type is of whole numbers.
    init(sample: Float)
    /// The value, without loss.
    var double: Double { get }
    /// The nearest value of this type to a number: rounded and clamped.
    init(clamping value: Double)
}

/// The types of pixels that the suite handles.
public enum RasterPixelType: String, Codable, Sendable, CaseIterable {
    /// Whole numbers 0…255.
    case uint8
    /// Whole numbers 0…65535.
    case uint16
    /// Whole numbers −32768…32767.
    case int16
    /// 32-bit floating point.
    case float32
    /// 64-bit floating point.
    case float64

    var gdal: GDALDataType {
        switch self {
        case .uint8: GDT_Byte
        case .uint16: GDT_UInt16
        case .int16: GDT_Int16
        case .float32: GDT_Float32
        case .float64: GDT_Float64
        }
    }

    init?(gdal: GDALDataType) {
        guard let type = Self.allCases.first(where: { $0.gdal == gdal }) else { return nil }
        self = type
    }
}

extension RasterPixel where Self: FixedWidthInteger {
    /// The value as a number for arithmetic; exact for 8 and 16 bits.
    @inlinable public var sample: Float { Float(self) }

    /// Rounds half away from 0 and clamps; NaN becomes 0.
    @inlinable public init(sample: Float) {
        let rounded = sample.rounded()
        let clamped = Swift.min(Swift.max(rounded, Float(Self.min)), Float(Self.max))
        self = clamped.isNaN ? 0 : Self(clamped)
    }

    /// The value, without loss.
    @inlinable public var double: Double { Double(self) }

    /// Rounds half away from 0 and clamps; NaN becomes 0.
    @inlinable public init(clamping value: Double) {
        let clamped = Swift.min(Swift.max(value.rounded(), Double(Self.min)), Double(Self.max))
        self = clamped.isNaN ? 0 : Self(clamped)
    }
}

extension UInt8: RasterPixel {
    /// `.uint8`.
    public static var type: RasterPixelType { .uint8 }
}

extension UInt16: RasterPixel {
    /// `.uint16`.
    public static var type: RasterPixelType { .uint16 }
}

extension Int16: RasterPixel {
    /// `.int16`.
    public static var type: RasterPixelType { .int16 }
}

extension Float: RasterPixel {
    /// `.float32`.
    public static var type: RasterPixelType { .float32 }
    /// Itself.
    @inlinable public var sample: Float { self }
    /// Itself.
    @inlinable public init(sample: Float) { self = sample }
    /// The value, without loss.
    @inlinable public var double: Double { Double(self) }
    /// The nearest 32-bit number.
    @inlinable public init(clamping value: Double) { self = Float(value) }
}

extension Double: RasterPixel {
    /// `.float64`.
    public static var type: RasterPixelType { .float64 }
    /// The nearest 32-bit number.
    @inlinable public var sample: Float { Float(self) }
    /// The same number.
    @inlinable public init(sample: Float) { self = Double(sample) }
    /// Itself.
    @inlinable public var double: Double { self }
    /// Itself.
    @inlinable public init(clamping value: Double) { self = value }
}
