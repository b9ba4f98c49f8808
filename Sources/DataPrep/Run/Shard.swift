/// A part of a plan: the records (dates of regions, in order) that one of several machines works on.
///
/// Records are dealt in runs of neighbours, so that a region's dates come to as few shards as can be.
public struct Shard: Hashable, Sendable, Codable, CustomStringConvertible {
    /// Which part, from 1.
    public let index: Int
    /// How many parts.
    public let count: Int

    /// A part of several.
    /// - Throws: `PrepError` with code `usage` unless 1 ≤ index ≤ count ≤ 1,000,000.
    public init(index: Int, count: Int) throws {
        guard (1...1_000_000).contains(count), (1...count).contains(index) else {
            throw PrepError(
                .usage, "--shard \(index)/\(count)", "there are shards 1/N to N/N, as in 3/16")
        }
        self.index = index
        self.count = count
    }

    /// Reads "3/16".
    /// - Throws: `PrepError` with code `usage`.
    public init(argument: String) throws {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map {
            Int($0)
        }
        guard parts.count == 2, let index = parts[0], let count = parts[1] else {
            throw PrepError(
                .usage, "--shard \(argument)", "expected I/N, as in 3/16, or auto")
        }
        try self.init(index: index, count: count)
    }

    /// The records of this part, of `total` in all; the parts differ by one record at most.
    func records(of total: Int) -> Range<Int> {
        func start(_ part: Int) -> Int {
            // total · part ÷ count without overflow.
            total / count * part + total % count * part / count
        }
        return start(index - 1)..<start(index)
    }

    /// "3/16".
    public var description: String { "\(index)/\(count)" }

    /// Where below the output folder the part is kept: "shards/3-of-16".
    public var folder: String { "\(Self.folders)/\(index)-of-\(count)" }

    /// The folder of all parts.
    static let folders = "shards"
}
