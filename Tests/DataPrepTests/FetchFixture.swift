import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport

/// A small archive on disk: items and COGs whose pixels say where they lie.
enum FetchFixture {
    /// A raster at the corner of tile 33TWL.
    struct Made {
        let buffer: RasterBuffer<UInt16>
        let grid: GeoGrid

        func write(to path: String) throws {
            try RasterWriter.write(buffer, grid: grid, as: .cog(.deflate), nodata: 0, to: path)
        }
    }

    static let corner = Position(x: 499_980, y: 5_100_000)

    static func raster(
        size: Int, resolution: Double, value: (_ row: Int, _ column: Int) -> UInt16
    ) throws -> Made {
        let size = try PixelSize(width: size, height: size)
        let pixels = (0..<size.count).map { value($0 / size.width, $0 % size.width) }
        let transform = try AffineTransform(
            originX: corner.x, originY: corner.y, resolution: resolution)
        return Made(
            buffer: try RasterBuffer(size: size, pixels: pixels),
            grid: GeoGrid(size: size, transform: transform, crs: CRS(epsg: 32633)))
    }

    /// Degrees of a place a few metres from the corner of the tile.
    static func degrees(east: Double, south: Double) throws -> Position {
        let transform = try CoordinateTransform(from: CRS(epsg: 32633), to: CRS(epsg: 4326))
        let place = Position(x: corner.x + east, y: corner.y - south)
        guard let mapped = transform.map([place])[0] else { throw CocoaError(.fileNoSuchFile) }
        return mapped
    }

    /// A saved search over scenes that share their files; the tile is 600 pixels of 10 m a side.
    static func archive(in folder: String, items: [String]) throws -> String {
        try raster(size: 600, resolution: 10) { UInt16($0 * 100 + $1 % 100 + 1) }
            .write(to: "\(folder)/B02.tif")
        try raster(size: 300, resolution: 20) { UInt16($0 * 100 + $1 % 100 + 1) }
            .write(to: "\(folder)/B05.tif")
        try raster(size: 300, resolution: 20) { row, _ in UInt16(row % 12) }
            .write(to: "\(folder)/SCL.tif")
        let path = "\(folder)/saved.json"
        try AtomicFile.write(
            #"{"type":"FeatureCollection","features":[\#(items.joined(separator: ","))]}"#, to: path
        )
        return path
    }

    static func item(
        _ id: String, _ time: String, tile: String = "33TWL", cloud: Double = 5,
        noData: Double = 0, baseline: String = "05.09", files: String = "."
    ) -> String {
        """
        {"type":"Feature","stac_version":"1.0.0","id":"\(id)","bbox":[14.99,45.05,16.4,46.06],
        "properties":{"datetime":"\(time)","grid:code":"MGRS-\(tile)","eo:cloud_cover":\(cloud),
        "s2:nodata_pixel_percentage":\(noData),"s2:processing_baseline":"\(baseline)"},
        "links":[{"rel":"self","href":"https://example.invalid/\(id)?token=secret"}],
        "assets":{"blue":{"href":"\(files)/B02.tif","gsd":10},
        "rededge1":{"href":"\(files)/B05.tif","gsd":20},"scl":{"href":"\(files)/SCL.tif"}}}
        """
    }
}
