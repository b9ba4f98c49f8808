import CKernels

/// How often each class was called each class: rows are the truth, columns the prediction.
///
/// Counts add, so that tiles and machines may be counted apart and merged in any order. What is ignored in the truth is
/// counted apart; a prediction that is no class is a miss of the true class and of no other one's making.
public struct ClassConfusion: Sendable, Hashable, Codable {
    /// How many classes there are, 1 to 255.
    public let classes: Int
    /// Pixels by truth, then by prediction; `classes` × (`classes` + 1), the last column for predictions of no class.
    public private(set) var counts: [Int64]
    /// Pixels that the truth says to leave out.
    public private(set) var ignored: Int64

    /// Begins with nothing counted.
    public init(classes: Int) {
        precondition((1...255).contains(classes), "\(classes) classes cannot be counted")
        self.classes = classes
        counts = [Int64](repeating: 0, count: classes * (classes + 1))
        ignored = 0
    }

    /// Takes a matrix that was counted elsewhere.
    ///
    /// - Parameters:
    ///   - rows: Pixels by truth, then by prediction; as many rows as columns, 1 to 255.
    ///   - ignored: Pixels that were left out.
    /// - Throws: `MetricsError` when the matrix is not square, or a count is negative.
    public init(rows: [[Int64]], ignored: Int64 = 0) throws(MetricsError) {
        guard (1...255).contains(rows.count), rows.allSatisfy({ $0.count == rows.count }) else {
            throw MetricsError("a confusion matrix must be square, of 1 to 255 classes")
        }
        guard ignored >= 0, rows.allSatisfy({ $0.allSatisfy { $0 >= 0 } }) else {
            throw MetricsError("a confusion matrix holds no negative counts")
        }
        classes = rows.count
        counts = rows.flatMap { $0 + [0] }
        self.ignored = ignored
    }

    /// Counts pixels, at the speed of memory.
    ///
    /// - Parameters:
    ///   - prediction: The class of each pixel.
    ///   - truth: The true class of each pixel, as many as in `prediction`.
    ///   - code: A code in `truth` whose pixels are left out.
    /// - Throws: `MetricsError` when a truth is neither a class nor the code; nothing is counted then.
    public mutating func add(
        prediction: UnsafeBufferPointer<UInt8>, truth: UnsafeBufferPointer<UInt8>,
        ignoring code: UInt8? = nil
    ) throws(MetricsError) {
        precondition(
            prediction.count == truth.count,
            "\(prediction.count) predictions for \(truth.count) truths")
        var table = [UInt64](repeating: 0, count: (classes + 1) * (classes + 1))
        let strange = ckernels_count_classes(
            prediction.baseAddress, truth.baseAddress, truth.count, Int32(classes),
            code.map(Int32.init) ?? -1, &table)
        guard strange == 0 else {
            throw MetricsError(
                "\(strange) of \(truth.count) truths are neither a class below \(classes) nor ignored"
            )
        }
        for place in counts.indices { counts[place] += Int64(table[place]) }
        ignored += table[counts.count...].reduce(0) { $0 + Int64($1) }
    }

    /// Counts pixels in arrays.
    ///
    /// - Parameters:
    ///   - prediction: The class of each pixel.
    ///   - truth: The true class of each pixel, as many as in `prediction`.
    ///   - code: A code in `truth` whose pixels are left out.
    /// - Throws: `MetricsError` when a truth is neither a class nor the code; nothing is counted then.
    public mutating func add(
        prediction: [UInt8], truth: [UInt8], ignoring code: UInt8? = nil
    ) throws(MetricsError) {
        var copy = self
        let outcome = prediction.withUnsafeBufferPointer { prediction in
            truth.withUnsafeBufferPointer { truth in
                Result { () throws(MetricsError) in
                    try copy.add(prediction: prediction, truth: truth, ignoring: code)
                }
            }
        }
        try outcome.get()
        self = copy
    }

    /// Adds other counts so many times; they must have the same classes.
    public mutating func add(_ other: ClassConfusion, times weight: Int64) {
        precondition(classes == other.classes, "confusions of different classes")
        for place in counts.indices { counts[place] += other.counts[place] * weight }
        ignored += other.ignored * weight
    }

    /// The counts of both together; they must have the same classes.
    public static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum.add(right, times: 1)
        return sum
    }

    /// Adds other counts to these; they must have the same classes.
    public static func += (left: inout Self, right: Self) { left = left + right }
}

extension ClassConfusion {
    /// A place among the counts, and by how much two confusions differ there.
    package struct Difference: Sendable, Hashable {
        fileprivate let place: Int
        fileprivate let count: Int64
    }

    /// Where other counts differ from these, and by how much; they must have the same classes.
    ///
    /// Of single images most counts are 0 in both: what differs is a handful of places.
    package func differences(of other: Self) -> [Difference] {
        precondition(classes == other.classes, "confusions of different classes")
        return counts.indices.compactMap { place in
            let count = other.counts[place] - counts[place]
            return count == 0 ? nil : Difference(place: place, count: count)
        }
    }

    /// Adds differences so many times; what is ignored stays as it was.
    package mutating func add(_ differences: [Difference], times weight: Int64) {
        for difference in differences { counts[difference.place] += difference.count * weight }
    }
}

extension ClassConfusion {
    /// All that was counted, ignored pixels left out.
    public var total: Int64 { counts.reduce(0, +) }

    /// Pixels of a true class that were called another one.
    public subscript(truth: Int, prediction: Int) -> Int64 {
        counts[truth * (classes + 1) + prediction]
    }

    /// The counts of one class against all others.
    public func counts(of index: Int) -> ConfusionCounts {
        let own = self[index, index]
        let row = (0...classes).reduce(Int64(0)) { $0 + self[index, $1] }
        let column = (0..<classes).reduce(Int64(0)) { $0 + self[$1, index] }
        return ConfusionCounts(
            truePositive: own, falsePositive: column - own, falseNegative: row - own,
            trueNegative: total - row - column + own)
    }

    /// The counts of every class against all others.
    public var everyClass: [ConfusionCounts] { (0..<classes).map(counts(of:)) }

    /// Mean of the classes' intersection over union; a class neither in truth nor in prediction is left out and counted.
    public var meanIoU: MeanAndSpread { MeanAndSpread(of: everyClass.map(\.iou)) }

    /// Mean of the classes' F1; a class neither in truth nor in prediction is left out and counted.
    public var meanF1: MeanAndSpread { MeanAndSpread(of: everyClass.map(\.f1)) }

    /// Mean of the classes' recall ("balanced accuracy"); a class that is not in the truth is left out and counted.
    public var meanRecall: MeanAndSpread { MeanAndSpread(of: everyClass.map(\.recall)) }

    /// The share of pixels that were called their class; `nil` when nothing was counted.
    public var accuracy: Double? {
        let all = total
        let agreeing = (0..<classes).reduce(Int64(0)) { $0 + self[$1, $1] }
        return all == 0 ? nil : Double(agreeing) / Double(all)
    }

    /// Cohen's kappa, (pₒ − pₑ) / (1 − pₑ): agreement beyond chance; `nil` where chance agrees on everything.
    public var kappa: Double? {
        guard let observed = accuracy else { return nil }
        let all = Double(total)
        let chance = everyClass.reduce(0.0) { sum, counts in
            let row = Double(counts.truePositive + counts.falseNegative) / all
            let column = Double(counts.truePositive + counts.falsePositive) / all
            return sum + row * column
        }
        return chance >= 1 ? nil : (observed - chance) / (1 - chance)
    }
}

extension ClassConfusion {
    /// Counts of two classes, the second of which is the positive one.
    public init(_ counts: ConfusionCounts) {
        classes = 2
        ignored = 0
        self.counts = [
            counts.trueNegative, counts.falsePositive, 0, counts.falseNegative,
            counts.truePositive, 0,
        ]
    }
}
