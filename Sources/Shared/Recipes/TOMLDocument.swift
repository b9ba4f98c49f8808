public import Manifests
import TOMLKit

/// A TOML text, its values, and where each of them stands; what both rooms' recipes are read with.
public struct TOMLDocument: Sendable {
    /// The file's path, as messages name it.
    public let path: String
    /// The values as JSON; dates and times are text.
    public let value: JSONValue
    /// Where the keys stand.
    public let source: TOMLSource

    /// Reads a file of at most a mebibyte.
    /// - Throws: `ManifestError`: `missing`, or `configuration` with line and column for what is no TOML.
    public init(path: String) throws {
        try self.init(text: WholeFile.readText(path, limit: 1 << 20), path: path)
    }

    /// Reads text; `path` stands in messages.
    /// - Throws: `ManifestError` (`configuration`) with line and column for what is no TOML.
    public init(text: String, path: String) throws {
        self.path = path
        source = TOMLSource(text)
        do {
            value = JSONValue(toml: try TOMLTable(string: text))
        } catch let error as TOMLParseError {
            let place = error.source.begin
            throw ManifestError(
                .configuration, path: "\(path):\(place.line):\(place.column)", error.description)
        }
    }

    /// What is wrong with a key (dotted, "tern.iterations"), or with its value, at the place where it stands.
    public func failure(_ key: String, atValue: Bool, _ message: String) -> ManifestError {
        guard let entry = source.entries[key] else {
            return ManifestError(.configuration, path: path, "\(key) \(message)")
        }
        let column = atValue ? entry.valueColumn : entry.keyColumn
        return ManifestError(
            .configuration, path: "\(path):\(entry.line):\(column)", "\(key) \(message)")
    }
}

extension JSONValue {
    /// The same table as JSON; dates become text.
    fileprivate init(toml table: TOMLTable) {
        self = .object(
            Dictionary(
                uniqueKeysWithValues: table.keys.map { key in
                    (key, table[key].map(JSONValue.init(toml:)) ?? .null)
                }))
    }

    private init(toml value: any TOMLValueConvertible) {
        switch value.type {
        case .table: self = value.table.map(JSONValue.init(toml:)) ?? .null
        case .array: self = .array((value.array ?? []).map { JSONValue(toml: $0) })
        case .string: self = .string(value.string ?? "")
        case .int: self = .integer(Int64(value.int ?? 0))
        case .double: self = .number(value.double ?? 0)
        case .bool: self = .bool(value.bool ?? false)
        case .date, .time, .dateTime: self = .string(value.debugDescription)
        }
    }
}
