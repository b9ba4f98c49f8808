import DataPrep
import Geo
import Manifests
import Raster
import TestSupport

/// Dates of one small place as loose files, made without a simulation: every pixel tells its place and its date.
enum SmallSeries {
    static let size = 96

    /// Writes B04 and SCL of some days; the first `cloudRows` rows are under cloud, the first `emptyRows` have no data.
    static func write(
        _ days: [String], to folder: String, cloudRows: Int = 0, emptyRows: Int = 0,
        origin: (x: Double, y: Double) = (300_000, 5_700_000), epsg: Int = 32633
    ) throws {
        try AtomicFile.makeFolder(at: folder)
        let side = try PixelSize(width: size, height: size)
        let transform = try AffineTransform(originX: origin.x, originY: origin.y, resolution: 10)
        let grid = GeoGrid(size: side, transform: transform, crs: CRS(epsg: epsg))
        for day in days {
            let offset = Int(day.suffix(2)) ?? 0
            var pixels = (0..<size * size).map { UInt16(1 + ($0 + 1000 * offset) % 60000) }
            for index in 0..<emptyRows * size { pixels[index] = 0 }
            var classes = [UInt16](repeating: 4, count: size * size)
            for index in 0..<cloudRows * size { classes[index] = 9 }
            for (name, values) in [("B04", pixels), ("SCL", classes)] {
                try RasterWriter.write(
                    RasterBuffer(size: side, pixels: values), grid: grid, as: .jpeg2000(),
                    to: "\(folder)/S_\(day)T101031_\(name).jp2")
            }
        }
    }

    /// Settings that cut 4 tiles a date and align nothing.
    static var settings: PrepSettings {
        var settings = PrepSettings()
        settings.tileSize = 48
        settings.bands = [.b04]
        settings.aligns = false
        return settings
    }

    /// Digests of every file but logs and LMDB's lock.
    static func tree(_ folder: TemporaryFolder, below: String = "") throws
        -> [String: SHA256Digest]
    {
        var tree: [String: SHA256Digest] = [:]
        for file in folder.files() where file.hasPrefix(below) {
            guard !file.hasSuffix(".log"), !file.hasSuffix("lock.mdb") else { continue }
            tree[String(file.dropFirst(below.count))] = try SHA256Digest(
                ofFile: folder.path(file))
        }
        return tree
    }
}
