/// The suite's version.
public enum SuiteVersion {
    /// What `--version` prints and run records hold.
    public static let current = "0.1.0"
}

/// An input file of a run, and how it is proven.
public struct InputDigest: Hashable, Codable, Sendable {
    /// A name that means the same on every machine: relative to the input folder, or the file's name.
    public let path: String
    /// Size in bytes.
    public let bytes: Int
    /// SHA-256 of the content.
    public let sha256: SHA256Digest

    /// Makes a record of numbers that are known.
    public init(path: String, bytes: Int, sha256: SHA256Digest) {
        self.path = path
        self.bytes = bytes
        self.sha256 = sha256
    }

    /// Reads a file and records it under a name.
    /// - Throws: `ManifestError`: `missing`, `notPermitted` or `io`.
    public init(file: String, named name: String) throws {
        path = name
        bytes = try WholeFile.size(of: file)
        sha256 = try SHA256Digest(ofFile: file)
    }
}

/// What was run: written as `run.json` into every output folder, the same for the same run.
public struct RunRecord: Hashable, Codable, Sendable {
    /// The record's file name.
    public static let fileName = "run.json"

    /// The program and its subcommand.
    public var program: String
    /// The suite's version.
    public var version: String
    /// The resolved plan, without anything that changes from machine to machine.
    public var plan: JSONValue
    /// The seed of all random choices, if there are any.
    public var seed: UInt64?
    /// What was read.
    public var inputs: [InputDigest]
    /// Versions of the C libraries that it was made with, by name, where that is told: no part of what two records are compared by.
    public var libraries: [String: String]?

    /// Makes a record; inputs are sorted by path.
    public init(
        program: String, plan: JSONValue, seed: UInt64? = nil, inputs: [InputDigest] = [],
        version: String = SuiteVersion.current, libraries: [String: String]? = nil
    ) {
        self.program = program
        self.version = version
        self.plan = plan
        self.seed = seed
        self.inputs = inputs.sorted { $0.path < $1.path }
        self.libraries = libraries
    }

    private enum CodingKeys: String, CodingKey {
        case program, version, plan, seed, inputs, libraries
    }

    /// Decodes the record; a seed may be a number or text.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        program = try fields.decode(String.self, forKey: .program)
        version = try fields.decode(String.self, forKey: .version)
        plan = try fields.decode(JSONValue.self, forKey: .plan)
        inputs = try fields.decode([InputDigest].self, forKey: .inputs)
        libraries = try fields.decodeIfPresent([String: String].self, forKey: .libraries)
        let text = try? fields.decodeIfPresent(String.self, forKey: .seed)
        seed = try text.flatMap(UInt64.init) ?? fields.decodeIfPresent(UInt64.self, forKey: .seed)
    }

    /// Encodes the record; a seed that needs all 64 bits is written as text, which no reader rounds.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(program, forKey: .program)
        try fields.encode(version, forKey: .version)
        try fields.encode(plan, forKey: .plan)
        try fields.encode(inputs, forKey: .inputs)
        try fields.encodeIfPresent(libraries, forKey: .libraries)
        if let seed, Int64(exactly: seed) == nil {
            try fields.encode(String(seed), forKey: .seed)
        } else {
            try fields.encodeIfPresent(seed, forKey: .seed)
        }
    }

    /// Reads the record of a folder.
    /// - Throws: `ManifestError`: `missing` or `invalid`.
    public init(readingFrom folder: String) throws {
        self = try decodeStrictJSON(RunRecord.self, fromFile: "\(folder)/\(Self.fileName)")
    }

    /// Writes the record into a folder.
    /// - Throws: `ManifestError`: `cannotCreate`, `notPermitted` or `io`.
    public func write(to folder: String) throws {
        try AtomicFile.write(
            encodeCanonicalJSON(self, pretty: true), to: "\(folder)/\(Self.fileName)")
    }
}

extension RunRecord {
    /// Whether two runs are the same by program, version, plan, seed and inputs, whatever the libraries.
    public static func == (one: RunRecord, other: RunRecord) -> Bool {
        (one.program, one.version, one.plan, one.seed, one.inputs)
            == (other.program, other.version, other.plan, other.seed, other.inputs)
    }

    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(program)
        hasher.combine(version)
        hasher.combine(plan)
        hasher.combine(seed)
        hasher.combine(inputs)
    }
}
