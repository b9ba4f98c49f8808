import Glibc
import Manifests

/// Where everything is in a store's folder.
public enum StoreFolder {
    static func data(in folder: String) -> String { "\(folder)/data.mdb" }

    /// The proofs of the records.
    public static func records(in folder: String) -> String { "\(folder)/records.jsonl" }

    /// Splits, targets and records of the samples.
    public static func samples(in folder: String) -> String { "\(folder)/samples.jsonl" }

    /// The folder of a shard, from 1: "shards/3-of-16".
    public static func shard(_ index: Int, of count: Int, in folder: String) -> String {
        "\(folder)/shards/\(index)-of-\(count)"
    }

    /// The folders that make a store: itself, or its shards, all of which must be there.
    ///
    /// - Throws: `StoreError`: `missing`, or `invalid` for shards of several divisions, of one that cannot be, or beside a store of
    ///   one file.
    public static func parts(of folder: String) throws -> [String] {
        let shards = try shards(in: folder)
        if access(data(in: folder), F_OK) == 0 {
            guard shards.isEmpty else {
                throw StoreError(
                    .invalid, path: folder,
                    "holds data.mdb and shards, and only one of them is the store; take the other away"
                )
            }
            return [folder]
        }
        guard let count = shards.first?.count else {
            throw StoreError(
                .missing, path: folder,
                "no training store here: neither data.mdb nor shards; make one with matter-bench pack"
            )
        }
        guard shards.allSatisfy({ $0.count == count }) else {
            throw StoreError(
                .invalid, path: folder, "holds shards of several divisions; keep those of one")
        }
        let missing = (1...count).filter { index in
            access(data(in: shard(index, of: count, in: folder)), F_OK) != 0
        }
        guard missing.isEmpty else {
            throw StoreError(
                .missing, path: folder,
                "shards \(missing.prefix(8).map { "\($0)/\(count)" }.joined(separator: ", ")) are missing; run matter-bench pack --shard for them"
            )
        }
        return (1...count).map { shard($0, of: count, in: folder) }
    }

    /// Into how many shards a store is divided at most.
    public static let mostShards = 1_000_000

    /// The shards of which there are folders.
    private static func shards(in folder: String) throws -> [(index: Int, count: Int)] {
        try entries(of: "\(folder)/shards").compactMap { name in
            let parts = name.split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[1] == "of", let index = Int(parts[0]),
                let count = Int(parts[2])
            else { return nil }
            guard (1...mostShards).contains(count), (1...count).contains(index) else {
                throw StoreError(
                    .invalid, path: folder,
                    "shards/\(name) is no shard: I-of-N has 1 ≤ I ≤ N ≤ \(mostShards); take it away"
                )
            }
            return (index, count)
        }
    }

    private static func entries(of folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafeBytes(of: entry.pointee.d_name) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                })
        }
        return names.sorted()
    }

    /// The whole lines of a sidecar; nil if it is not there.
    static func lines<Line>(_ path: String, _ read: (JSONValue) throws -> Line) throws -> [Line]? {
        guard access(path, F_OK) == 0 else { return nil }
        return try JSONLinesReader.read(path).records.enumerated().map { number, line in
            do { return try read(line) } catch let error as ManifestError {
                throw error.at(path: path, line: number + 1)
            }
        }
    }
}
