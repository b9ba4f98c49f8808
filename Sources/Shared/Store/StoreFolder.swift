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
    /// - Throws: `StoreError`: `missing`, telling where a store is if one is a level above or below; `invalid` for shards of several
    ///   divisions, of one that cannot be, or beside a store of one file; `notPermitted`, `io`, `outOfResources` for a folder that
    ///   cannot be looked into.
    public static func parts(of folder: String) throws -> [String] {
        let shards = try shards(in: folder)
        if try isThere(data(in: folder)) {
            guard shards.isEmpty else {
                throw StoreError(
                    .invalid, path: folder,
                    "holds data.mdb and shards, and only one of them is the store; take the other away"
                )
            }
            return [folder]
        }
        guard let count = shards.first?.count else {
            let remedy = try neighbour(of: folder) ?? "make one with matter-bench pack"
            throw StoreError(
                .missing, path: folder,
                "no training store here: neither data.mdb nor shards; \(remedy)")
        }
        guard shards.allSatisfy({ $0.count == count }) else {
            throw StoreError(
                .invalid, path: folder, "holds shards of several divisions; keep those of one")
        }
        let missing = try (1...count).filter { index in
            try !isThere(data(in: shard(index, of: count, in: folder)))
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

    /// Whether a file is there; nobody is told to make one that he may not see.
    private static func isThere(_ path: String) throws -> Bool {
        guard access(path, F_OK) != 0 else { return true }
        guard [EACCES, EPERM].contains(errno) else { return false }
        throw failure(errno, path, "cannot be looked for")
    }

    /// Where the store is if it is a level above or below, as a remedy.
    private static func neighbour(of folder: String) throws -> String? {
        let holds = { (place: String) in
            access(data(in: place), F_OK) == 0 || access("\(place)/shards", F_OK) == 0
        }
        // The folder "shards" first belongs to the store above it.
        let path = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        if access(path, F_OK) == 0, let slash = path.lastIndex(of: "/"), slash != path.startIndex,
            holds(String(path[..<slash]))
        {
            return "found it one level above: use \(path[..<slash])"
        }
        // A wrong folder may hold a million others.
        let names = try entries(of: folder).prefix(1000)
        let name = names.first { !$0.hasPrefix(".") && holds("\(folder)/\($0)") }
        return name.map { "found it one level below: use \(folder)/\($0)" }
    }

    /// The names in a folder, sorted; none where there is no such folder.
    private static func entries(of folder: String) throws -> [String] {
        guard let stream = opendir(folder) else {
            guard [ENOENT, ENOTDIR].contains(errno) else {
                throw failure(errno, folder, "cannot be listed")
            }
            return []
        }
        defer { closedir(stream) }
        var names: [String] = []
        // Nil is the end, or a failure in the middle of it: a part of the names would be a smaller store.
        errno = 0
        while let entry = readdir(stream) {
            names.append(
                withUnsafeBytes(of: entry.pointee.d_name) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                })
            errno = 0
        }
        guard errno == 0 else { throw failure(errno, folder, "cannot be listed") }
        return names.sorted()
    }

    private static func failure(_ number: Int32, _ path: String, _ what: String) -> StoreError {
        let code: StoreError.Code =
            switch number {
            case EACCES, EPERM: .notPermitted
            case EMFILE, ENFILE, ENOMEM: .outOfResources
            default: .io
            }
        return StoreError(code, path: path, "\(what): \(String(cString: strerror(number)))")
    }

    /// The lines of a sidecar; nil if it is not there.
    ///
    /// A journal grows line by line: a last one without an end was being written. What is published is whole, or somebody cut it.
    static func lines<Line>(
        _ path: String, isJournal: Bool = false, _ read: (JSONValue) throws -> Line
    ) throws -> [Line]? {
        guard access(path, F_OK) == 0 else { return nil }
        let lines = try JSONLinesReader.read(path)
        guard isJournal || !lines.hasTornTail else {
            throw ManifestError(
                .invalid, path: path,
                "the last line has no end: the file is cut off; copy the store again, or take this file away and pack all splits again"
            )
        }
        return try lines.records.enumerated().map { number, line in
            do { return try read(line) } catch let error as ManifestError {
                throw error.at(path: path, line: number + 1)
            }
        }
    }
}
