/// The colours of a prediction's image, the same in every report.
package enum PredictionColour: String, CaseIterable, Sendable {
    /// Change that was found.
    case truePositive
    /// No change, called change.
    case falsePositive
    /// Change that was missed.
    case falseNegative
    /// No change, and called so.
    case trueNegative

    /// The colour in the image.
    package var hex: String {
        switch self {
        case .truePositive: "#ffffff"
        case .falsePositive: "#e69f00"
        case .falseNegative: "#0072b2"
        case .trueNegative: "#000000"
        }
    }

    /// What it means.
    package var meaning: String {
        switch self {
        case .truePositive: "change, found"
        case .falsePositive: "no change, called change"
        case .falseNegative: "change, missed"
        case .trueNegative: "no change, called so"
        }
    }
}
