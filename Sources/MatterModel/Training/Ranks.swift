import Manifests
import Tensors

/// What this process shares with the others of its group; alone, nothing.
struct Ranks {
    private let group: ProcessGroup?
    private let regions: [String]
    private let numbers: [String: Int]

    /// - Parameters:
    ///   - group: the others.
    ///   - regions: all regions of the store, in the same order on every rank.
    init(_ group: ProcessGroup?, regions: [String]) {
        (self.group, self.regions) = (group, regions)
        numbers = Dictionary(uniqueKeysWithValues: regions.enumerated().map { ($1, $0) })
    }

    /// The rows of all ranks, in their order.
    func joined(_ rows: Tensor) -> Tensor { group?.joined(rows) ?? rows }

    /// The grounds of all ranks' patches, in their order.
    func all(_ grounds: [PatchGround]) throws -> [PatchGround] {
        guard let group else { return grounds }
        let own = grounds.flatMap { [numbers[$0.region] ?? 0, $0.place, $0.row, $0.column] }
        let all = try Torch.attempt { group.gather(Tensor(own)).values(as: Int.self) }
        return stride(from: 0, to: all.count - 3, by: 4).map { start in
            PatchGround(
                region: regions[all[start]], place: all[start + 1], row: all[start + 2],
                column: all[start + 3])
        }
    }

    /// The texts of all ranks, in their order.
    func all(_ texts: [String]) throws -> [String] {
        guard let group else { return texts }
        var own = try encodeCanonicalJSON(texts)
        let counts = try Torch.attempt { group.gather(Tensor([own.count])).values(as: Int.self) }
        let length = counts.max() ?? own.count
        own += [UInt8](repeating: UInt8(ascii: " "), count: length - own.count)
        let all = try Torch.attempt { group.gather(Tensor(own, shape: [length])).bytes() }
        return try stride(from: 0, to: all.count, by: length).flatMap { start in
            try decodeStrictJSON([String].self, from: Array(all[start..<start + length]))
        }
    }

    // MARK: Before the first step

    /// Does work that may take long, such as reading the whole store, on every rank.
    static func together<Value: Sendable>(
        _ group: ProcessGroup?, _ body: @escaping @Sendable () throws -> Value
    ) throws -> Value {
        guard let group else { return try body() }
        return try group.together(body)
    }

    /// Compares what the ranks were given: batches of different plans or stores are never mixed.
    ///
    /// - Throws: `TrainingError` (`otherRank`), on every rank.
    static func requireSame(_ record: RunRecord, _ group: ProcessGroup?) throws {
        guard let group else { return }
        let own = try encodeCanonicalJSON(record)
        let first = try JSONValue.parse(group.broadcast(own))
        let difference = PlanDifference.all(first, try JSONValue.parse(own)).first
        let differ = try group.sums(
            (0..<group.size).map { $0 == group.rank && difference != nil ? 1 : 0 })
        guard let rank = differ.firstIndex(where: { $0 > 0 }) else { return }
        throw TrainingError.otherRank(
            rank: rank, difference: rank == group.rank ? difference?.description : nil)
    }
}
