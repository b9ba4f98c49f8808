/// Watches for a loss that does not change: nothing is learnt any more then.
struct ConstantLoss {
    private var last: Double?
    private var equal = 0
    /// After how many equal losses in a row the loss counts as constant; as in pretraining (ours).
    private static let patience = 20

    /// Takes a step's loss in; nil where the batch had no label.
    ///
    /// - Returns: what is to be told of it, once for each time that it stands still.
    mutating func add(_ loss: Double?, step: Int) -> String? {
        guard let loss else { return nil }
        equal = loss == last ? equal + 1 : 0
        last = loss
        return equal == Self.patience
            ? "step \(step): the loss has been \(loss) for \(Self.patience) steps: nothing is learnt; see optimiser and the labels"
            : nil
    }
}
