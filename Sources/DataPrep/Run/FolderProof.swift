import Foundation
import Geo
import Manifests
import Raster
import Store

/// The proof of one folder with a `run.json`: what it should hold, against what it does.
struct FolderProof {
    let folder: String
    var tiles = 0
    var proven = 0
    var faults: [String] = []
    var isUnfinished = false
    /// Files that belong here, relative.
    private var expected: Set<String> = [RunRecord.fileName]

    init(_ folder: String) { self.folder = folder }

    // MARK: Files by digest

    /// Proves a file of its own.
    mutating func prove(_ relative: String, _ digest: SHA256Digest?, _ name: String? = nil) {
        expected.insert(relative)
        let name = name ?? relative
        if let place = FolderBounds.escape(of: "\(folder)/\(relative)", from: folder) {
            faults.append(
                "\(name): a symbolic link leads out of the folder, to \(place); remove it")
            return
        }
        do {
            let found = try SHA256Digest(ofFile: "\(folder)/\(relative)")
            guard let digest else { return }
            proven += 1
            guard found != digest else { return }
            faults.append(
                "\(name): SHA-256 is \(found), recorded is \(digest); run again to rebuild")
        } catch {
            faults.append("\(name): \(error)")
        }
    }

    /// Proves the files of `files.jsonl` and gives it; nil in a folder of before there was one, or of an unfinished run.
    mutating func proveContents() throws -> FolderContents? {
        guard let contents = try FolderContents(of: folder) else { return nil }
        expected.insert(FolderContents.fileName)
        if contents.isTorn { faults.append("\(FolderContents.fileName): the last line is torn") }
        for file in contents.files.values.sorted(by: { $0.path < $1.path }) {
            guard Self.stays(file.path) else {
                faults.append("\(FolderContents.fileName): \(file.path) leaves the folder")
                continue
            }
            prove(file.path, file.sha256)
        }
        return contents
    }

    private static func stays(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return !path.hasPrefix("/") && !parts.contains("..") && !parts.contains("")
    }

    // MARK: Tiles

    mutating func proveTiles(_ contents: FolderContents?, onTile: (Int) -> Void) throws {
        let manifest = "\(folder)/\(TileFolder.manifestName)"
        guard FileManager.default.fileExists(atPath: manifest) else {
            isUnfinished = true
            faults = []
            return
        }
        expected.formUnion([TileFolder.manifestName, LeftOutTile.fileName])
        let lines = try JSONLinesReader.read(TileRecord.self, from: manifest)
        if lines.hasTornTail { faults.append("\(TileFolder.manifestName): the last line is torn") }
        faults += try Self.faults(ofManifest: manifest, lines.records)
        if contents == nil {
            expected.formUnion(Set(lines.records.map { "alignment/\($0.region).json" }))
        }
        tiles = lines.records.count
        let store = try SampleStore("\(folder)/store", for: .reading)
        let keys = Set(try store.keys())
        var ids: Set<String> = []
        for (number, record) in lines.records.enumerated() {
            if !ids.insert(record.id.lowercased()).inserted {
                faults.append("\(record.id): listed twice")
            }
            prove(record, store, keys)
            onTile(number + 1)
        }
        for key in keys.subtracting(lines.records.map(\.storeKey)).sorted() {
            faults.append("store: the sample \(key) is none of a tile")
        }
        expected.insert("store/data.mdb")
    }

    private mutating func prove(_ record: TileRecord, _ store: SampleStore, _ keys: Set<String>) {
        if let problem = record.problemWithNames {
            faults.append("\(record.id): \(problem)")
            return
        }
        let before = faults.count
        prove(record.path, record.sha256, record.id)
        if faults.count == before, let fault = Self.fault(of: record, in: folder) {
            faults.append("\(record.id): \(fault)")
        }
        prove(TileFolder.quicklook(record.id), record.quicklookSHA256)
        guard keys.contains(record.storeKey) else {
            faults.append("\(record.id): not in the training store")
            return
        }
        guard let digest = record.sampleSHA256 else { return }
        proven += 1
        if (try? store.digest(record.storeKey)) != digest {
            faults.append(
                "store: the sample \(record.storeKey) is not the one recorded; run again to rebuild"
            )
        }
    }

    // MARK: Unchanged ground

    mutating func proveUnchanged(_ contents: FolderContents?) throws {
        let scores = "\(folder)/\(UnchangedFolder.scores)"
        guard FileManager.default.fileExists(atPath: scores) else {
            isUnfinished = true
            faults = []
            return
        }
        expected.formUnion([UnchangedFolder.scores, UnchangedFolder.pairs, UnchangedFolder.fits])
        let lines = try JSONLinesReader.read(UnchangedTile.self, from: scores)
        if lines.hasTornTail { faults.append("\(UnchangedFolder.scores): the last line is torn") }
        for tile in lines.records {
            if let path = tile.path {
                guard path == UnchangedFolder.raster(tile.tile), Self.stays(path) else {
                    faults.append("\(tile.tile): the path \(path) is not that of its mask")
                    continue
                }
                prove(path, tile.sha256)
                prove(UnchangedFolder.quicklook(tile.tile), tile.quicklookSHA256)
            }
            for fit in tile.fits where fit.copySHA256 != nil {
                guard let label = SensingTime(fit.date)?.label else { continue }
                prove(UnchangedFolder.copy("\(tile.tile)/\(label)"), fit.copySHA256)
            }
        }
        try compareManifest(above: "\(folder)/..", listed: RunRecord(readingFrom: folder))
    }

    // MARK: Publications

    mutating func provePublication(_ run: RunRecord, _ contents: FolderContents?) throws {
        if contents == nil { isUnfinished = true }
        // Those below the tiles' own folder; where others are made of is not written down.
        for above in ["\(folder)/..", "\(folder)/../.."]
        where FileManager.default.fileExists(atPath: "\(above)/\(TileFolder.manifestName)") {
            try compareManifest(above: above, listed: run)
            break
        }
    }

    private mutating func compareManifest(above: String, listed run: RunRecord) throws {
        for input in run.inputs {
            let digest = try? SHA256Digest(ofFile: "\(above)/\(input.path)")
            if digest != input.sha256 {
                faults.append(
                    "\(RunRecord.fileName): made of another \(input.path); remove the folder and make it anew"
                )
            }
        }
    }

    // MARK: What does not belong

    /// Products that Sen2Cor made for the tiles: its own, so that a run with them may go on, and in no manifest.
    private static let working = "sen2cor/"

    /// Names the files that are no part of the folder, and gives the folders below it that have a record of their own.
    mutating func finish() throws -> [String] {
        var parts: [String] = []
        let names = (FileManager.default.subpaths(atPath: folder) ?? []).sorted()
        for name in names where name.hasSuffix("/\(RunRecord.fileName)") {
            let part = String(name.dropLast(RunRecord.fileName.count + 1))
            if !parts.contains(where: { part.hasPrefix("\($0)/") }) { parts.append(part) }
        }
        guard !isUnfinished else { return [] }
        for name in names
        where !expected.contains(name) && !parts.contains(where: { name.hasPrefix("\($0)/") }) {
            let type =
                try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")[.type]
                as? FileAttributeType
            let isOurs =
                name.hasSuffix(".log") || name == ".lock" || name == "store/lock.mdb"
                || type == .typeDirectory || name.hasPrefix(Self.working)
            if !isOurs { faults.append("\(name): is no part of what the run wrote; remove it") }
        }
        return try parts.filter { part in
            let program = try RunRecord(readingFrom: "\(folder)/\(part)").program
            return program.hasPrefix("matter-prep ")
        }
    }
}
