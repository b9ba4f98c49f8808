import Manifests

/// A line of `samples.jsonl`.
public struct SampleLine: Sendable, Hashable {
    /// The sample's name.
    public let key: String
    /// The split it belongs to, if to any.
    public let split: String?
    /// What it is labelled with.
    public let target: SampleTarget
    /// The keys of its records, sorted.
    public let records: [String]

    /// A line out of its parts.
    public init(key: String, split: String?, target: SampleTarget, records: [String]) {
        (self.key, self.split, self.target, self.records) = (key, split, target, records)
    }

    /// The line as JSON: what is as usual is left out.
    var json: JSONValue {
        var members: [String: JSONValue] = ["key": .string(key)]
        if let split { members["split"] = .string(split) }
        if records != [key] { members["records"] = .array(records.map(JSONValue.string)) }
        switch target {
        case .none: break
        case .category(let category): members["target"] = .integer(Int64(category))
        case .categories(let flags):
            members["target"] = .array(flags.map { .integer(Int64($0)) })
        }
        return .object(members)
    }

    init(_ line: JSONValue) throws {
        key = try line.requireString("key")
        split = line["split"]?.string
        let key = key
        records = try line["records"].map { try $0.array?.map { try $0.text() } ?? [key] } ?? [key]
        switch line["target"] {
        case nil: target = .none
        case .array(let flags)?:
            target = .categories(
                try flags.map { flag in
                    guard let value = flag.int, value == 0 || value == 1 else {
                        throw ManifestError(.invalid, "\"target\" holds more than 0 and 1")
                    }
                    return UInt8(value)
                })
        case .integer(let category)? where category >= 0: target = .category(Int(category))
        default: throw ManifestError(.invalid, "\"target\" is no class and no list of classes")
        }
    }

    /// The lines of a sidecar; nil if it is not there.
    ///
    /// - Throws: `ManifestError` with the line.
    public static func read(_ path: String) throws -> [SampleLine]? {
        try StoreFolder.lines(path, SampleLine.init)
    }

    /// Publishes a sidecar, its lines sorted by key.
    ///
    /// - Throws: `ManifestError` if it cannot be written.
    public static func write(_ lines: [SampleLine], to path: String) throws {
        let sorted = lines.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        let text = sorted.map { $0.json.serialized() + "\n" }.joined()
        try AtomicFile.write(Array(text.utf8), to: path)
    }
}

extension JSONValue {
    fileprivate func text() throws -> String {
        guard let string else {
            throw ManifestError(.invalid, "\"records\" holds more than text")
        }
        return string
    }
}
