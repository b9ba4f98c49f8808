import Foundation
import Geo
import Manifests
import Raster

/// The folder `unchanged`: what lies where, and how a tile gets there.
///
/// A tile's files are published one by one, each whole; its line goes into `journal.jsonl` after them. The tables appear last
/// and take the journal's place.
final class UnchangedFolder {
    let path: String
    private var known: [String: UnchangedTile] = [:]
    /// Files of tiles that earlier runs wrote, relative.
    private var earlier: Set<String> = []

    static let scores = "scores.jsonl"
    static let pairs = "pairs.jsonl"
    static let fits = "normalisation.jsonl"
    private static let journal = "journal.jsonl"

    /// No data in the raster.
    private static let unknown: UInt8 = 255

    init(_ path: String) throws {
        self.path = path
        let contents = try FolderContents(of: path)
        for file in [Self.scores, Self.journal]
        where FileManager.default.fileExists(atPath: "\(path)/\(file)") {
            // Scores that were edited are not believed: the tiles are compared anew.
            guard contents?.isIntact(file, in: path) ?? true else { continue }
            let lines = try JSONLinesReader.read(UnchangedTile.self, from: "\(path)/\(file)")
            for tile in lines.records {
                known[tile.tile] = tile
                earlier.formUnion(Self.files(of: tile))
            }
        }
    }

    /// Makes a finished folder an unfinished one, in which each tile is known that was: its tables are of another manifest.
    ///
    /// The scores go into the journal and then out of sight: nobody takes them for those of the new manifest.
    static func reopen(_ path: String) throws {
        let (scores, journal) = ("\(path)/\(Self.scores)", "\(path)/\(Self.journal)")
        guard FileManager.default.fileExists(atPath: scores) else { return }
        if try FolderContents(of: path)?.isIntact(Self.scores, in: path) ?? true {
            var tiles = try JSONLinesReader.read(UnchangedTile.self, from: scores).records
            if FileManager.default.fileExists(atPath: journal) {
                tiles += try JSONLinesReader.read(UnchangedTile.self, from: journal).records
            }
            try AtomicFile.write(JSONLinesReader.bytes(of: tiles), to: journal)
        }
        try FolderBounds.remove(Self.scores, in: path)
    }

    static func raster(_ tile: String) -> String { "tiles/\(tile).tif" }
    static func quicklook(_ tile: String) -> String { "quicklooks/\(tile).png" }
    static func copy(_ id: String) -> String { "normalised/\(id).tif" }

    /// What there is of a tile beside its line.
    private static func files(of tile: UnchangedTile) -> [String] {
        let copies = tile.fits.filter { $0.copySHA256 != nil }.compactMap { fit in
            SensingTime(fit.date).map { copy("\(tile.tile)/\($0.label)") }
        }
        return (tile.path == nil ? [] : [raster(tile.tile), quicklook(tile.tile)]) + copies
    }

    /// A tile that is there, made of the same input, to the last byte.
    func holds(_ tile: String, inputs: SHA256Digest) throws -> UnchangedTile? {
        guard let known = known[tile], known.inputs == inputs else { return nil }
        guard let raster = known.path else { return known }
        guard raster == Self.raster(tile),
            FileManager.default.fileExists(atPath: "\(path)/\(raster)"),
            FileManager.default.fileExists(atPath: "\(path)/\(Self.quicklook(tile))"),
            try SHA256Digest(ofFile: "\(path)/\(raster)") == known.sha256,
            try known.quicklookSHA256
                == SHA256Digest(ofFile: "\(path)/\(Self.quicklook(tile))")
        else { return nil }
        return known
    }

    /// Publishes a tile's raster and quick-look, and notes it in the journal.
    func publish(
        _ record: UnchangedTile, _ outcome: TileComparison.Outcome, _ series: TileSeries,
        rule: ChangeRule
    ) throws -> UnchangedTile {
        var record = record
        if record.pairsUsed > 0, let any = series.dates.first {
            let layers = try layers(outcome, size: series.size, rule: rule)
            let bytes = try RasterWriter.encode(
                layers,
                grid: GeoGrid(
                    size: series.size, transform: try AffineTransform(gdal: any.record.transform),
                    crs: CRS(wkt: any.record.crs)),
                as: .cog(.deflate), nodata: Double(Self.unknown),
                bandNames: ["no-change probability", "unchanged", "clear dates"],
                metadata: [
                    "MATTER_PROBABILITY": "percent", "MATTER_UNCHANGED": "0 changed, 1 unchanged",
                    "MATTER_THRESHOLD": "\(rule.threshold)",
                    "MATTER_CERTAIN": "\(rule.certain)", "MATTER_REACH": "\(rule.reach)",
                ])
            try put(bytes, Self.raster(record.tile))
            let picture = try picture(layers, series)
            try put(picture, Self.quicklook(record.tile))
            record.quicklookSHA256 = SHA256Digest(of: picture)
            record.path = Self.raster(record.tile)
            record.bytes = bytes.count
            record.sha256 = SHA256Digest(of: bytes)
        }
        let journal = try JSONLinesWriter(appendingTo: "\(path)/\(Self.journal)")
        try journal.append(record)
        try journal.synchronize()
        return record
    }

    /// Writes a date of a tile brought to the reference's radiometry, if it is not there already, and gives its digest.
    func publishCopy(
        of date: TileSeries.Acquisition, fit: NormalisationFit
    ) throws -> SHA256Digest {
        let record = date.record
        if let known = fit.copySHA256, hasCopy(record.id, known) { return known }
        let planes = zip(date.planes, fit.bands).flatMap { Normalisation.apply($1, to: $0) }
        let size = try PixelSize(width: record.width, height: record.height)
        let bytes = try RasterWriter.encode(
            RasterBuffer(size: size, bands: fit.bands.count, pixels: planes),
            grid: GeoGrid(
                size: size, transform: try AffineTransform(gdal: record.transform),
                crs: CRS(wkt: record.crs)),
            as: .cog(.deflate), nodata: 0, bandNames: fit.bands.map(\.band),
            metadata: [
                "MATTER_SENSING_TIME": record.date, "MATTER_SOURCE": record.source.name,
                "MATTER_SCALE": "reflectance x 10000",
                "MATTER_NORMALISED_TO": fit.reference,
            ])
        try put(bytes, Self.copy(record.id))
        return SHA256Digest(of: bytes)
    }

    /// Whether every fitted date of a tile has its copy, to the last byte.
    func hasCopies(of tile: UnchangedTile, _ records: [TileRecord]) -> Bool {
        tile.fits.filter { $0.refusal == nil }.allSatisfy { fit in
            records.filter { $0.date == fit.date }.allSatisfy { record in
                fit.copySHA256.map { hasCopy(record.id, $0) } ?? false
            }
        }
    }

    private func hasCopy(_ id: String, _ digest: SHA256Digest) -> Bool {
        (try? SHA256Digest(ofFile: "\(path)/\(Self.copy(id))")) == digest
    }

    /// Publishes the tables, and drops the journal and what tiles no longer have.
    func finish(_ tiles: [UnchangedTile], _ pairs: [TrainingPair], normalises: Bool) throws {
        for file in earlier.subtracting(tiles.flatMap(Self.files)).sorted() {
            try FolderBounds.remove(file, in: path)
        }
        try publishTable(JSONLinesReader.bytes(of: pairs), Self.pairs)
        if normalises {
            try publishTable(JSONLinesReader.bytes(of: tiles.flatMap(\.fits)), Self.fits)
        }
        let scores = try JSONLinesReader.bytes(of: tiles)
        try FolderContents.publish(
            [RunRecord.fileName, Self.pairs] + (normalises ? [Self.fits] : []), of: path,
            and: (Self.scores, scores))
        try publishTable(scores, Self.scores)
        try? FileManager.default.removeItem(atPath: "\(path)/\(Self.journal)")
    }

    private func publishTable(_ bytes: [UInt8], _ name: String) throws {
        let target = "\(path)/\(name)"
        if (try? WholeFile.read(target)) != bytes { try AtomicFile.write(bytes, to: target) }
    }

    private func put(_ bytes: [UInt8], _ relative: String) throws {
        try FolderWriter(root: path).write(bytes, to: relative)
    }

    private func layers(
        _ outcome: TileComparison.Outcome, size: PixelSize, rule: ChangeRule
    ) throws -> RasterBuffer<UInt8> {
        let percent = outcome.probabilities.map { probability in
            probability.map { UInt8(min(max(($0 * 100).rounded(), 0), 100)) } ?? Self.unknown
        }
        let mask = rule.isUnchanged(outcome.probabilities, size: size).map { isUnchanged in
            isUnchanged.map { $0 ? UInt8(1) : 0 } ?? Self.unknown
        }
        return try RasterBuffer(size: size, bands: 3, pixels: percent + mask + outcome.seen)
    }

    /// The clearest date in grey, changed ground in red, unknown ground in blue.
    private func picture(
        _ layers: RasterBuffer<UInt8>, _ series: TileSeries
    ) throws -> [UInt8] {
        let clearest = series.dates.max { $0.clearCount < $1.clearCount } ?? series.dates[0]
        let band = series.bands.firstIndex(of: .b03) ?? 0
        let values = clearest.planes[band]
        let sorted = zip(values, clearest.clear).filter { $1 == 1 }.map(\.0).sorted()
        let low = Int(sorted[sorted.count * 2 / 100])
        let high = max(Int(sorted[(sorted.count - 1) * 98 / 100]), low + 1)
        let gray = values.map { UInt8(min(max(1 + (Int($0) - low) * 254 / (high - low), 1), 255)) }
        let mask = layers.band(1)
        func channel(changed: Int, unknown: Int) -> [UInt8] {
            zip(gray, mask).map { gray, mask in
                switch mask {
                case 0: UInt8((Int(gray) + 3 * changed) / 4)
                case 1: gray
                default: UInt8((Int(gray) + unknown) / 2)
                }
            }
        }
        let pixels =
            channel(changed: 255, unknown: 0) + channel(changed: 40, unknown: 60)
            + channel(changed: 20, unknown: 200)
        return try RasterWriter.encode(
            RasterBuffer(size: layers.size, bands: 3, pixels: pixels), as: .png)
    }
}
