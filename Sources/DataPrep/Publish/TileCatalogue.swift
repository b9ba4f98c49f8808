import Foundation
import Geo
import Manifests

/// A finished folder of tiles, looked through before anything is made of it.
struct TileCatalogue {
    /// The folder, absolute.
    let folder: String
    /// Its run.
    let run: RunRecord
    /// Its manifest, proven by digest.
    let manifest: InputDigest
    /// The manifest's lines, sorted by id.
    let tiles: [TileRecord]
    /// The grids of its regions.
    let regions: [String: GeoGrid]
    /// What its dates say together, where `matter-prep unchanged` was run.
    let unchanged: UnchangedCatalogue?

    /// Whether the rasters have a mask inside: those of runs that say how they are packed.
    var hasMasks: Bool { run.plan["settings"]?["compression"] != nil }

    /// The files that a publication is made of.
    var inputs: [InputDigest] { [manifest] + (unchanged?.inputs ?? []) }

    /// Opens a folder.
    /// - Throws: `PrepError`, `ManifestError`: `missing` for no run, an unfinished one or a missing tile; `badData` for no
    ///   tile at all, or one of another size than the manifest says.
    init(_ path: String) throws {
        folder = URL(filePath: path).standardized.path
        run = try RunRecord(readingFrom: folder)
        let file = "\(folder)/\(TileFolder.manifestName)"
        guard FileManager.default.fileExists(atPath: file) else {
            throw PrepError(
                .missing, file, "the run is not finished; run it again, or merge its shards")
        }
        manifest = try InputDigest(file: file, named: TileFolder.manifestName)
        let lines = try JSONLinesReader.read(TileRecord.self, from: file)
        guard !lines.hasTornTail else {
            throw PrepError(.badData, file, "the last line is torn; run again to rebuild it")
        }
        tiles = lines.records
        guard !tiles.isEmpty else {
            throw PrepError(.badData, file, "lists no tile, so there is nothing to publish")
        }
        var regions: [String: GeoGrid] = [:]
        for tile in tiles {
            try tile.prove(in: folder)
            guard regions[tile.region] == nil else { continue }
            let path = "\(folder)/alignment/\(tile.region).json"
            regions[tile.region] = try decodeStrictJSON(RegionAlignment.self, fromFile: path).grid
        }
        self.regions = regions
        unchanged = try UnchangedCatalogue(folder, manifest: manifest)
    }

    /// Tiles by place, "<region>/<column>_<row>": places by region, row and column, the dates of each by time.
    var places: [(name: String, tiles: [TileRecord])] {
        let groups = Dictionary(grouping: tiles) { "\($0.region)/\($0.column)_\($0.row)" }
        return groups.map { ($0.key, $0.value.sorted { $0.date < $1.date }) }.sorted {
            left, right in
            let (one, other) = (left.1[0], right.1[0])
            return (one.region, one.row, one.column) < (other.region, other.row, other.column)
        }
    }

    /// The bands of the tiles, each once, in the order of wavelength numbers.
    var bands: [Sentinel2Band] {
        Set(tiles.flatMap { $0.bands.compactMap(Sentinel2Band.init(name:)) }).sorted()
    }

    /// The path of something in the folder, as seen from another folder.
    func path(of relative: String, from other: String) -> String {
        Self.relativePath(from: other, to: "\(folder)/\(relative)")
    }

    /// A path from one absolute folder to an absolute file.
    static func relativePath(from folder: String, to file: String) -> String {
        let (from, to) = (folder.split(separator: "/"), file.split(separator: "/"))
        let common = zip(from, to).prefix { $0 == $1 }.count
        let up = [Substring](repeating: "..", count: from.count - common)
        return (up + to[common...]).joined(separator: "/")
    }
}

extension TileRecord {
    /// The grid of the tile.
    /// - Throws: `GeoError` for a size or transform that cannot be.
    var grid: GeoGrid {
        get throws {
            GeoGrid(
                size: try PixelSize(width: width, height: height),
                transform: try AffineTransform(gdal: transform), crs: CRS(wkt: crs))
        }
    }

    /// Whether the raster's path stays in its folder.
    var staysInFolder: Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return !path.hasPrefix("/") && !parts.contains("..") && !parts.contains("")
    }

    /// Why the record's names are none that a run gives; files named by such could lie anywhere.
    var problemWithNames: String? {
        guard staysInFolder else { return "the path \(path) leaves the folder" }
        let parts = id.split(separator: "/", omittingEmptySubsequences: false)
        let isPlain = parts.allSatisfy { RegionInput.problem(withName: String($0)) == nil }
        let isOurs =
            isPlain && parts.count == 3 && parts[0] == region && parts[1] == "\(column)_\(row)"
            && path == TileFolder.raster(id)
            && bands.allSatisfy { Sentinel2Band(name: $0)?.rawValue == $0 }
        return isOurs
            ? nil : "its id, path or bands are not those of a tile at \(column)_\(row) of \(region)"
    }

    /// Proves that the raster is there with the size of the manifest; `verify` proves its digest.
    fileprivate func prove(in folder: String) throws {
        if let problem = problemWithNames { throw PrepError(.badData, id, problem) }
        let file = "\(folder)/\(path)"
        guard let size = try? WholeFile.size(of: file) else {
            throw PrepError(.missing, file, "the tile is missing; run again to rebuild it")
        }
        guard size == bytes else {
            throw PrepError(
                .badData, file,
                "\(size) bytes, the manifest says \(bytes); run again to rebuild it")
        }
    }
}
