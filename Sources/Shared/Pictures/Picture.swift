/// A picture of 8 bits red, green and blue, drawn by pixels and written as PNG; needs no GDAL.
public struct Picture: Hashable, Sendable {
    /// A colour of 8 bits a channel.
    public struct Colour: Hashable, Sendable {
        /// Red, green and blue, 0…255.
        public var red, green, blue: UInt8

        /// Makes a colour.
        public init(red: UInt8, green: UInt8, blue: UInt8) {
            (self.red, self.green, self.blue) = (red, green, blue)
        }

        /// Black.
        public static let black = Colour(red: 0, green: 0, blue: 0)
        /// White.
        public static let white = Colour(red: 255, green: 255, blue: 255)

        /// Colours that are told apart: hues a golden angle from one another, in three brightnesses.
        public static func distinct(_ number: Int) -> Colour {
            let hue = (Double(number) * 0.618_033_988_749_895).truncatingRemainder(dividingBy: 1)
            let brightness = [0.95, 0.7, 0.5][number % 3]
            func channel(_ offset: Double) -> UInt8 {
                // A trapezoid of the hue circle: full for a third of it, none for a third.
                let place = (hue + offset).truncatingRemainder(dividingBy: 1) * 6
                let level = min(max(abs(place - 3) - 1, 0), 1)
                return UInt8(255 * brightness * (0.15 + 0.85 * level))
            }
            return Colour(red: channel(0), green: channel(2.0 / 3), blue: channel(1.0 / 3))
        }
    }

    /// Size in pixels.
    public let width, height: Int
    private var bytes: [UInt8]

    /// Makes a picture of one colour.
    public init(width: Int, height: Int, filled colour: Colour = .white) {
        precondition(width > 0 && height > 0, "a picture has pixels")
        (self.width, self.height) = (width, height)
        bytes = (0..<width * height).flatMap { _ in [colour.red, colour.green, colour.blue] }
    }

    /// A pixel; rows count from the top.
    public subscript(row: Int, column: Int) -> Colour {
        get {
            let at = 3 * (row * width + column)
            return Colour(red: bytes[at], green: bytes[at + 1], blue: bytes[at + 2])
        }
        set {
            let at = 3 * (row * width + column)
            (bytes[at], bytes[at + 1], bytes[at + 2]) = (
                newValue.red, newValue.green, newValue.blue
            )
        }
    }

    /// Fills a rectangle; what lies outside of the picture is left out.
    public mutating func fill(rows: Range<Int>, columns: Range<Int>, _ colour: Colour) {
        for row in rows.clamped(to: 0..<height) {
            for column in columns.clamped(to: 0..<width) { self[row, column] = colour }
        }
    }

    /// The picture as a PNG file; the same pixels give the same bytes.
    public func png() -> [UInt8] {
        var rows: [UInt8] = []
        rows.reserveCapacity(height * (3 * width + 1))
        for row in 0..<height {
            rows.append(0)  // no filter
            rows += bytes[3 * row * width..<3 * (row + 1) * width]
        }
        guard
            let file = PNGFile.bytes(rows: rows, width: width, height: height, .rgb, .small)
        else { preconditionFailure("zlib: no memory for \(rows.count) bytes") }
        return file
    }
}
