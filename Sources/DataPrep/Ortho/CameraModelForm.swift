import Foundation
import Raster

/// The forms in which camera models are delivered beside images, and how each says the same numbers.
enum CameraModelForm: CaseIterable {
    /// "key = value;", lists in parentheses.
    case rpb
    /// "KEY: value unit", a line a coefficient.
    case text

    private var names: [String] {
        switch self {
        case .rpb: ["line", "samp", "lat", "long", "height"]
        case .text: ["LINE", "SAMP", "LAT", "LONG", "HEIGHT"]
        }
    }

    private var ends: (offset: String, scale: String) {
        switch self {
        case .rpb: ("Offset", "Scale")
        case .text: ("_OFF", "_SCALE")
        }
    }

    private var lists: [String] {
        switch self {
        case .rpb: ["lineNumCoef", "lineDenCoef", "sampNumCoef", "sampDenCoef"]
        case .text: ["LINE_NUM_COEFF", "LINE_DEN_COEFF", "SAMP_NUM_COEFF", "SAMP_DEN_COEFF"]
        }
    }

    private static let numbered = 1...20

    /// Every key that a file of this form must have, once.
    var keys: [String] {
        let normalisations = names.flatMap { [$0 + ends.offset, $0 + ends.scale] }
        guard self == .text else { return normalisations + lists }
        return normalisations
            + lists.flatMap { list in Self.numbered.map { "\(list)_\($0)" } }
    }

    /// The model that a file's entries say.
    ///
    /// - Throws: `PrepError` (`badData`) that names the key.
    func model(_ entries: CameraModelEntries) throws -> RPCModel {
        if self == .rpb { try entries.refuseOtherOrder() }
        let parts = try names.map { name in
            RPCModel.Normalisation(
                offset: try entries.number(name + ends.offset),
                scale: try entries.scale(name + ends.scale))
        }
        return try RPCModel(
            line: parts[0], sample: parts[1], latitude: parts[2], longitude: parts[3],
            height: parts[4], coefficients: lists.map { try coefficients($0, entries) })
    }

    private func coefficients(
        _ list: String, _ entries: CameraModelEntries
    ) throws -> [Double] {
        switch self {
        case .rpb: try entries.list(list, of: Self.numbered.count)
        case .text: try Self.numbered.map { try entries.number("\(list)_\($0)") }
        }
    }

    /// What a text says in this form, in its order.
    func statements(_ text: String) -> [(key: String, value: String)] {
        let lines = text.split(whereSeparator: \.isNewline).map { Self.trimmed($0) }
        switch self {
        case .rpb: return Self.assignments(lines)
        case .text: return lines.compactMap { Self.parted($0, by: ":") }
        }
    }

    /// A list may go over many lines, to its closing parenthesis.
    private static func assignments(_ lines: [String]) -> [(key: String, value: String)] {
        var found: [(key: String, value: String)] = []
        var isOpen = false
        for line in lines where !line.isEmpty {
            if isOpen, let last = found.indices.last {
                let isBegun = !found[last].value.isEmpty
                found[last].value += isBegun ? " " + line : line
                isOpen = isBegun ? !line.contains(")") : opensList(line)
            } else if let entry = parted(line, by: "=") {
                found.append(entry)
                isOpen = entry.value.isEmpty || opensList(entry.value)
            }
        }
        return found
    }

    private static func opensList(_ value: String) -> Bool {
        value.hasPrefix("(") && !value.contains(")")
    }

    private static func parted(
        _ line: String, by separator: Character
    ) -> (key: String, value: String)? {
        line.firstIndex(of: separator).map {
            (trimmed(line[..<$0]), trimmed(line[line.index(after: $0)...]))
        }
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        // Some editors begin a file with a byte order mark.
        text.trimmingCharacters(in: .whitespaces.union(["\u{FEFF}"]))
    }
}
