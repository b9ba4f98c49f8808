public import Store

/// A store that `matter-bench pack` made, or a folder of its shards, as a data set: it can be checked, counted, packed again.
///
/// Packing a folder of shards gives one store, with the bytes that packing all at once would have given. A store that another
/// program made has no splits and no targets.
public struct PackedStore: Dataset {
    /// "store".
    public static let name = "store"
    /// None.
    public static let pixelOptions: [String: String] = [:]
    /// Samples by split.
    public let splits: [String: [Int]]
    /// Names of all planes.
    public let planes: [String]
    /// Names of the classes.
    public let classes: [String]
    /// What was seen at opening.
    public let remarks: [String]
    /// What the store was made of; nil where another program made it.
    let record: PackRecord?
    private let source: StoreSource

    /// Opens a store.
    ///
    /// - Throws: `StoreError`, `ManifestError`; `BenchError`, 65 for a store without samples, 78 for options.
    public init(at root: String, options: DatasetOptions) throws {
        try options.expectOnly(["proof"], of: Self.name)
        let order: [StoreProof] = [.first, .always, .never]
        let choice = try options.choice("proof", of: order.map(\.rawValue))
        source = try StoreSource(root, proof: StoreProof(rawValue: choice) ?? .first)
        record = try PackRecord.first(ofStore: root)
        splits = source.splits
        classes = record?.classes ?? []
        guard source.count > 0 else {
            throw BenchError(.invalid, "\(root): the store holds no sample; pack it again")
        }
        if let lost = try PackRecord.lostSamples(source.sampleCounts).first {
            throw BenchError(.invalid, lost)
        }
        try Self.expectTargets(of: source, classes: record?.classes, in: root)
        planes = try record?.planes ?? Self.planes(of: source)
        remarks =
            source.isProvable
            ? [] : ["no records.jsonl: records are not proven, splits and targets are not known"]
    }

    /// Refuses targets that are none of the classes: nobody who counts or learns them has to look again.
    private static func expectTargets(
        of source: StoreSource, classes: [String]?, in root: String
    ) throws {
        let count = classes?.count ?? 0
        let wrong = (0..<source.count).first { index in
            switch source.target(index) {
            case .none: false
            case .category(let category): category >= count
            case .categories(let flags): flags.count != count
            }
        }
        guard let wrong else { return }
        let known = classes == nil ? "there is no run.json to name it" : "run.json names \(count)"
        throw BenchError(
            .invalid,
            "\(root): samples.jsonl, \(source.key(wrong)): its \"target\" is of other classes, \(known); run the same matter-bench pack again"
        )
    }

    private static func planes(of source: StoreSource) throws -> [String] {
        var names: [String] = []
        try source.reader().read(0, planes: nil) { names = $0.map(\.name) }
        return names
    }

    /// How many samples there are.
    public var count: Int { source.count }

    /// The name of a sample.
    public func key(_ index: Int) -> String { source.key(index) }

    /// What a sample is labelled with.
    public func target(_ index: Int) -> SampleTarget { source.target(index) }

    /// A reader for one thread.
    public func reader() -> any SampleReader { source.reader() }

    /// The file that holds the sample: of a store of shards, its shard's.
    public func files(_ index: Int) -> [String] { [source.file(index)] }

    /// The store's own proof is all.
    public func faults(_ index: Int, in planes: [SamplePlane]) -> [String] { [] }

    /// Not kept in a store.
    public func footprint(_ index: Int) -> Footprint? { nil }
}

extension PackedStore: SampleRecords {
    /// The records of a sample as they are in the store.
    ///
    /// - Throws: `StoreError` where a record cannot be read.
    public func records(_ index: Int) throws -> [SampleRecord] {
        try source.records(index).map { SampleRecord(key: $0.key, planes: $0.planes) }
    }
}
