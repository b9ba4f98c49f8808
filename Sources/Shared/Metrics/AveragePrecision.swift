import CKernels

/// Scores and labels of samples that may belong to several classes, and the average precisions that follow.
///
/// Exact, not binned: every class is sorted once, and equal scores form one point, so that ties depend on no order.
public struct MultilabelScores: Sendable {
    /// How the precisions of several classes become one number.
    public enum Average: String, Sendable, CaseIterable, Codable {
        /// The unweighted mean over the classes; a class without a positive is left out.
        case macro
        /// All decisions of all classes as one list.
        case micro
        /// The mean over the classes, each weighted by its positives.
        case weighted
        /// The mean over samples of the precision among a sample's own classes; a sample without a label is left out.
        case samples
    }

    /// (samples, classes), by sample.
    public let scores: [Float]
    /// (samples, classes), by sample; anything but 0 is positive.
    public let labels: [UInt8]
    /// How many classes there are.
    public let classes: Int
    /// How many samples there are.
    public var samples: Int { scores.count / classes }

    /// Takes scores and labels, each (samples, classes).
    ///
    /// - Parameters:
    ///   - scores: The higher, the surer.
    ///   - labels: Anything but 0 is positive.
    ///   - classes: How many columns both have.
    /// - Throws: `MetricsError` when the numbers do not fit, or a score is not a number.
    public init(scores: [Float], labels: [UInt8], classes: Int) throws(MetricsError) {
        guard classes > 0, scores.count == labels.count, scores.count.isMultiple(of: classes) else {
            throw MetricsError(
                "\(scores.count) scores and \(labels.count) labels are no rows of \(classes) classes"
            )
        }
        guard scores.count < 1 << 31 else {
            throw MetricsError("\(scores.count) scores are too many; 2147483647 can be ranked")
        }
        if let bad = scores.firstIndex(where: \.isNaN) {
            throw MetricsError(
                "the score of sample \(bad / classes), class \(bad % classes), is not a number")
        }
        self.scores = scores
        self.labels = labels
        self.classes = classes
    }

    /// How many samples have each class.
    public var positives: [Int64] {
        var counts = [Int64](repeating: 0, count: classes)
        var index = 0
        for label in labels {
            if label != 0 { counts[index] += 1 }
            index = index + 1 == classes ? 0 : index + 1
        }
        return counts
    }

    /// The average precision of each class; `nil` for one without a positive.
    public var perClass: [Double?] {
        let words = RankedWords(capacity: samples)
        return (0..<classes).map { index in
            withColumn(index) { averagePrecision(of: $0, in: words) }
        }
    }

    /// Average precision under one of the four averages; `nil` when it is undefined throughout.
    public func averagePrecision(_ average: Average) -> Double? {
        switch average {
        case .macro: MeanAndSpread(of: perClass).mean
        case .micro: withAll { averagePrecision(of: $0, in: RankedWords(capacity: $0.count)) }
        case .weighted: Self.weighted(perClass, by: positives)
        case .samples: MeanAndSpread(of: perSample).mean
        }
    }

    /// The average precision of each sample among its own classes; `nil` for one without a label.
    public var perSample: [Double?] {
        guard !scores.isEmpty else { return [] }
        var results = [Double](repeating: 0, count: samples)
        _ = ckernels_row_precision(scores, labels, samples, classes, &results)
        return results.map { $0.isNaN ? nil : $0 }
    }

    /// The mean over batches of an average of each batch by itself, as training loops log it.
    ///
    /// - Parameters:
    ///   - average: What is taken of a batch.
    ///   - size: Samples a batch, ≥ 1.
    ///   - order: The samples in the order in which they were batched.
    ///   - dropsLast: Whether a last batch of fewer samples is left out.
    /// - Returns: The mean over the batches in which it is defined.
    public func meanOverBatches(
        _ average: Average, size: Int, order: [Int], dropsLast: Bool
    ) -> MeanAndSpread {
        precondition(size >= 1, "a batch holds a sample at least")
        let starts = stride(from: 0, to: order.count, by: size)
        let whole = starts.filter { !dropsLast || $0 + size <= order.count }
        return MeanAndSpread(
            of: whole.map { start in
                subset(order[start..<min(start + size, order.count)]).averagePrecision(average)
            })
    }

    /// The same scores of some samples only.
    public func subset(_ rows: some Sequence<Int>) -> MultilabelScores {
        var chosen: [Float] = []
        var chosenLabels: [UInt8] = []
        for row in rows {
            chosen += scores[row * classes..<(row + 1) * classes]
            chosenLabels += labels[row * classes..<(row + 1) * classes]
        }
        return MultilabelScores(trusted: chosen, chosenLabels, classes)
    }

    private init(trusted scores: [Float], _ labels: [UInt8], _ classes: Int) {
        self.scores = scores
        self.labels = labels
        self.classes = classes
    }

    static func weighted(_ values: [Double?], by positives: [Int64]) -> Double? {
        var sum = CompensatedSum()
        var weight: Int64 = 0
        for (value, count) in zip(values, positives) {
            guard let value else { continue }
            sum.add(value * Double(count))
            weight += count
        }
        return weight == 0 ? nil : sum.value / Double(weight)
    }
}

extension MultilabelScores {
    /// Lends one class's column.
    func withColumn<Result>(_ index: Int, _ body: (ckernels_column) -> Result) -> Result {
        scores.withUnsafeBufferPointer { scores in
            labels.withUnsafeBufferPointer { labels in
                body(
                    ckernels_column(
                        scores: scores.baseAddress.map { $0 + index },
                        labels: labels.baseAddress.map { $0 + index }, count: samples,
                        stride: classes))
            }
        }
    }

    /// Lends all classes as one column.
    func withAll<Result>(_ body: (ckernels_column) -> Result) -> Result {
        scores.withUnsafeBufferPointer { scores in
            labels.withUnsafeBufferPointer { labels in
                body(
                    ckernels_column(
                        scores: scores.baseAddress, labels: labels.baseAddress,
                        count: scores.count, stride: 1))
            }
        }
    }

    private func averagePrecision(of column: ckernels_column, in words: RankedWords) -> Double? {
        // No score is NaN: `init` has looked.
        let value = words.withNumbersRanked(column) {
            ckernels_average_precision($0.baseAddress, $0.count)
        }
        return value.isNaN ? nil : value
    }
}
