import Foundation
import Manifests
import Raster

/// The layout that MATTER's own loader reads: `<region>/crop_NNNN/<date>/<band>.tif`, a uint16 GeoTIFF a band.
///
/// Crops are a region's tiles row by row; `crops.jsonl`, which comes last, says which tile each of them is.
struct PEOExport {
    let export: Export

    init(_ export: Export) { self.export = export }

    /// A line of `crops.jsonl`.
    private struct Crop: Codable {
        var folder: String
        var tile: String
        var dates: [String]
    }

    func write() throws -> [String] {
        var files: [String] = []
        var crops: [Crop] = []
        var numbers: [String: Int] = [:]
        for place in export.catalogue.places {
            let region = place.tiles[0].region
            let number = numbers[region, default: 0]
            numbers[region] = number + 1
            let digits = String(number)
            let padding = String(repeating: "0", count: max(0, 4 - digits.count))
            let folder = "\(region)/crop_\(padding)\(digits)"
            for tile in place.tiles { files += try bands(of: tile, in: folder) }
            crops.append(
                Crop(folder: folder, tile: place.name, dates: place.tiles.map(\.date)))
        }
        return files + [try export.put(JSONLinesReader.bytes(of: crops), "crops.jsonl")]
    }

    /// Writes the bands of a tile that are not there; a file with its real name is whole, and `run.json` says of which manifest.
    private func bands(of tile: TileRecord, in folder: String) throws -> [String] {
        let date = tile.id.split(separator: "/").last.map(String.init) ?? tile.date
        let names = tile.bands.map { "\(folder)/\(date)/\($0).tif" }
        let missing = names.indices.filter {
            !FileManager.default.fileExists(atPath: "\(export.target)/\(names[$0])")
        }
        guard !missing.isEmpty else { return names }
        let source = "\(export.catalogue.folder)/\(tile.path)"
        guard try SHA256Digest(ofFile: source) == tile.sha256 else {
            throw PrepError(
                .badData, source,
                "SHA-256 is not what the manifest says; run again to rebuild the tile")
        }
        let raster = try RasterFile(reading: source)
        guard raster.bandCount == tile.bands.count else {
            throw PrepError(
                .badData, source, "has \(raster.bandCount) bands, not what the manifest says")
        }
        for index in missing {
            let pixels = try raster.read(bands: [index], as: UInt16.self)
            let bytes = try RasterWriter.encode(
                pixels, grid: tile.grid, as: .geoTIFF(.deflate), nodata: 0,
                bandNames: [tile.bands[index]],
                metadata: [
                    "MATTER_SENSING_TIME": tile.date, "MATTER_SCALE": "reflectance x 10000",
                ])
            _ = try export.put(bytes, names[index])
        }
        return names
    }
}
