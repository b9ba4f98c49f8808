import Foundation
public import Geo
public import Raster

/// A small folder in OSCD's published form, whose pixels are known in closed form.
///
/// Each pixel of the first date says where it lies; the second date is the same under another light, but for a block of
/// changed ground. The size is 24 × 20 pixels: neither a square nor a multiple of most strides.
public struct OSCDFixture: Sendable {
    /// The folder that holds images and labels.
    public let root: String
    /// The cities of the train list.
    public let train: [String]
    /// The cities of the test list.
    public let test: [String]

    /// Columns of the 10 m images.
    public static let width = 24
    /// Rows of the 10 m images.
    public static let height = 20

    /// Writes the folder: `rect` and native images, labels, days, lists.
    /// - Throws: what the raster writer or Foundation throws.
    public init(
        at root: String, train: [String] = ["pisa"], test: [String] = ["rio", "dubai"]
    ) throws {
        self.root = root
        self.train = train
        self.test = test
        for city in train + test {
            try writeImages(of: city)
            try writeLabels(of: city, codes: Self.truth(of: city))
        }
        try write(train.joined(separator: ","), to: "\(images)/train.txt")
        try write(test.joined(separator: ",") + "\n", to: "\(images)/test.txt")
    }

    // MARK: Places

    /// The images folder.
    public var images: String { "\(root)/Onera Satellite Change Detection dataset - Images" }

    /// The label folder of a city.
    public func labels(of city: String) -> String {
        let split = train.contains(city) ? "Train" : "Test"
        return "\(root)/Onera Satellite Change Detection dataset - \(split) Labels/\(city)/cm"
    }

    /// The file of a band of the co-registered images.
    public func band(_ band: Sentinel2Band, of city: String, date: Int) -> String {
        "\(images)/\(city)/imgs_\(date)_rect/\(band.rawValue).tif"
    }

    /// The file of a band on its own grid.
    public func nativeBand(_ band: Sentinel2Band, of city: String, date: Int) -> String {
        "\(images)/\(city)/imgs_\(date)/S2A_OPER_T31UEQ_\(band.rawValue).tif"
    }

    // MARK: Content

    /// The pixel of a band at a place and date (1 or 2).
    public static func pixel(
        _ band: Sentinel2Band, row: Int, column: Int, date: Int, city: String
    ) -> UInt16 {
        let texture = (row * 37 + column * 101 + band.index * 13) % 97
        let ground = 800 + 40 * row + 25 * column + 60 * band.index + 5 * texture
        guard date == 2 else { return UInt16(ground) }
        return UInt16(ground + ground / 8 + 50 + (isChanged(row, column, city) ? 2500 : 0))
    }

    /// The change map of a city: 0 and 1, row by row.
    public static func truth(of city: String) -> [UInt8] {
        (0..<height).flatMap { row in
            (0..<width).map { isChanged(row, $0, city) ? 1 : 0 }
        }
    }

    private static func isChanged(_ row: Int, _ column: Int, _ city: String) -> Bool {
        let start = city.utf8.count
        return (start..<start + 6).contains(row) && (start + 3..<start + 11).contains(column)
    }

    // MARK: Writing

    private func writeImages(of city: String) throws {
        for date in [1, 2] {
            for band in Sentinel2Band.allCases {
                try writeBand(
                    band, of: city, date: date, scale: 1, to: self.band(band, of: city, date: date))
                let scale = band.nativeResolutionInMetres / 10
                try writeBand(
                    band, of: city, date: date, scale: scale,
                    to: nativeBand(band, of: city, date: date))
            }
        }
        try write("date_1: 20160122\ndate_2: 20180328\n", to: "\(images)/\(city)/dates.txt")
    }

    private func writeBand(
        _ band: Sentinel2Band, of city: String, date: Int, scale: Int, to path: String
    ) throws {
        let size = try PixelSize(
            width: Self.width / scale, height: (Self.height + scale - 1) / scale)
        let pixels = (0..<size.height).flatMap { row in
            (0..<size.width).map { column in
                Self.pixel(
                    band, row: row * scale, column: column * scale, date: date, city: city)
            }
        }
        try Self.writeImage(pixels, size: size, to: path)
    }

    /// Writes numbers of 16 bits as a GeoTIFF of one band.
    /// - Throws: what the raster writer throws.
    public static func writeImage(
        _ pixels: [UInt16], size: PixelSize, grid: GeoGrid? = nil,
        as format: RasterFormat = .geoTIFF(), to path: String
    ) throws {
        try write(
            RasterWriter.encode(RasterBuffer(size: size, pixels: pixels), grid: grid, as: format),
            to: path)
    }

    /// Writes both codings of a change map.
    /// - Throws: what the raster writer throws.
    public func writeLabels(
        of city: String, codes: [UInt8], width: Int = Self.width, height: Int = Self.height
    ) throws {
        let size = try PixelSize(width: width, height: height)
        try Self.writeLabel(codes.map { $0 * 255 }, size: size, to: "\(labels(of: city))/cm.png")
        try Self.writeLabel(
            codes.map { $0 + 1 }, size: size, to: "\(labels(of: city))/\(city)-cm.tif")
    }

    /// Writes codes as PNG or GeoTIFF, as the name says; several bands lie one after the other.
    /// - Throws: what the raster writer throws.
    public static func writeLabel(
        _ codes: [UInt8], bands: Int = 1, size: PixelSize, to path: String
    ) throws {
        let image = try RasterBuffer(size: size, bands: bands, pixels: codes)
        let isPNG = path.hasSuffix(".png")
        try write(RasterWriter.encode(image, as: isPNG ? .png : .geoTIFF()), to: path)
    }

    /// Writes text.
    /// - Throws: what Foundation throws.
    public func write(_ text: String, to path: String) throws {
        try Self.write(Array(text.utf8), to: path)
    }

    private static func write(_ bytes: [UInt8], to path: String) throws {
        try makeFolder(of: path)
        try Data(bytes).write(to: URL(filePath: path))
    }

    private static func makeFolder(of path: String) throws {
        try FileManager.default.createDirectory(
            atPath: URL(filePath: path).deletingLastPathComponent().path,
            withIntermediateDirectories: true)
    }
}
