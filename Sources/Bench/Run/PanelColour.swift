/// The colours of a prediction's panel: two of Okabe and Ito's, which most kinds of colour blindness tell apart, and
/// black and white.
enum PanelColour: String, CaseIterable {
    /// Change that was found: white.
    case truePositive
    /// No change, called change: orange.
    case falsePositive
    /// Change that was missed: blue.
    case falseNegative
    /// No change, and called so: black.
    case trueNegative

    init(predicted: UInt8, truth: UInt8) {
        switch (predicted != 0, truth != 0) {
        case (true, true): self = .truePositive
        case (true, false): self = .falsePositive
        case (false, true): self = .falseNegative
        case (false, false): self = .trueNegative
        }
    }

    /// Red, green, blue.
    var rgb: [UInt8] {
        switch self {
        case .truePositive: [0xff, 0xff, 0xff]
        case .falsePositive: [0xe6, 0x9f, 0x00]
        case .falseNegative: [0x00, 0x72, 0xb2]
        case .trueNegative: [0x00, 0x00, 0x00]
        }
    }

    /// All colours as "#rrggbb".
    static var legend: [String: String] {
        let digits = Array("0123456789abcdef")
        return Dictionary(
            uniqueKeysWithValues: allCases.map { colour in
                let hex = colour.rgb.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
                return (colour.rawValue, "#" + String(hex))
            })
    }
}
