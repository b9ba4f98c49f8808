import Manifests

/// What dates are aligned to.
enum AlignmentReference: Hashable, Sendable {
    /// One date: "2020-06-01" or with a time; `nil` for the first with most clear pixels.
    case date(String?)
    /// The clearest date, its gaps filled with the next clearest ones after these are aligned.
    case mosaic
    /// What all pairs of dates agree on, so that no single date's noise is inherited.
    ///
    /// A date's displacement is one smooth field: steps at borders of strips become ramps between two nodes.
    case consensus

    /// Reads a setting; every word but "mosaic" and "consensus" is taken for a date.
    init(_ word: String?) {
        switch word {
        case "mosaic": self = .mosaic
        case "consensus": self = .consensus
        default: self = .date(word)
        }
    }

    /// Whether a setting is one of the two words or a date.
    static func isValid(_ word: String) -> Bool {
        if case .date = AlignmentReference(word) { return SensingTime(word) != nil }
        return true
    }
}
