import Geo
public import Manifests

/// What was run on what: `run.json` of a bench folder.
public struct BenchRecord: Codable, Sendable, Hashable {
    /// The data set, as far as the numbers depend on it.
    public struct Dataset: Codable, Sendable, Hashable {
        /// Its name.
        public var name: String
        /// The cities that are scored, sorted.
        public var cities: [String]
        /// The digest of all its files.
        public var sha256: SHA256Digest
        /// Facts of each city that is scored.
        public var details: [CityFacts]
    }

    /// The program and its subcommand.
    public var program: String
    /// The suite's version.
    public var version: String
    /// The task.
    public var task: String
    /// What was scored.
    public var dataset: Dataset
    /// The resolved plan.
    public var plan: JSONValue
    /// The encoders that were read.
    public var inputs: [InputDigest]

    /// Writes the record into a folder, or checks that it is the one that is there already.
    ///
    /// - Throws: `BenchError`, 78, naming what differs; `ManifestError` when it cannot be written.
    func publish(in folder: String) throws {
        let path = "\(folder)/\(RunRecord.fileName)"
        let new = try JSONValue(encoding: self)
        if FileSystem.isFile(path) {
            let old = try JSONValue.parse(WholeFile.read(path), path: path)
            guard let difference = old.firstDifference(from: new) else { return }
            throw BenchError(
                .configuration,
                "\(path): the folder holds a run with another \(difference); choose another --out or remove the folder"
            )
        }
        try AtomicFile.write(encodeCanonicalJSON(new, pretty: true), to: path)
    }
}

/// What is known of a city before any method is run.
public struct CityFacts: Codable, Sendable, Hashable {
    /// Its name.
    public let city: String
    /// The split it belongs to.
    public let split: SplitName
    /// Columns.
    public let width: Int
    /// Rows.
    public let height: Int
    /// The two days, ISO 8601.
    public let days: [String]
    /// The share of pixels that changed.
    public let changedShare: Double
    /// The share of pixels without data, for each date.
    public let noDataShare: [Double]
    /// Whether one of the dates holds no data at all, so that nothing can be found there.
    public let isEmpty: Bool

    /// Looks at a city.
    public init(_ city: OSCDCity) {
        self.city = city.name
        split = city.split
        width = city.pair.size.width
        height = city.pair.size.height
        days = city.days
        changedShare = city.changedShare
        noDataShare = city.noDataShare
        isEmpty = city.noDataShare.contains(1)
    }
}
