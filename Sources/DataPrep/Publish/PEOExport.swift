import Foundation
import Geo
import Manifests
import Raster

/// The layout that MATTER's own loader reads: `<region>/crop_NNNN/<date>/<band>.tif`, a uint16 GeoTIFF a band.
///
/// Crops are a region's tiles row by row; `crops.jsonl`, which comes last, says which tile each of them is. Beside its dates a crop has
/// their masks, `<date>.valid.tif`, 1 valid, 0 not; and where unchanged ground was looked for, `unchanged.tif`, 1 unchanged, 0 changed,
/// 255 unknown.
struct PEOExport {
    let export: Export

    init(_ export: Export) { self.export = export }

    /// A line of `crops.jsonl`.
    private struct Crop: Codable {
        var folder: String
        var tile: String
        var dates: [String]
        /// The masks of the dates, in their order; nil for tiles without masks.
        var valid: [String]?
        var mask: String?
        var score: Double?
        var known: Double?
        var selected: Bool?
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
            var valid: [String]?
            if export.catalogue.hasMasks {
                valid = try place.tiles.map { try validity(of: $0, in: folder) }
            }
            files += valid ?? []
            let unchanged = export.unchanged(place.tiles[0])
            let mask = try mask(of: place.tiles[0], in: folder)
            files += [mask].compactMap(\.self)
            crops.append(
                Crop(
                    folder: folder, tile: place.name, dates: place.tiles.map(\.date),
                    valid: valid, mask: mask, score: unchanged?.score, known: unchanged?.known,
                    selected: unchanged?.selected))
        }
        return files + [try export.put(JSONLinesReader.bytes(of: crops), "crops.jsonl")]
    }

    /// Writes the bands of a tile that are not there; a file with its real name is whole, and `run.json` says of which manifest.
    private func bands(of tile: TileRecord, in folder: String) throws -> [String] {
        let names = tile.bands.map { "\(folder)/\(date(of: tile))/\($0).tif" }
        let missing = names.indices.filter { !export.has(names[$0]) }
        guard !missing.isEmpty else { return names }
        let source = "\(export.catalogue.folder)/\(tile.path)"
        try prove(source, tile.sha256)
        let raster = try RasterFile(reading: source)
        guard raster.bandCount == tile.bands.count else {
            throw PrepError(
                .badData, source, "has \(raster.bandCount) bands, not what the manifest says")
        }
        for index in missing {
            let pixels = try raster.read(bands: [index], as: UInt16.self)
            let bytes = try RasterWriter.encode(
                pixels,
                RasterDescription(
                    grid: tile.grid, nodata: 0, bandNames: [tile.bands[index]],
                    metadata: [
                        "MATTER_SENSING_TIME": tile.date, "MATTER_SCALE": "reflectance x 10000",
                    ],
                    bands: Sentinel2Band(name: tile.bands[index]).map {
                        [$0.reflectanceDescription]
                    } ?? []), as: .geoTIFF(.deflate))
            _ = try export.put(bytes, names[index])
        }
        return names
    }

    private func date(of tile: TileRecord) -> String {
        tile.id.split(separator: "/").last.map(String.init) ?? tile.date
    }

    /// Writes the mask of a tile if it is not there.
    private func validity(of tile: TileRecord, in folder: String) throws -> String {
        let name = "\(folder)/\(date(of: tile)).valid.tif"
        guard !export.has(name) else { return name }
        let source = "\(export.catalogue.folder)/\(tile.path)"
        try prove(source, tile.sha256)
        guard let mask = try RasterFile(reading: source).mask() else {
            throw PrepError(.badData, source, "has no mask, as the run's tiles have")
        }
        let grid = try tile.grid
        return try export.put(
            RasterWriter.encode(
                RasterBuffer(size: grid.size, pixels: mask), grid: grid, as: .geoTIFF(.deflate),
                bandNames: ["valid"]), name)
    }

    /// Writes the mask of a crop if it is not there; nil where nothing is known of it.
    private func mask(of tile: TileRecord, in folder: String) throws -> String? {
        guard let unchanged = export.unchanged(tile), let path = unchanged.mask,
            let digest = unchanged.sha256
        else { return nil }
        let name = "\(folder)/unchanged.tif"
        guard !export.has(name) else { return name }
        let source = "\(export.catalogue.folder)/\(path)"
        try prove(source, digest)
        let pixels = try RasterFile(reading: source).read(bands: [1], as: UInt8.self)
        return try export.put(
            RasterWriter.encode(
                pixels, grid: tile.grid, as: .geoTIFF(.deflate), nodata: 255,
                bandNames: ["unchanged"]), name)
    }

    private func prove(_ source: String, _ digest: SHA256Digest) throws {
        guard try SHA256Digest(ofFile: source) == digest else {
            throw PrepError(
                .badData, source,
                "SHA-256 is not what was recorded; run again to rebuild it")
        }
    }
}
