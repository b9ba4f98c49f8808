/// A JSON document; objects have no order and are written with sorted keys.
public enum JSONValue: Hashable, Sendable {
    /// `null`; also what NaN and infinities are written as.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number without fraction and exponent.
    case integer(Int64)
    /// Any other number.
    case number(Double)
    /// Text.
    case string(String)
    /// A list.
    case array([JSONValue])
    /// Keys and their values.
    case object([String: JSONValue])
}

// MARK: Looking inside

extension JSONValue {
    /// The value of a key, or nil if this is no object or has no such key.
    public subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    /// An element of a list, or nil if this is no list or is shorter.
    public subscript(index: Int) -> JSONValue? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// Whether this is `null`.
    public var isNull: Bool { self == .null }

    /// The truth value, or nil if this is something else.
    public var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// The whole number, or nil if this is something else (5.0 counts as whole).
    public var int: Int? {
        switch self {
        case .integer(let value): Int(exactly: value)
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }

    /// The number, or nil if this is something else.
    public var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// The text, or nil if this is something else.
    public var string: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    /// The list, or nil if this is something else.
    public var array: [JSONValue]? {
        guard case .array(let value) = self else { return nil }
        return value
    }

    /// The members, or nil if this is something else.
    public var object: [String: JSONValue]? {
        guard case .object(let value) = self else { return nil }
        return value
    }

    /// What kind of value this is, for messages.
    public var kind: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .integer, .number: "a number"
        case .string: "text"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

// MARK: Demanding what must be there

extension JSONValue {
    /// The value of a key.
    /// - Throws: `ManifestError` (`invalid`) if there is no such key.
    public func require(_ key: String) throws -> JSONValue {
        guard let value = self[key] else {
            throw ManifestError(.invalid, "\"\(key)\" is missing")
        }
        return value
    }

    /// The text of a key.
    /// - Throws: `ManifestError` (`invalid`) if it is missing or something else.
    public func requireString(_ key: String) throws -> String {
        try require(key).demand(\.string, key, "text")
    }

    /// The whole number of a key.
    /// - Throws: `ManifestError` (`invalid`) if it is missing or something else.
    public func requireInt(_ key: String) throws -> Int {
        try require(key).demand(\.int, key, "a whole number")
    }

    /// The number of a key.
    /// - Throws: `ManifestError` (`invalid`) if it is missing or something else.
    public func requireDouble(_ key: String) throws -> Double {
        try require(key).demand(\.double, key, "a number")
    }

    /// The truth value of a key.
    /// - Throws: `ManifestError` (`invalid`) if it is missing or something else.
    public func requireBool(_ key: String) throws -> Bool {
        try require(key).demand(\.bool, key, "true or false")
    }

    /// The list of a key.
    /// - Throws: `ManifestError` (`invalid`) if it is missing or something else.
    public func requireArray(_ key: String) throws -> [JSONValue] {
        try require(key).demand(\.array, key, "a list")
    }

    /// The members of a key's object.
    /// - Throws: `ManifestError` (`invalid`) if it is missing or something else.
    public func requireObject(_ key: String) throws -> [String: JSONValue] {
        try require(key).demand(\.object, key, "an object")
    }

    private func demand<T>(_ part: (JSONValue) -> T?, _ key: String, _ wanted: String) throws -> T {
        guard let value = part(self) else {
            throw ManifestError(.invalid, "\"\(key)\" must be \(wanted), not \(kind)")
        }
        return value
    }
}

// MARK: Literals

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// Text.
    public init(stringLiteral value: String) { self = .string(value) }

    /// A whole number.
    public init(integerLiteral value: Int64) { self = .integer(value) }

    /// A number.
    public init(floatLiteral value: Double) { self = .number(value) }

    /// A truth value.
    public init(booleanLiteral value: Bool) { self = .bool(value) }

    /// `null`.
    public init(nilLiteral: ()) { self = .null }

    /// A list.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

    /// An object; of keys given twice the last one counts.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(Dictionary(elements) { $1 })
    }
}
