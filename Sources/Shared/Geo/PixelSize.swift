/// The extent of a raster in pixels: both sides are at least 1 and at most 2³⁰.
public struct PixelSize: Hashable, Sendable, CustomStringConvertible {
    /// The longest side that any raster may have.
    public static let longestSide = 1 << 30

    /// Number of columns.
    public let width: Int
    /// Number of rows.
    public let height: Int

    /// Checks both sides.
    /// - Throws: `GeoError` if a side is below 1 or above 2³⁰.
    public init(width: Int, height: Int) throws {
        let allowed = 1...Self.longestSide
        guard allowed.contains(width), allowed.contains(height) else {
            throw GeoError(
                "a raster of \(width)×\(height) pixels: both sides must be in 1…\(Self.longestSide)"
            )
        }
        self.width = width
        self.height = height
    }

    /// Number of pixels; cannot overflow.
    public var count: Int { width * height }

    /// The size as "width×height".
    public var description: String { "\(width)×\(height)" }

    /// The window that covers a whole raster of this size.
    public var window: PixelWindow {
        PixelWindow(checkedOffset: PixelOffset(column: 0, row: 0), size: self)
    }
}

extension PixelSize: Codable {
    private enum CodingKeys: String, CodingKey { case width, height }

    /// Decodes `{"width", "height"}` and checks it as `init(width:height:)` does.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            width: values.decode(Int.self, forKey: .width),
            height: values.decode(Int.self, forKey: .height))
    }
}
