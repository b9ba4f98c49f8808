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
    let store: SampleStore
    private(set) var records: [String: TileRecord] = [:]
    private var leftOut: [String: LeftOutTile] = [:]
    /// Whether a run came to its end here.
    let isFinished: Bool
    private let log: TileLog
    private let contents: FolderContents?
    /// Whether the list of digests can be read; where it cannot, nothing is believed, and all is made anew.
    private let isListed: Bool

    static let manifestName = "manifest.jsonl"
    static let journalName = "journal.jsonl"

    /// Opens the folder and what an earlier run left in it.
    init(_ path: String) throws {
        self.path = path
        let (manifest, journal) = ("\(path)/\(Self.manifestName)", "\(path)/\(Self.journalName)")
        isFinished = FileManager.default.fileExists(atPath: manifest)
        log = TileLog(path, reads: !isFinished)
        do {
            contents = try isFinished ? FolderContents(of: path) : nil
            isListed = true
        } catch is ManifestError {
            (contents, isListed) = (nil, false)
        }
        // Lines that were edited are not believed: what they describe is made anew.
        let isManifestIntact =
            isListed && contents?.isIntact(Self.manifestName, in: path) ?? true
        let sources = isManifestIntact ? [manifest, journal] : [journal]
        for file in sources where FileManager.default.fileExists(atPath: file) {
            for record in try JSONLinesReader.read(TileRecord.self, from: file).records {
                records[record.id] = record
            }
        }
        let known = "\(path)/\(LeftOutTile.fileName)"
        if isFinished, isListed,
            contents?.isIntact(LeftOutTile.fileName, in: path) ?? true,
            FileManager.default.fileExists(atPath: known)
        {
            for tile in try JSONLinesReader.read(LeftOutTile.self, from: known).records {
                leftOut[tile.id] = tile
            }
        }
        for part in ["store", "alignment"] {
            guard let place = FolderBounds.escape(of: "\(path)/\(part)", from: path) else {
                continue
            }
            throw PrepError(
                .cannotCreate, "\(path)/\(part)",
                "a symbolic link leads out of the output folder, to \(place); remove it")
        }
        store = try SampleStore("\(path)/store", for: .writing)
    }

    /// Whether a tile is there as its record says, to the last byte, with its quick-look and its sample.
    ///
    /// While a run is unfinished, files that nobody has touched since they were written are not read.
    func holds(_ id: String, expecting expected: TileRecord) throws -> TileRecord? {
        guard let record = records[id], record.tells(of: expected),
            FileManager.default.fileExists(atPath: "\(path)/\(record.path)"),
            FileManager.default.fileExists(atPath: "\(path)/\(Self.quicklook(id))"),
            try store.contains(record.storeKey)
        else { return nil }
        if !isFinished, log.isUntouched(record) { return record }
        guard try SHA256Digest(ofFile: "\(path)/\(record.path)") == record.sha256,
            try record.quicklookSHA256
                == SHA256Digest(ofFile: "\(path)/\(Self.quicklook(id))"),
            try record.sampleSHA256 == store.digest(record.storeKey)
        else { return nil }
        return record
    }

    /// Whether a file that is not a tile's is as the finished run left it; true where no run has finished.
    func isIntact(_ relative: String) -> Bool {
        isListed && contents?.isIntact(relative, in: path) ?? true
    }

    /// What a finished run said of a tile that it did not write.
    func leavesOut(_ id: String) -> LeftOutTile? { leftOut[id] }

    /// Drops what a finished run said of tiles that it did not write.
    func forgetLeftOut(_ isForgotten: (LeftOutTile) -> Bool) {
        leftOut = leftOut.filter { !isForgotten($0.value) }
    }

    static func raster(_ id: String) -> String { "tiles/\(id).tif" }
    static func quicklook(_ id: String) -> String { "quicklooks/\(id).png" }

    /// Publishes a tile and notes it in the journal.
    func publish(_ tile: EncodedTile) throws -> TileRecord {
        var record = tile.record
        try put(tile.raster, Self.raster(record.id))
        try put(tile.quicklook, Self.quicklook(record.id))
        record.sampleSHA256 = try store.put(tile.sample, for: record.storeKey)
        let journal = try JSONLinesWriter(appendingTo: "\(path)/\(Self.journalName)")
        try journal.append(record)
        try journal.synchronize()
        try log.note(record)
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
}

extension TileRecord {
    /// Whether this is the record of an expected tile, apart from what is known only when it is made.
    fileprivate func tells(of expected: TileRecord) -> Bool {
        var plain = self
        (plain.bytes, plain.sha256) = (expected.bytes, expected.sha256)
        (plain.quicklookSHA256, plain.sampleSHA256) = (
            expected.quicklookSHA256, expected.sampleSHA256
        )
        (plain.validFraction, plain.cloudFraction) = (
            expected.validFraction, expected.cloudFraction
        )
        plain.surfaceReflectance = expected.surfaceReflectance
        (plain.baseline, plain.addedOffset, plain.quantification) = (
            expected.baseline, expected.addedOffset, expected.quantification
        )
        (plain.sunElevation, plain.sunAzimuth) = (expected.sunElevation, expected.sunAzimuth)
        (plain.viewIncidence, plain.viewAzimuth) = (expected.viewIncidence, expected.viewAzimuth)
        return plain == expected
    }
}
