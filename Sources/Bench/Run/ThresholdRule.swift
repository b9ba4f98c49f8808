import Metrics

/// How the score from which on a pixel counts as changed is chosen.
public enum ThresholdRule: String, CaseIterable, Codable, Sendable {
    /// For each image alone, from its own scores.
    case otsu
    /// For each image alone, from its own scores: a small class beside a large one.
    case minimumError = "minimum-error"
    /// For each image alone, from its own scores: where the peak's slope becomes its tail.
    case unimodal
    /// One for all, the best on the training cities.
    case trainCities = "train-cities"
    /// One for all, the best on the very pixels that are scored.
    case oracle

    /// What the rule does, for people.
    public var title: String {
        switch self {
        case .otsu:
            "Otsu's threshold of each image (256 bins between the least and the greatest score of its pixels with data)"
        case .minimumError:
            "the threshold of minimum error of each image (Kittler and Illingworth; the bins of Otsu's)"
        case .unimodal:
            "the corner of each image's histogram (Rosin; the bins of Otsu's)"
        case .trainCities:
            "one threshold, of the greatest pooled F1 on the training cities, whose labels it sees"
        case .oracle:
            "one threshold, of the greatest pooled F1 on the test cities themselves: an upper bound, not a result"
        }
    }

    /// Whether the choice has seen the truth of the pixels that are scored.
    public var isOracle: Bool { self == .oracle }

    /// Whether each image has a threshold of its own.
    var isOfEachImage: Bool {
        switch self {
        case .otsu, .minimumError, .unimodal: true
        case .trainCities, .oracle: false
        }
    }

    /// The threshold in one image; `nil` when nothing is to be called changed.
    ///
    /// Pixels without data are unchanged by rule and have no part in choosing an image's own: their zeros would be a
    /// class of their own, from which it parted all others.
    func threshold(in city: ScoredCity, common: Float?) -> Float? {
        guard isOfEachImage else { return common }
        let scores = zip(city.scores, city.hasData).filter { $0.1 != 0 }.map(\.0)
        return switch self {
        case .otsu: OtsuThreshold(of: scores)?.value
        case .minimumError: MinimumErrorThreshold(of: scores)?.value
        case .unimodal: UnimodalThreshold(of: scores)?.value
        case .trainCities, .oracle: common
        }
    }
}

/// Pixels called changed at a threshold: those that score at least it; none when there is no threshold.
func changeMask(of scores: [Float], threshold: Float?) -> [UInt8] {
    guard let threshold else { return [UInt8](repeating: 0, count: scores.count) }
    return scores.map { $0 >= threshold ? 1 : 0 }
}
