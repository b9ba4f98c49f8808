import Foundation
import Geo
public import Raster

/// Small folders in BigEarthNet's published forms, whose pixels are known in closed form.
public struct BigEarthNetFixture: Sendable {
    /// The folder that holds the others.
    public let root: String

    /// The bands, in the order of their names, with the pixels of a side.
    public static let bands = [
        ("B01", 20), ("B02", 120), ("B03", 120), ("B04", 120), ("B05", 60), ("B06", 60),
        ("B07", 60), ("B08", 120), ("B8A", 60), ("B09", 20), ("B11", 60), ("B12", 60),
    ]
    /// The tile of version 2's patches.
    public static let tile = "S2A_MSIL2A_20170613T101031_N9999_R022_T33UUP"
    /// The tile of their partners.
    public static let radarTile = "S1A_IW_GRDH_1SDV_20170613T165043"
    /// Where version 2's patches lie in their tile, in the order of their names' bytes.
    public static let places = ["10_2", "1_2", "26_57", "3_4"]

    /// Takes an empty folder.
    public init(at root: String) { self.root = root }

    /// The pixel of a band at a place.
    public static func pixel(_ band: Int, _ index: Int) -> UInt16 {
        UInt16(truncatingIfNeeded: (band + 1) * 1009 + index * 7)
    }

    /// The backscatter at a place, in decibels: no whole number.
    public static func decibels(_ band: Int, _ index: Int) -> Float {
        -12.5 - Float(band) + Float(index % 251) / 64
    }

    /// The codes of a reference map: all that BigEarthNet's maps have, 122 and 999 among them.
    public static func code(_ index: Int) -> UInt16 { [211, 312, 122, 523, 999][index % 5] }

    // MARK: Writing

    /// Writes the 12 bands of a patch into a folder of its name.
    /// - Throws: what the raster writer or Foundation throws.
    public func writeOptical(_ patch: String, in folder: String, origin: Double = 390000) throws {
        for (place, (name, side)) in Self.bands.enumerated() {
            let pixels = (0..<side * side).map { Self.pixel(place, $0) }
            try write(
                pixels, side: side, origin: origin, to: "\(folder)/\(patch)/\(patch)_\(name).tif")
        }
    }

    /// Writes both bands of a Sentinel-1 patch into a folder of its name.
    /// - Throws: what the raster writer or Foundation throws.
    public func writeRadar(_ patch: String, in folder: String) throws {
        for (place, name) in ["VV", "VH"].enumerated() {
            let pixels = (0..<120 * 120).map { Self.decibels(place, $0) }
            try write(pixels, side: 120, to: "\(folder)/\(patch)/\(patch)_\(name).tif")
        }
    }

    /// Writes a folder of version 2 with all its patches, partners and maps; no table.
    /// - Throws: what the raster writer or Foundation throws.
    public func writeVersion2() throws {
        for place in Self.places {
            try writeOptical("\(Self.tile)_\(place)", in: "BigEarthNet-S2/\(Self.tile)")
            try writeRadar(
                "\(Self.radarTile)_33UUP_\(place)", in: "BigEarthNet-S1/\(Self.radarTile)")
            let patch = "\(Self.tile)_\(place)"
            try write(
                (0..<120 * 120).map(Self.code), side: 120,
                to: "Reference_Maps/\(Self.tile)/\(patch)/\(patch)_reference_map.tif")
        }
    }

    /// Writes a patch of version 1 with its labels.
    /// - Throws: what the raster writer or Foundation throws.
    public func writeVersion1(_ patch: String, labels: [String]) throws {
        try writeOptical(patch, in: "BigEarthNet-v1.0")
        let list = labels.map { "\"\($0)\"" }.joined(separator: ", ")
        try write(
            "{\"labels\": [\(list)], \"tile_source\": \"\"}",
            to: "BigEarthNet-v1.0/\(patch)/\(patch)_labels_metadata.json")
    }

    /// Writes a one-band file in strips, at 10, 20 or 60 m.
    /// - Throws: what the raster writer or Foundation throws.
    public func write<Pixel: RasterPixel>(
        _ pixels: [Pixel], side: Int, origin: Double = 390000, to path: String
    ) throws {
        let size = try PixelSize(width: side, height: side)
        let grid = GeoGrid(
            size: size,
            transform: try AffineTransform(
                originX: origin, originY: 5_348_400, resolution: 1200 / Double(side)),
            crs: CRS(epsg: 32633))
        try makeFolder(of: path)
        try RasterWriter.write(
            RasterBuffer(size: size, pixels: pixels), grid: grid, as: .strips, to: "\(root)/\(path)"
        )
    }

    /// Writes a text file.
    /// - Throws: what Foundation throws.
    public func write(_ text: String, to path: String) throws {
        try makeFolder(of: path)
        try Data(text.utf8).write(to: URL(filePath: "\(root)/\(path)"))
    }

    private func makeFolder(of path: String) throws {
        try FileManager.default.createDirectory(
            at: URL(filePath: "\(root)/\(path)").deletingLastPathComponent(),
            withIntermediateDirectories: true)
    }
}
