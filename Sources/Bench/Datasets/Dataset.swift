public import Store

/// A data set in its published folder form: one type a data set, named in `DatasetRegistry`.
///
/// Opening one does what is cheap: it finds the folders, reads lists and metadata, and tells what is missing. `check` does the
/// rest.
public protocol Dataset: SampleSource {
    /// What the command line calls it: "bigearthnet-v2".
    static var name: String { get }
    /// The options that pixels of a sample or its part depend on, and what each is where nobody chooses; others choose samples, targets.
    static var pixelOptions: [String: String] { get }
    /// Which of its samples there are: every sample belongs to one part.
    ///
    /// - Throws: `BenchError`: 66 naming what is missing and where it was expected, or where the data set was found instead;
    ///   65 for lists and metadata that contradict themselves; 78 for options that it does not have.
    init(at root: String, options: DatasetOptions) throws
    /// Indices of samples by the name of their split: "train", "val", "test"; ascending, without overlap.
    var splits: [String: [Int]] { get }
    /// Names of all planes of a sample, in the data set's own order.
    var planes: [String] { get }
    /// Names of the classes of its targets; empty when the target is a mask of two classes.
    var classes: [String] { get }
    /// What was seen at opening and is no error: versions, samples without label, what was left out and why.
    var remarks: [String] { get }
    /// Files of a sample, relative to the root, sorted.
    func files(_ index: Int) -> [String]
    /// What only this data set can tell of a sample that has been read whole, beyond sizes and types; nothing when it is sound.
    func faults(_ index: Int, in planes: [SamplePlane]) -> [String]
    /// The ground that a sample covers, for leakage between splits; `nil` when it is not known without opening files.
    func footprint(_ index: Int) throws -> Footprint?
}

/// Where a sample lies: a box in a coordinate reference system.
public struct Footprint: Sendable, Hashable {
    /// The reference system, such as "EPSG:32633".
    public let crs: String
    /// West, south, east and north.
    public let bounds: [Double]

    /// A box.
    public init(crs: String, bounds: [Double]) {
        precondition(bounds.count == 4, "west, south, east, north")
        (self.crs, self.bounds) = (crs, bounds)
    }
}

/// A data set that knows the countries in which its samples lie.
public protocol CountryDataset: Dataset {
    /// The country of a sample; nil where nothing tells.
    func country(_ index: Int) -> String?
}

extension Dataset {
    /// How many of some samples lie in each country; nil where the data set does not know.
    func countries(of indices: some Sequence<Int>) -> [String: Int]? {
        guard let placed = self as? any CountryDataset else { return nil }
        var counts: [String: Int] = [:]
        for index in indices {
            if let country = placed.country(index) { counts[country, default: 0] += 1 }
        }
        return counts.isEmpty ? nil : counts
    }
}

/// A reader that knows where the sample lies that it read last, so that no file is opened again for it.
protocol PlacedReader: SampleReader {
    /// The ground of the last sample; nil where its files do not say.
    var footprint: Footprint? { get }
}

/// What may be chosen when a data set is opened: "--option key=value".
public struct DatasetOptions: Sendable, Hashable {
    /// What was chosen, by name.
    public let values: [String: String]
    /// Whether what is repaired otherwise, or of an unknown version, is refused.
    public let isStrict: Bool

    /// Options by name.
    public init(_ values: [String: String] = [:], isStrict: Bool = false) {
        (self.values, self.isStrict) = (values, isStrict)
    }

    /// The value of an option, one of those allowed; the first where nothing was chosen.
    ///
    /// - Throws: `BenchError`, 78, naming what is allowed.
    public func choice(_ name: String, of allowed: [String]) throws -> String {
        guard let value = values[name] else { return allowed[0] }
        guard allowed.contains(value) else {
            throw BenchError(
                .configuration,
                "option \(name)=\(value): expected one of \(allowed.joined(separator: ", "))")
        }
        return value
    }

    /// Refuses options that a data set does not have.
    ///
    /// - Throws: `BenchError`, 78.
    public func expectOnly(_ names: [String], of dataset: String) throws {
        for name in values.keys.sorted() where !names.contains(name) {
            throw BenchError(
                .configuration,
                "\(dataset) has no option \(name); it has \(names.isEmpty ? "none" : names.joined(separator: ", "))"
            )
        }
    }
}

extension Dataset {
    /// The data set with the samples of one split only, or with all of them.
    ///
    /// - Throws: `BenchError`, 78 for a split that it does not have.
    public func indices(of split: String?) throws -> [Int] {
        guard let split else { return Array(0..<count) }
        guard let indices = splits[split] else {
            throw BenchError(
                .configuration,
                "\(Self.name) has no split \(split); it has \(splits.keys.sorted().joined(separator: ", "))"
            )
        }
        return indices
    }
}

extension SamplePlane {
    /// Whether planes of a name hold codes of classes instead of measurements: "mask", "reference_map", also of one date of a pair.
    static func holdsCodes(_ name: String) -> Bool {
        ["mask", "reference_map"].contains { name == $0 || name.hasSuffix("." + $0) }
    }
}
