import Foundation
import Manifests

/// The tiles of a prepared folder and what will be done with them, decided before anything is written.
public struct UnchangedPlan: Sendable {
    /// The settings.
    public let settings: UnchangedSettings
    /// The folder that `matter-prep run` wrote.
    public let folder: String
    /// All dates of a tile, by tile.
    let tiles: [[TileRecord]]
    private let manifest: InputDigest

    /// Reads the manifest.
    ///
    /// - Throws: `PrepError`: `missing` for a folder without a finished manifest, `usage` for settings that make no sense,
    ///   `badData` for dates of a tile that differ in size or place; `ManifestError` with the line for a damaged manifest.
    public init(folder: String, settings: UnchangedSettings) throws {
        try settings.check()
        let path = "\(folder)/\(TileFolder.manifestName)"
        guard FileManager.default.fileExists(atPath: path) else {
            throw PrepError(
                .missing, path,
                "there is no finished manifest; name the --out folder of matter-prep run, and let the run end"
            )
        }
        let lines = try JSONLinesReader.read(TileRecord.self, from: path)
        guard !lines.hasTornTail, !lines.records.isEmpty else {
            throw PrepError(
                .badData, path, lines.hasTornTail ? "the last line is torn" : "lists no tile")
        }
        let groups = Dictionary(grouping: lines.records) { Self.tile($0) }
        tiles = groups.keys.sorted().compactMap { groups[$0]?.sorted { $0.date < $1.date } }
        for dates in tiles { try Self.check(dates) }
        manifest = try InputDigest(file: path, named: TileFolder.manifestName)
        self.settings = settings
        self.folder = folder
    }

    /// The number of tiles.
    public var tileCount: Int { tiles.count }

    /// The folder that is written: `unchanged` in the tiles' own.
    public var output: String { Self.output(of: folder) }

    static func output(of folder: String) -> String { "\(folder)/unchanged" }

    /// The scores, relative to the tiles' folder.
    static let scoresPath = "unchanged/\(UnchangedFolder.scores)"

    static func tile(_ record: TileRecord) -> String {
        "\(record.region)/\(record.column)_\(record.row)"
    }

    private static func check(_ dates: [TileRecord]) throws {
        for (one, other) in zip(dates, dates.dropFirst()) {
            let isSame =
                one.width == other.width && one.height == other.height && one.crs == other.crs
                && one.transform == other.transform
            guard isSame, one.date < other.date else {
                throw PrepError(
                    .badData, other.id,
                    "lies on another grid than \(one.id), or has its date; run matter-prep verify")
            }
        }
        let parts = (dates.first?.id ?? "").split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, !parts.contains(where: { $0.isEmpty || $0.hasPrefix(".") }),
            dates.allSatisfy({ $0.id.hasPrefix(tile($0) + "/") })
        else { throw PrepError(.badData, dates.first?.id ?? "", "is no tile's id") }
    }

    /// What `run.json` holds of it.
    func record() throws -> RunRecord { try Self.record(settings, [manifest]) }

    static func record(
        _ settings: UnchangedSettings, _ inputs: [InputDigest]
    ) throws -> RunRecord {
        RunRecord(
            program: "matter-prep unchanged",
            plan: .object(["settings": try JSONValue(encoding: settings)]), seed: settings.seed,
            inputs: inputs)
    }
}

/// What a run tells while it works.
public enum UnchangedEvent: Sendable {
    /// A tile is done; its bytes were there already, or were written now.
    case tile(id: String, isKept: Bool)
}
