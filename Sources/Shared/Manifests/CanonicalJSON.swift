import Foundation

extension JSONValue {
    /// Any encodable value as JSON; dates become ISO 8601 text.
    /// - Throws: `ManifestError` (`invalid`) if a number is NaN or infinite.
    public init(encoding value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        do {
            self = try JSONValue.parse(Array(encoder.encode(value)))
        } catch let error as EncodingError {
            throw ManifestError(.invalid, "cannot be written as JSON: \(summary(of: error))")
        }
    }
}

/// Writes a value as JSON in the one form that equal values share: sorted keys, shortest numbers, no spaces unless pretty.
/// - Throws: `ManifestError` (`invalid`) if a number is NaN or infinite.
public func encodeCanonicalJSON(_ value: some Encodable, pretty: Bool = false) throws -> [UInt8] {
    let text = try JSONValue(encoding: value).serialized(pretty: pretty)
    return Array(text.utf8) + (pretty ? [UInt8(ascii: "\n")] : [])
}

/// Reads a value from JSON that must pass the strict reader first: no duplicate keys, bounded depth and size.
/// - Throws: `ManifestError` (`invalid`) that names the key or the line and column.
public func decodeStrictJSON<T: Decodable>(
    _ type: T.Type, from bytes: [UInt8], path: String = "", limits: JSONLimits = JSONLimits()
) throws -> T {
    _ = try JSONValue.parse(bytes, path: path, limits: limits)
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    do {
        return try decoder.decode(type, from: Data(bytes))
    } catch let error as DecodingError {
        throw ManifestError(.invalid, path: path, summary(of: error))
    } catch let error as ManifestError where error.path.isEmpty {
        throw error.at(path: path)
    }
}

/// Reads a value from a JSON file, as `decodeStrictJSON(_:from:path:limits:)` does from bytes.
/// - Throws: `ManifestError`: `missing`, `notPermitted`, `io` or `invalid`.
public func decodeStrictJSON<T: Decodable>(_ type: T.Type, fromFile path: String) throws -> T {
    try decodeStrictJSON(type, from: WholeFile.read(path), path: path)
}

private func summary(of error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, let context):
        "\"\(keyPath(context.codingPath + [key]))\" is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
        .dataCorrupted(let context):
        "\"\(keyPath(context.codingPath))\": \(context.debugDescription)"
    @unknown default: "not what was expected"
    }
}

private func summary(of error: EncodingError) -> String {
    guard case .invalidValue(let value, let context) = error else { return "unknown reason" }
    return "\"\(keyPath(context.codingPath))\" is \(value)"
}

private func keyPath(_ keys: [any CodingKey]) -> String {
    keys.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
}

extension JSONValue: Codable {
    /// Decodes any JSON.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    /// Encodes itself; NaN and infinities become null.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value) where value.isFinite: try container.encode(value)
        case .number: try container.encodeNil()
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}
