import Store

/// A data set whose samples are several records in a store, as other programs expect them: Sentinel-1 beside Sentinel-2.
///
/// Of a data set that does not say so, each sample is one record of all planes under its own key.
public protocol SampleRecords: Dataset {
    /// The records of a sample.
    ///
    /// - Throws: what reading the sample throws, where that has to tell.
    func records(_ index: Int) throws -> [SampleRecord]
}

/// One record of a sample.
public struct SampleRecord: Sendable, Hashable {
    /// What it is kept under.
    public let key: String
    /// The planes that are in it; nil for all.
    public let planes: [String]?

    /// A record of some planes.
    public init(key: String, planes: [String]?) {
        (self.key, self.planes) = (key, planes)
    }
}

extension Dataset {
    /// The records of a sample, whether the data set says so or not.
    func recordsInStore(_ index: Int) throws -> [SampleRecord] {
        try (self as? any SampleRecords)?.records(index)
            ?? [SampleRecord(key: key(index), planes: nil)]
    }
}
