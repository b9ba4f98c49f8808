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
}
