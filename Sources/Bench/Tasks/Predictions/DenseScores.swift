import Metrics

/// What the probabilities of an image's pixels are called, and how that fits its truth.
struct DenseAnswer {
    /// A class a pixel, row by row.
    let classes: [UInt8]
    /// (classes, classes), rows are the truth; empty where there is none.
    let confusion: [[Int64]]

    /// Calls pixels; `threshold` for change, nil where nothing is to be called changed.
    init(changed scores: [Float], threshold: Float?, truth: [UInt8]?, ignored: Int) {
        classes = changeMask(of: scores, threshold: threshold)
        confusion = Self.confusion(classes, truth, count: 2, ignored)
    }

    /// Calls pixels by the greatest of their probabilities, planes one after the other.
    init(probabilities: [Float], count: Int, truth: [UInt8]?, ignored: Int) {
        let pixels = probabilities.count / max(count, 1)
        classes = (0..<pixels).map { pixel in
            var best = 0
            for number in 1..<max(count, 1)
            where probabilities[number * pixels + pixel] > probabilities[best * pixels + pixel] {
                best = number
            }
            return UInt8(best)
        }
        confusion = Self.confusion(classes, truth, count: count, ignored)
    }

    private static func confusion(
        _ classes: [UInt8], _ truth: [UInt8]?, count: Int, _ ignored: Int
    ) -> [[Int64]] {
        guard let truth else { return [] }
        var table = [[Int64]](repeating: [Int64](repeating: 0, count: count), count: count)
        for (found, code) in zip(classes, truth)
        where Int(code) != ignored && Int(code) < count {
            table[Int(code)][Int(found)] += 1
        }
        return table
    }

    /// The counts of two classes.
    var counts: ConfusionCounts {
        ConfusionCounts(
            truePositive: confusion[1][1], falsePositive: confusion[0][1],
            falseNegative: confusion[1][0], trueNegative: confusion[0][0])
    }
}

/// What follows from the confusion of classes.
struct ConfusionScores {
    /// The mean IoU over the classes that are in truth or prediction; nil for none.
    let meanIoU: Double?
    /// The share of pixels that are called what they are.
    let accuracy: Double?

    init(_ table: [[Int64]]) {
        let unions = table.indices.map { number in
            table[number].reduce(0, +) + table.reduce(0) { $0 + $1[number] } - table[number][number]
        }
        let ratios = table.indices.compactMap { number -> Double? in
            unions[number] == 0 ? nil : Double(table[number][number]) / Double(unions[number])
        }
        meanIoU = ratios.isEmpty ? nil : ratios.reduce(0, +) / Double(ratios.count)
        let total = table.joined().reduce(0, +)
        let right = table.indices.reduce(Int64(0)) { $0 + table[$1][$1] }
        accuracy = total == 0 ? nil : Double(right) / Double(total)
    }

    static func sum(_ left: [[Int64]], _ right: [[Int64]]) -> [[Int64]] {
        guard !left.isEmpty else { return right }
        guard !right.isEmpty else { return left }
        return zip(left, right).map { zip($0, $1).map { $0 + $1 } }
    }
}
