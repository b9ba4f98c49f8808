/// What labels of pixels an epoch has shown: one without any positive teaches nothing but to find nothing.
struct SeenLabels {
    private var batches = 0
    private var unlabelled = 0
    private var hasPositive = false

    /// Notes the codes of a batch, of which 0 is what is not looked for.
    ///
    /// - Returns: Whether any of them is scored.
    mutating func add(_ codes: UnsafeBufferPointer<Int32>, ignoring ignored: Int32) -> Bool {
        batches += 1
        hasPositive = hasPositive || codes.contains { $0 != 0 && $0 != ignored }
        let isLabelled = codes.contains { $0 != ignored }
        if !isLabelled { unlabelled += 1 }
        return isLabelled
    }

    /// What an epoch of so many batches lacked; nil where nothing is amiss, or where not all of it was seen.
    func remark(epoch: Int, of count: Int) -> String? {
        guard batches == count else { return nil }
        if !hasPositive {
            return
                "epoch \(epoch): none of \(batches) batches held a pixel of another class than 0 (\(unlabelled) held no label at all): "
                + "nothing can be learnt from them but to find nothing; see data.crop, data.labels and the masks"
        }
        return unlabelled == 0
            ? nil
            : "epoch \(epoch): \(unlabelled) of \(batches) batches held no label and were passed over"
    }
}
