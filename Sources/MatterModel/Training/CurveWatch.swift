/// Looks at the steps of a run one after the other, and tells what deserves a word.
///
/// A function of the steps alone: a resumed run that is shown its old steps first goes on as if it had not been stopped.
package struct CurveWatch {
    private let best: Recipe.Run.Best
    private let features: Int
    private var isCollapsed = false
    private var equalLosses = 0
    private var lastLoss: Double?
    private var sum = 0.0
    private var count = 0
    private var lowest: Double?

    /// After how many equal losses in a row the loss counts as constant (ours).
    private static let patience = 20

    package init(_ recipe: Recipe) {
        (best, features) = (recipe.run.best, recipe.encoder.features)
    }

    /// Takes a step in.
    ///
    /// - Returns: what is to be told of it.
    package mutating func add(_ point: CurvePoint) -> [PretrainEvent] {
        sum += value(point)
        count += 1
        var events: [PretrainEvent] = []
        let spread = point.embeddingStd * Double(features).squareRoot()
        if spread < Self.least, !isCollapsed {
            events.append(.collapsed(step: point.step, embeddingStd: point.embeddingStd))
        }
        isCollapsed = spread < Self.least
        equalLosses = point.loss == lastLoss ? equalLosses + 1 : 0
        lastLoss = point.loss
        if equalLosses == Self.patience {
            events.append(.constantLoss(step: point.step, loss: point.loss))
        }
        return events
    }

    /// The part of the deviation of features that fill the sphere, below which features have collapsed (ours).
    private static let least = 0.1

    /// A snapshot is due: the mean of the chosen curve since the last one if it is the lowest so far, else nil.
    package mutating func snapshotMean() -> Double? {
        defer { (sum, count) = (0, 0) }
        guard best != .none, count > 0 else { return nil }
        let mean = sum / Double(count)
        guard mean.isFinite, lowest.map({ mean < $0 }) ?? true else { return nil }
        lowest = mean
        return mean
    }

    private func value(_ point: CurvePoint) -> Double {
        switch best {
        case .none: 0
        case .loss: point.loss
        case .alignment: point.alignment
        case .uniformity: point.uniformity
        }
    }
}
