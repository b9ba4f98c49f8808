import Foundation

/// How well a grouping of places agrees with their classes (Rosenberg and Hirschberg, 2007); equal to scikit-learn's numbers.
///
/// With H in natural logarithms: homogeneity 1 − H(C|K) / H(C), low where groups mix classes (over-grouping); completeness
/// 1 − H(K|C) / H(K), low where classes fall apart (under-grouping); V their harmonic mean.
public struct ClusterAgreement: Codable, Hashable, Sendable {
    /// 0…1; 1 where each group has one class.
    public let homogeneity: Double
    /// 0…1; 1 where each class lies in one group.
    public let completeness: Double
    /// The harmonic mean of both; 0 where both are 0.
    public let vMeasure: Double

    /// Compares two labelings of the same places; any numbers may be labels.
    public init(classes: [Int], groups: [Int]) {
        precondition(
            classes.count == groups.count, "\(classes.count) classes, \(groups.count) groups")
        let total = Double(classes.count)
        func entropy(_ counts: some Collection<Int>) -> Double {
            -counts.sorted().reduce(0.0) { $0 + Double($1) / total * log(Double($1) / total) }
        }
        func counts<Key: Hashable>(_ keys: some Sequence<Key>) -> Dictionary<Key, Int>.Values {
            keys.reduce(into: [Key: Int]()) { $0[$1, default: 0] += 1 }.values
        }
        let (ofClasses, ofGroups) = (entropy(counts(classes)), entropy(counts(groups)))
        let joint = entropy(counts(zip(classes, groups).map { [$0, $1] }))
        let shared = max(ofClasses + ofGroups - joint, 0)
        homogeneity = ofClasses > 0 ? min(shared / ofClasses, 1) : 1
        completeness = ofGroups > 0 ? min(shared / ofGroups, 1) : 1
        let sum = homogeneity + completeness
        vMeasure = sum > 0 ? 2 * homogeneity * completeness / sum : 0
    }
}

/// How well the borders between groups lie on the borders between classes.
///
/// A place lies on a border where its right or lower neighbour has another label. A border place agrees if one of the other map lies
/// among its eight neighbours or at itself.
public struct BoundaryAgreement: Codable, Hashable, Sendable {
    /// Part of the groups' borders that lie on borders of classes, 0…1; nil without any.
    public let precision: Double?
    /// Part of the classes' borders on which borders of groups lie, 0…1; nil without any.
    public let recall: Double?
    /// The harmonic mean of both; 0 where no border agrees, nil where neither map has one.
    public let f1: Double?

    /// Compares two maps of the same size, row by row.
    ///
    /// - Parameters:
    ///   - classes: what is compared with.
    ///   - groups: what is judged.
    ///   - width: places a row.
    ///   - clear: between which places a border counts; nil for all.
    public init(classes: [Int], groups: [Int], width: Int, clear: [Bool]? = nil) {
        precondition(classes.count == groups.count && width > 0, "maps of one size")
        let own = Self.borders(groups, width, clear)
        let other = Self.borders(classes, width, clear)
        precision = Self.share(of: own, near: other, width)
        recall = Self.share(of: other, near: own, width)
        let (found, reached) = (precision ?? 0, recall ?? 0)
        f1 =
            precision == nil && recall == nil
            ? nil : found + reached > 0 ? 2 * found * reached / (found + reached) : 0
    }

    private static func borders(_ labels: [Int], _ width: Int, _ clear: [Bool]?) -> [Bool] {
        func differ(_ index: Int, _ next: Int) -> Bool {
            labels[index] != labels[next] && clear.map { $0[index] && $0[next] } ?? true
        }
        return labels.indices.map { index in
            let isLastColumn = index % width == width - 1
            return (!isLastColumn && differ(index, index + 1))
                || (index + width < labels.count && differ(index, index + width))
        }
    }

    private static func share(of own: [Bool], near other: [Bool], _ width: Int) -> Double? {
        let height = own.count / width
        var (found, all) = (0, 0)
        for index in own.indices where own[index] {
            all += 1
            let (row, column) = index.quotientAndRemainder(dividingBy: width)
            let rows = max(row - 1, 0)...min(row + 1, height - 1)
            let columns = max(column - 1, 0)...min(column + 1, width - 1)
            if rows.contains(where: { r in columns.contains { other[r * width + $0] } }) {
                found += 1
            }
        }
        return all == 0 ? nil : Double(found) / Double(all)
    }
}
