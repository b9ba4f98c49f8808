import Foundation
import Geo
import Manifests
import Raster
import Store
import Tensors

/// The output folder of a run: where everything in it lies, and how a tile gets there.
///
/// A tile's raster, quick-look and training sample are published one by one, each whole; its line goes into
/// `journal.jsonl` after them. `manifest.jsonl` appears last, in one piece, and takes the journal's place.
final class TileFolder {
    let path: String
    private let store: SampleStore
    private var records: [String: TileRecord] = [:]
    private var leftOut: [String: LeftOutTile] = [:]
    private let isFinished: Bool
    private let contents: FolderContents?

    static let manifestName = "manifest.jsonl"
    static let journalName = "journal.jsonl"

    /// Opens the folder and what an earlier run left in it.
    init(_ path: String) throws {
        self.path = path
        let (manifest, journal) = ("\(path)/\(Self.manifestName)", "\(path)/\(Self.journalName)")
        isFinished = FileManager.default.fileExists(atPath: manifest)
        contents = try isFinished ? FolderContents(of: path) : nil
        // Lines that were edited are not believed: what they describe is made anew.
        let isManifestIntact = contents?.isIntact(Self.manifestName, in: path) ?? true
        let sources = isManifestIntact ? [manifest, journal] : [journal]
        for file in sources where FileManager.default.fileExists(atPath: file) {
            for record in try JSONLinesReader.read(TileRecord.self, from: file).records {
                records[record.id] = record
            }
        }
        let known = "\(path)/\(LeftOutTile.fileName)"
        if isFinished, contents?.isIntact(LeftOutTile.fileName, in: path) ?? true,
            FileManager.default.fileExists(atPath: known)
        {
            for tile in try JSONLinesReader.read(LeftOutTile.self, from: known).records {
                leftOut[tile.id] = tile
            }
        }
        store = try SampleStore("\(path)/store", for: .writing)
    }

    /// Whether a tile is there as its record says, to the last byte, with its quick-look and its sample.
    func holds(_ id: String, expecting expected: TileRecord) throws -> TileRecord? {
        guard let record = records[id], record.shift == expected.shift,
            FileManager.default.fileExists(atPath: "\(path)/\(record.path)"),
            FileManager.default.fileExists(atPath: "\(path)/\(Self.quicklook(id))"),
            try store.contains(record.storeKey),
            try SHA256Digest(ofFile: "\(path)/\(record.path)") == record.sha256,
            try record.quicklookSHA256
                == SHA256Digest(ofFile: "\(path)/\(Self.quicklook(id))"),
            try record.sampleSHA256 == store.digest(record.storeKey)
        else { return nil }
        return record
    }

    /// Whether a file that is not a tile's is as the finished run left it; true where no run has finished.
    func isIntact(_ relative: String) -> Bool { contents?.isIntact(relative, in: path) ?? true }

    /// What a finished run said of a tile that it did not write.
    func leavesOut(_ id: String) -> LeftOutTile? { leftOut[id] }

    static func raster(_ id: String) -> String { "tiles/\(id).tif" }
    static func quicklook(_ id: String) -> String { "quicklooks/\(id).png" }

    /// Publishes a tile and notes it in the journal.
    func publish(
        _ tile: Tile, as record: TileRecord, bands: [Sentinel2Band], grid: GeoGrid,
        quicklook: [Sentinel2Band]
    ) throws -> TileRecord {
        var record = record
        let bytes = try RasterWriter.encode(
            tile.pixels, grid: grid, as: .cog(.zstd), nodata: 0, bandNames: record.bands,
            metadata: [
                "MATTER_SENSING_TIME": record.date, "MATTER_SOURCE": record.source.name,
                "MATTER_SCALE": "reflectance x 10000",
                "MATTER_SURFACE_REFLECTANCE": record.surfaceReflectance ?? "unknown",
            ])
        try put(bytes, Self.raster(record.id))
        let picture = try picture(tile, bands, quicklook)
        try put(picture, Self.quicklook(record.id))
        record.quicklookSHA256 = SHA256Digest(of: picture)
        record.sampleSHA256 = try store.put(sample(tile, bands), for: record.storeKey)
        record.bytes = bytes.count
        record.sha256 = SHA256Digest(of: bytes)
        let journal = try JSONLinesWriter(appendingTo: "\(path)/\(Self.journalName)")
        try journal.append(record)
        try journal.synchronize()
        return record
    }

    /// Publishes what was left out, the digests of what is no tile's, and then the manifest, and drops the journal.
    func finish(_ records: [TileRecord], leftOut: [LeftOutTile]) throws {
        try Self.finish(path, records, leftOut)
        try? FileManager.default.removeItem(atPath: "\(path)/\(Self.journalName)")
    }

    /// The last files of a folder, the manifest last of all; lines are sorted by id.
    static func finish(
        _ path: String, _ records: [TileRecord], _ leftOut: [LeftOutTile]
    ) throws {
        let lines = try JSONLinesReader.bytes(of: leftOut.sorted { $0.id < $1.id })
        try FolderContents.write(lines, to: "\(path)/\(LeftOutTile.fileName)")
        let manifest = try JSONLinesReader.bytes(of: records.sorted { $0.id < $1.id })
        let alignments =
            try SceneReader.listing(path).contains("alignment")
            ? SceneReader.listing("\(path)/alignment").map { "alignment/\($0)" } : []
        try FolderContents.publish(
            [RunRecord.fileName, LeftOutTile.fileName] + alignments, of: path,
            and: (manifestName, manifest))
        try FolderContents.write(manifest, to: "\(path)/\(manifestName)")
    }

    private func put(_ bytes: [UInt8], _ relative: String) throws {
        try FolderWriter(root: path).write(bytes, to: relative)
    }

    /// Bright and dark ends are those of the clear ground, so that a cloud does not turn the land black.
    private func picture(
        _ tile: Tile, _ bands: [Sentinel2Band], _ wanted: [Sentinel2Band]
    ) throws -> [UInt8] {
        let found = wanted.compactMap { bands.firstIndex(of: $0) }
        let planes = try (found.count == 3 ? found : [found.first ?? 0]).map { band in
            try RasterBuffer(
                size: tile.pixels.size, pixels: Self.stretched(tile.pixels.band(band), tile.valid))
        }
        guard planes.count == 3 else {
            return try QuickLook.grayPNG(planes[0], stretch: .percentiles(0, 100), nodata: 0)
        }
        return try QuickLook.rgbPNG(
            red: planes[0], green: planes[1], blue: planes[2], stretch: .percentiles(0, 100),
            nodata: 0)
    }

    /// Values clamped to the 2nd and 98th percentile of the valid ones; of all, when hardly any is valid.
    private static func stretched(_ values: ArraySlice<UInt16>, _ valid: [UInt8]) -> [UInt16] {
        var clear = zip(values, valid).filter { $1 == 1 }.map(\.0)
        if clear.count < values.count / 100 { clear = values.filter { $0 != 0 } }
        guard !clear.isEmpty else { return Array(values) }
        clear.sort()
        let (low, high) = (clear[clear.count * 2 / 100], clear[(clear.count - 1) * 98 / 100])
        return values.map { $0 == 0 ? 0 : min(max($0, low), high) }
    }

    private func sample(_ tile: Tile, _ bands: [Sentinel2Band]) throws -> [String: HostArray] {
        let shape = [tile.pixels.size.height, tile.pixels.size.width]
        var arrays = ["valid": HostArray(tile.valid, shape: shape)]
        for (index, band) in bands.enumerated() {
            arrays[band.rawValue] = HostArray(Array(tile.pixels.band(index)), shape: shape)
        }
        return arrays
    }
}
