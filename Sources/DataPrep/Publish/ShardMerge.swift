import Foundation
import Manifests
import Store

/// Makes one folder out of the folders of all shards of a plan, with the bytes that a single run would have written.
///
/// Tiles, quick-looks and training samples are proven by their digests; the manifest comes last. Files share their bytes with
/// the shards' where the file system can (clones, else hard links) and are copied where it cannot: no program of the suite
/// writes into a file that is there, so a shard may be removed, or run again, without harm to the whole. The shards' folders
/// are left as they are. Killed anywhere and started again it goes on where it was.
public struct ShardMerge {
    private let shards: [ShardFolder]
    private let output: String
    private let checkStop: () throws -> Void
    private let onTile: (_ done: Int, _ total: Int) -> Void

    /// Finds the shards and proves that they are all of one plan.
    ///
    /// - Parameters:
    ///   - folders: output folders of shards (with `shards/` in them), or shards' own folders.
    ///   - output: where to.
    ///   - checkStop: throws when the work should end; asked between tiles.
    ///   - onTile: told how many tiles are done.
    /// - Throws: `PrepError`: `missing` for a shard that is not there or not finished, `configuration` for shards of
    ///   different plans.
    public init(
        _ folders: [String], to output: String, checkStop: @escaping () throws -> Void = {},
        onTile: @escaping (Int, Int) -> Void = { _, _ in }
    ) throws {
        let found = try folders.flatMap(ShardFolder.find).sorted { $0.shard.index < $1.shard.index }
        shards = try ShardFolder.complete(found, named: folders.joined(separator: ", "))
        self.output = output
        self.checkStop = checkStop
        self.onTile = onTile
    }

    /// Merges.
    ///
    /// - Returns: the lines of the manifest.
    /// - Throws: `PrepError` or `ManifestError` for a damaged shard, another run in the output folder, or a full disk.
    public func run() throws -> Int {
        let lock = try FolderLock(folder: output)
        defer { withExtendedLifetime(lock) {} }
        try RunClaim.claim(output, for: mergedRecord())
        try mergeAlignments()
        let tiles = try shards.flatMap { shard in
            try shard.tiles().map { (shard: shard, record: $0) }
        }.sorted { Self.order($0.record) < Self.order($1.record) }
        try refuseTwins(tiles.map(\.record))
        let store = try SampleStore("\(output)/store", for: .writing)
        for (number, tile) in tiles.enumerated() {
            try checkStop()
            try copy(tile.record, from: tile.shard, store)
            onTile(number + 1, tiles.count)
        }
        try TileFolder.finish(output, tiles.map(\.record), leftOut())
        return tiles.count
    }

    /// What the shards left out; a place without tiles is told by every shard that has a date of its region.
    private func leftOut() throws -> [LeftOutTile] {
        var seen: Set<LeftOutTile> = []
        return try shards.flatMap { try $0.leftOut() }.filter { seen.insert($0).inserted }
    }

    /// The order in which a single run writes: the training store depends on it.
    private static func order(_ record: TileRecord) -> (String, String, Int, Int) {
        (record.region, record.date, record.row, record.column)
    }

    private func mergedRecord() -> RunRecord {
        var record = shards[0].run
        record.plan = shards[0].planWithoutShard
        record.inputs = shards.flatMap(\.run.inputs).sorted { $0.path < $1.path }
        return record
    }

    private func refuseTwins(_ records: [TileRecord]) throws {
        var ids: Set<String> = []
        for record in records where !ids.insert(record.id).inserted {
            throw PrepError(
                .badData, record.id, "is in two shards; remove the shards and run them again")
        }
    }

    // MARK: Files

    private func mergeAlignments() throws {
        var merged: [String: RegionAlignment] = [:]
        for shard in shards {
            for part in try shard.alignments() {
                if let before = merged[part.region], !before.isPart(ofOneWith: part) {
                    throw PrepError(
                        .badData, "\(shard.path)/alignment/\(part.region).json",
                        "another grid, reference (\(part.reference)), band or set of scenes than the "
                            + "other shards have; run them again, first the one that left a scene out"
                    )
                }
                var whole = merged[part.region] ?? part
                if merged[part.region] != nil { whole.dates += part.dates }
                merged[part.region] = whole
            }
        }
        for alignment in merged.values.sorted(by: { $0.region < $1.region }) {
            var alignment = alignment
            alignment.leftOut = nil
            alignment.dates.sort { $0.date < $1.date }
            try write(
                encodeCanonicalJSON(alignment, pretty: true), "alignment/\(alignment.region).json")
        }
    }

    /// Copies a tile's three parts; the raster last but for the sample, so that what is there with its digest has its picture.
    private func copy(_ record: TileRecord, from shard: ShardFolder, _ store: SampleStore) throws {
        if let problem = record.problemWithNames { throw PrepError(.badData, record.id, problem) }
        try share(TileFolder.quicklook(record.id), record.quicklookSHA256, from: shard)
        try share(record.path, record.sha256, from: shard)
        let isThere = try store.contains(record.storeKey)
        if try isThere && store.digest(record.storeKey) == record.sampleSHA256 { return }
        let digest = try store.put(shard.store.sample(record.storeKey), for: record.storeKey)
        guard digest == record.sampleSHA256 ?? digest else {
            throw PrepError(
                .badData, "\(shard.path)/store, sample \"\(record.storeKey)\"",
                "SHA-256 is not what the manifest says; run the shard again to rebuild it")
        }
    }

    /// Brings a file over, proven by its digest; its bytes stay where they are if the file system can share them.
    private func share(
        _ relative: String, _ digest: SHA256Digest?, from shard: ShardFolder
    ) throws {
        let (source, target) = ("\(shard.path)/\(relative)", "\(output)/\(relative)")
        if let digest, (try? SHA256Digest(ofFile: target)) == digest { return }
        guard try SHA256Digest(ofFile: source) == digest ?? SHA256Digest(ofFile: source) else {
            throw PrepError(
                .badData, source,
                "SHA-256 is not what the manifest says; run the shard again to rebuild it")
        }
        try FolderWriter(root: output).makeFolder(for: relative)
        try AtomicFile.share(source, to: target)
    }

    private func write(_ bytes: [UInt8], _ relative: String) throws {
        try FolderWriter(root: output).write(bytes, to: relative)
    }
}
