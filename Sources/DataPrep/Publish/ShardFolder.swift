import Foundation
import Manifests
import Store

/// What one shard wrote: an output folder like any other, whose record names the shard.
struct ShardFolder {
    let path: String
    let run: RunRecord
    let shard: Shard
    let store: SampleStore

    /// Opens a shard's folder; nil for the folder of a whole run.
    private init?(_ path: String) throws {
        let run = try RunRecord(readingFrom: path)
        guard let part = run.plan["shard"], let index = part["index"]?.int,
            let count = part["count"]?.int
        else { return nil }
        self.path = path
        self.run = run
        shard = try Shard(index: index, count: count)
        guard FileManager.default.fileExists(atPath: "\(path)/\(TileFolder.manifestName)") else {
            throw PrepError(
                .missing, path, "shard \(shard) is not finished; run it again, then merge")
        }
        store = try SampleStore("\(path)/store", for: .reading)
    }

    /// The shards of a folder: itself, or those in its `shards/`.
    static func find(in folder: String) throws -> [ShardFolder] {
        let below = "\(folder)/\(Shard.folders)"
        if FileManager.default.fileExists(atPath: below) {
            return try SceneReader.listing(below).map { name in
                guard let shard = try ShardFolder("\(below)/\(name)") else {
                    throw PrepError(.badData, "\(below)/\(name)", "is no shard's folder")
                }
                return shard
            }
        }
        guard let shard = try ShardFolder(folder) else {
            throw PrepError(
                .missing, folder, "no shard in it; write some with matter-prep run --shard I/N")
        }
        return [shard]
    }

    /// All shards of one plan, each once.
    static func complete(_ shards: [ShardFolder], named folders: String) throws -> [ShardFolder] {
        guard let first = shards.first else {
            throw PrepError(.missing, folders, "no shard in it")
        }
        for shard in shards.dropFirst() {
            let isSame =
                shard.planWithoutShard == first.planWithoutShard
                && shard.run.version == first.run.version && shard.shard.count == first.shard.count
            guard isSame else {
                throw PrepError(
                    .configuration, shard.path,
                    "shard \(shard.shard) is of another plan or version than \(first.shard) in "
                        + "\(first.path); merge shards of one plan")
            }
        }
        for index in 1...first.shard.count {
            let found = shards.filter { $0.shard.index == index }
            guard found.count <= 1 else {
                throw PrepError(
                    .configuration, found[1].path, "shard \(found[1].shard) is given twice")
            }
            guard !found.isEmpty else {
                throw PrepError(
                    .missing, folders,
                    "shard \(index)/\(first.shard.count) is missing; run it, then merge")
            }
        }
        try refuseChangedInputs(shards)
        return shards
    }

    /// Refuses shards that were aligned by other files than those that the other shards then cut.
    private static func refuseChangedInputs(_ shards: [ShardFolder]) throws {
        var cut: [String: Set<String>] = [:]
        for input in shards.flatMap(\.run.inputs) {
            cut[input.path, default: []].insert(input.sha256.hex)
        }
        for shard in shards {
            for files in (shard.run.plan["alignedTo"]?.object ?? [:]).values {
                for (path, digest) in files.object ?? [:] {
                    guard let known = cut[path], !known.contains(digest.string ?? "") else {
                        continue
                    }
                    throw PrepError(
                        .configuration, shard.path,
                        "shard \(shard.shard) was aligned by another \(path) than was cut since; "
                            + "remove it and run it again"
                    )
                }
            }
        }
    }

    var planWithoutShard: JSONValue {
        var members = run.plan.object ?? [:]
        (members["shard"], members["alignedTo"]) = (nil, nil)
        return .object(members)
    }

    func tiles() throws -> [TileRecord] {
        try JSONLinesReader.read(TileRecord.self, from: "\(path)/\(TileFolder.manifestName)")
            .records
    }

    func leftOut() throws -> [LeftOutTile] {
        try JSONLinesReader.read(LeftOutTile.self, from: "\(path)/\(LeftOutTile.fileName)").records
    }

    func alignments() throws -> [RegionAlignment] {
        let folder = "\(path)/alignment"
        guard FileManager.default.fileExists(atPath: folder) else { return [] }
        return try SceneReader.listing(folder).filter { $0.hasSuffix(".json") }.map {
            try decodeStrictJSON(RegionAlignment.self, fromFile: "\(folder)/\($0)")
        }
    }
}
