import Foundation
import Manifests
import Recipes

/// Reads protocols from TOML: every key beside those of scoring is told in words and shown in reports.
struct ProtocolFile {
    private let document: TOMLDocument
    private let values: [String: JSONValue]

    /// Reads a file.
    /// - Throws: `ManifestError`: 66, or 78 with line and column.
    init(_ path: String) throws {
        document = try TOMLDocument(path: path)
        values = document.value.object ?? [:]
    }

    /// Keys that decide how is scored.
    private static let scoring: Set<String> = [
        "name", "title", "tasks", "unit", "patch_px", "edge", "windows", "crop_px", "batch",
        "shuffle", "drop_last", "seed", "average", "undefined", "sources",
    ]

    /// Keys that tell in words what else makes a protocol.
    private static let told: Set<String> = [
        "split", "bands", "normalisation", "patches", "labels", "training", "augmentation",
        "averaging", "spread", "threshold", "ignored_pixels", "selection", "remark",
    ]

    /// The protocol that the file describes.
    func read() throws -> ScoreProtocol {
        try checkKeys()
        let setting = values.filter { Self.told.contains($0.key) }.compactMapValues(\.string)
        let unit: ScoreProtocol.Unit = try choice("unit") ?? .all
        let protocolValue = ScoreProtocol(
            name: try text("name"), title: try text("title"),
            tasks: try choices("tasks") ?? [.change, .segmentation], unit: unit,
            patch: try size("patch_px"), edge: try choice("edge") ?? .cut,
            windows: try choice("windows") ?? .all, crop: try size("crop_px"),
            batch: try size("batch"), isShuffled: try flag("shuffle"),
            dropsLast: try flag("drop_last"), seed: UInt64(try number("seed") ?? 0),
            average: try choice("average") ?? .macro,
            undefined: try choice("undefined") ?? .leaveOut, setting: setting,
            sources: (values["sources"]?.object ?? [:]).compactMapValues(\.string))
        try check(protocolValue)
        return protocolValue
    }

    /// A key that is misspelt would be a remark, and the protocol be scored otherwise.
    private func checkKeys() throws {
        for key in values.keys.sorted() where !Self.scoring.contains(key) {
            guard Self.told.contains(key) else {
                let near = key.nearest(of: Self.scoring.union(Self.told).sorted()) ?? ""
                throw document.failure(
                    key, atValue: false, "is no key of a protocol; did you mean \(near)?")
            }
            guard values[key]?.string != nil else {
                throw document.failure(key, atValue: true, "must be text")
            }
        }
    }

    /// Keys that say nothing under the unit are refused: who wrote them meant another one.
    private func checkUse(_ value: ScoreProtocol) throws {
        let ofBatches = ["batch", "shuffle", "drop_last", "seed"]
        if value.unit != .batch, let key = ofBatches.first(where: { values[$0] != nil }) {
            throw document.failure(
                key, atValue: false, "is of unit \"batch\", and unit is \"\(value.unit.rawValue)\"")
        }
        if !value.isShuffled, values["seed"] != nil {
            throw document.failure("seed", atValue: false, "is of shuffled batches")
        }
        if value.patch == nil, let key = ["edge", "windows"].first(where: { values[$0] != nil }) {
            throw document.failure(key, atValue: false, "is of patches: patch_px is missing")
        }
        if value.windows == .withChange, value.tasks != [.change] {
            throw document.failure(
                "windows", atValue: true, "is of change: tasks must be [\"change\"]")
        }
    }

    private func check(_ value: ScoreProtocol) throws {
        try checkUse(value)
        if value.unit == .batch, value.batch == nil {
            throw document.failure(
                "unit", atValue: true, "is \"batch\": the key batch must say how many")
        }
        if value.unit == .patch, value.patch == nil {
            throw document.failure(
                "unit", atValue: true, "is \"patch\": the key patch_px must say how large")
        }
        if value.patch != nil, value.crop != nil {
            throw document.failure("crop_px", atValue: false, "excludes patch_px")
        }
        for key in value.sources.keys.sorted() where values[key] == nil {
            throw document.failure(
                "sources", atValue: false, "names \(key), which the file does not have")
        }
    }

    private func text(_ key: String) throws -> String {
        guard let value = values[key]?.string, !value.isEmpty else {
            throw document.failure(key, atValue: true, "must be text")
        }
        return value
    }

    private func number(_ key: String) throws -> Int? {
        guard let value = values[key] else { return nil }
        guard let number = value.int, number >= 0 else {
            throw document.failure(key, atValue: true, "must be a whole number from 0")
        }
        return number
    }

    private func size(_ key: String) throws -> Int? {
        guard let value = try number(key) else { return nil }
        guard (1...1 << 20).contains(value) else {
            throw document.failure(key, atValue: true, "must lie in 1 … 1048576")
        }
        return value
    }

    private func flag(_ key: String) throws -> Bool {
        guard let value = values[key] else { return false }
        guard let flag = value.bool else {
            throw document.failure(key, atValue: true, "must be true or false")
        }
        return flag
    }

    private func choice<Choice: RawRepresentable & CaseIterable>(_ key: String) throws -> Choice?
    where Choice.RawValue == String {
        guard let value = values[key] else { return nil }
        return try choice(value, key)
    }

    private func choices<Choice: RawRepresentable & CaseIterable>(_ key: String) throws -> [Choice]?
    where Choice.RawValue == String {
        guard let value = values[key] else { return nil }
        guard let list = value.array, !list.isEmpty else {
            throw document.failure(key, atValue: true, "must be a list")
        }
        return try list.map { try choice($0, key) }
    }

    private func choice<Choice: RawRepresentable & CaseIterable>(
        _ value: JSONValue, _ key: String
    ) throws -> Choice where Choice.RawValue == String {
        guard let choice = value.string.flatMap(Choice.init(rawValue:)) else {
            let names = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw document.failure(key, atValue: true, "must be one of \(names)")
        }
        return choice
    }
}

/// The protocols of a folder.
public enum Protocols {
    /// Reads every protocol of a folder, `pooled` first, then by name; or one file.
    ///
    /// - Parameter path: A folder of TOML files, or one file.
    /// - Returns: The protocols.
    /// - Throws: `ManifestError`: 66 where there is none, 78 with file, line and column.
    public static func read(_ path: String) throws -> [ScoreProtocol] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw EvalError(
                .missing, path, "no protocols there; name their folder with --protocols")
        }
        guard isFolder.boolValue else { return [try ProtocolFile(path).read()] }
        let names = try FileManager.default.contentsOfDirectory(atPath: path)
            .filter { $0.hasSuffix(".toml") }.sorted()
        let found = try names.map { try ProtocolFile("\(path)/\($0)").read() }
        guard !found.isEmpty else {
            throw EvalError(.missing, path, "holds no protocol (*.toml)")
        }
        for (place, value) in found.enumerated() {
            guard let first = found[..<place].firstIndex(where: { $0.name == value.name }) else {
                continue
            }
            throw ManifestError(
                .configuration, path: "\(path)/\(names[place])",
                "has the name \(value.name) of \(names[first]); give each protocol its own")
        }
        return found.filter { $0.name == "pooled" } + found.filter { $0.name != "pooled" }
    }
}
