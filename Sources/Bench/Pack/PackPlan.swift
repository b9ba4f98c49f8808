import Store

/// What is packed: all that a store's bytes depend on, beside the data set itself.
public struct PackPlan: Sendable, Hashable, Codable {
    /// The data set's name.
    public var dataset: String
    /// The split that is packed; nil for all.
    public var split: String?
    /// Options with which the data set is opened.
    public var options: [String: String] = [:]
    /// The part of the samples that is packed; nil for all.
    public var shard: PackShard?
    /// Of the options on which pixels and parts depend each as it was given or as usual, of what comes from a store those of its
    /// origin; nil where the record does not tell, which is older.
    public var pixels: [String: String]?

    /// All samples of a data set.
    public init(dataset: String) { self.dataset = dataset }

    /// Whether both name the same samples and options, whatever is known of what pixels depend on.
    func isSame(as other: PackPlan) -> Bool {
        var same = self
        same.pixels = other.pixels
        return same == other
    }
}

/// A part of the samples in the order of their keys, for one of several machines: neighbours stay together.
public struct PackShard: Sendable, Hashable, Codable, CustomStringConvertible {
    /// Which part, from 1, and of how many.
    public let index, count: Int

    /// Reads "3/16".
    ///
    /// - Throws: `BenchError`, 78.
    public init(argument: String) throws {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map {
            Int($0)
        }
        guard parts.count == 2, let index = parts[0], let count = parts[1],
            (1...StoreFolder.mostShards).contains(count), (1...count).contains(index)
        else {
            throw BenchError(
                .configuration, "--shard \(argument): expected I/N with 1 ≤ I ≤ N, as in 3/16")
        }
        (self.index, self.count) = (index, count)
    }

    /// The samples of this part, of `total` in all; parts differ by one at most.
    func range(of total: Int) -> Range<Int> {
        func start(_ part: Int) -> Int { total / count * part + total % count * part / count }
        return start(index - 1)..<start(index)
    }

    /// "3/16".
    public var description: String { "\(index)/\(count)" }
}

/// What packing tells of itself.
public enum PackEvent: Sendable, Hashable {
    /// So many samples are to be packed, so many are in the store already.
    case started(samples: Int, known: Int)
    /// So many samples are on the disk; so many of them were there before.
    case committed(samples: Int, known: Int)
}

/// What packing left.
public struct PackSummary: Sendable, Hashable, Codable {
    /// Samples of the plan.
    public var samples = 0
    /// Those that were in the store before.
    public var known = 0
    /// Records that were written, and their bytes.
    public var records = 0, bytes = 0
}
