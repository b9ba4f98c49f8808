/// Matches called objects with true ones, as the SpaceNet building challenges score them.
///
/// In their order, each called object takes the free true one with which it shares most (intersection over union); it is
/// right if that is at least the threshold. True objects that nobody took are missed. Van Etten, Lindenbaum, Bacastow,
/// "SpaceNet: A Remote Sensing Dataset and Challenge Series", arXiv 1807.01232, section 5.
public struct OutlineMatching: Sendable, Hashable {
    /// The least intersection over union of a match.
    public var threshold: Double
    /// True objects of a smaller area are not missed when nobody takes them.
    ///
    /// SpaceNet 2's published scores leave out what covers less than 20 pixels.
    public var leastMissedArea: Double

    /// Describes a rule.
    ///
    /// - Parameters:
    ///   - threshold: The least intersection over union of a match.
    ///   - leastMissedArea: The area from which on a true object counts as missed.
    public init(threshold: Double = 0.5, leastMissedArea: Double = 0) {
        self.threshold = threshold
        self.leastMissedArea = leastMissedArea
    }

    /// Counts the objects of one image; there are no true negatives.
    ///
    /// - Parameters:
    ///   - called: Called objects, the surest first; those without an area are left out.
    ///   - truth: True objects; those without an area are left out.
    /// - Returns: True positives, false positives and false negatives.
    public func counts(called: [Outline], truth: [Outline]) -> ConfusionCounts {
        var free = truth.filter { $0.area > 0 }
        var counts = ConfusionCounts()
        for object in called where object.area > 0 {
            let shares = free.map { object.iou(with: $0) ?? 0 }
            if let best = shares.indices.max(by: { shares[$0] < shares[$1] }),
                shares[best] >= threshold
            {
                counts.truePositive += 1
                free.remove(at: best)
            } else {
                counts.falsePositive += 1
            }
        }
        counts.falseNegative = Int64(free.count { $0.area >= leastMissedArea })
        return counts
    }
}
