import CKernels

/// Room in which scores are sorted; one room serves many columns in turn.
///
/// A word of the result: order-preserving bits of the score, the element's index and whether it is positive.
final class RankedWords {
    private let scratch: UnsafeMutablePointer<UInt64>
    private let capacity: Int

    /// Reserves room for so many elements, fewer than 2³¹.
    init(capacity: Int) {
        precondition(capacity < 1 << 31, "\(capacity) scores are too many to be sorted at once")
        self.capacity = capacity
        scratch = .allocate(capacity: 2 * max(capacity, 1))
    }

    deinit { scratch.deallocate() }

    /// Sorts a column by falling score and lends the words.
    ///
    /// - Throws: `MetricsError` when a score is not a number.
    func withRanked<Result>(
        _ column: ckernels_column, _ body: (UnsafeBufferPointer<UInt64>) -> Result
    ) throws(MetricsError) -> Result {
        precondition(column.count <= capacity, "more scores than there is room for")
        var bad = 0
        guard let words = ckernels_rank(column, scratch, &bad) else {
            throw MetricsError("score \(bad) is not a number")
        }
        return body(UnsafeBufferPointer(start: words, count: column.count))
    }

    /// Sorts a column in which every score is known to be a number.
    func withNumbersRanked<Result>(
        _ column: ckernels_column, _ body: (UnsafeBufferPointer<UInt64>) -> Result
    ) -> Result {
        precondition(column.count <= capacity, "more scores than there is room for")
        var bad = 0
        let words = ckernels_rank(column, scratch, &bad)
        precondition(words != nil, "score \(bad) is not a number")
        return body(UnsafeBufferPointer(start: words, count: column.count))
    }

    /// Sorts all of some scores.
    ///
    /// - Throws: `MetricsError` when a score is not a number.
    func withRanked<Result>(
        scores: [Float], labels: [UInt8], _ body: (UnsafeBufferPointer<UInt64>) -> Result
    ) throws(MetricsError) -> Result {
        let ranked = scores.withUnsafeBufferPointer { scores in
            labels.withUnsafeBufferPointer { labels in
                Swift.Result { () throws(MetricsError) in
                    try withRanked(
                        ckernels_column(
                            scores: scores.baseAddress, labels: labels.baseAddress,
                            count: scores.count, stride: 1), body)
                }
            }
        }
        return try ranked.get()
    }

    /// The score that a word was made of.
    static func score(of word: UInt64) -> Float {
        let key = UInt32(truncatingIfNeeded: word >> 32)
        return Float(bitPattern: key >> 31 == 1 ? key : ~key & 0x7fff_ffff)
    }
}
