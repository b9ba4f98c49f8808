import Foundation
import Manifests
import Recipes

/// What a night runs, and when it counts as worse than those before.
package struct NightlyRecipe: Sendable, Equatable {
    /// A command and what it leaves.
    package struct Stage: Sendable, Equatable {
        /// Its name, and that of its folder in the night.
        package var name: String
        /// The program and its arguments; it runs in the stage's folder.
        package var command: [String]
        /// How long it may take.
        package var minutes: Double
        /// Run and sweep folders that are scored when it is done, relative to the stage's folder.
        package var scores: [String]
        /// A JSON file of further numbers by name, relative to the stage's folder.
        package var numbers: String?
        /// Which of those numbers are the better the lower they are.
        package var lower: [String]

        /// The digest of the command's words.
        var commandDigest: String {
            SHA256Digest(of: Array(command.joined(separator: "\u{0}").utf8)).hex
        }
    }

    /// Its name.
    package var name: String
    /// The folder of its file: what `{recipe}` in commands stands for.
    package var folder: String
    /// How many nights before are compared with.
    package var nights: Int
    /// How many nights are kept whole; of older ones, the first of each month is.
    package var keep: Int
    /// The chance that a night without any change is flagged.
    package var chance: Double
    /// A smaller loss than this part of the mean is never flagged.
    package var least: Double
    /// The loss, as a part of the mean, that is flagged while fewer than three nights tell how values spread.
    package var unknownSpread: Double
    /// The stages, in their order.
    package var stages: [Stage]

    /// Reads a recipe.
    /// - Throws: `ManifestError`: 66, or 78 with line and column.
    package init(path: String) throws {
        let document = try TOMLDocument(path: path)
        let root = document.value
        func number(_ key: String, _ standard: Double, in range: ClosedRange<Double>) throws
            -> Double
        {
            guard let value = root[key] else { return standard }
            guard let number = value.double, range.contains(number) else {
                throw document.failure(
                    key, atValue: true,
                    "must be a number in \(range.lowerBound) … \(range.upperBound)")
            }
            return number
        }
        let known: Set = ["name", "nights", "keep", "chance", "least", "unknown_spread", "stage"]
        for key in (root.object ?? [:]).keys.sorted() where !known.contains(key) {
            throw document.failure(
                key, atValue: false,
                "is no key of a nightly recipe; did you mean \(key.nearest(of: known.sorted()) ?? "")?"
            )
        }
        guard let name = root["name"]?.string, !name.isEmpty else {
            throw document.failure("name", atValue: true, "must be text")
        }
        self.name = name
        folder = URL(filePath: path).deletingLastPathComponent().standardizedFileURL.path
        nights = Int(try number("nights", 14, in: 1...1000))
        keep = Int(try number("keep", 30, in: 1...10_000))
        chance = try number("chance", 0.01, in: 1e-9...0.5)
        least = try number("least", 0.005, in: 0...1e9)
        unknownSpread = try number("unknown_spread", 0.1, in: 0...1e9)
        guard let stages = root["stage"]?.array, !stages.isEmpty else {
            throw document.failure("stage", atValue: false, "is missing: a night needs a [[stage]]")
        }
        self.stages = try stages.enumerated().map { index, stage in
            try Self.stage(stage) { document.failure("stage.\(index).\($0)", atValue: true, $1) }
        }
        let names = self.stages.map(\.name)
        guard Set(names).count == names.count else {
            throw document.failure(
                "stage", atValue: false, "has a name twice; each stage needs its own")
        }
    }

    private static func stage(
        _ stage: JSONValue, _ failure: (String, String) -> ManifestError
    ) throws -> Stage {
        func words(_ key: String) throws -> [String] {
            guard let value = stage[key] else { return [] }
            let words = (value.array ?? []).compactMap(\.string)
            guard let count = value.array?.count, words.count == count else {
                throw failure(key, "must be a list of text")
            }
            return words
        }
        let known: Set = ["name", "command", "minutes", "scores", "numbers", "lower"]
        for key in (stage.object ?? [:]).keys.sorted() where !known.contains(key) {
            throw failure(
                key, "is no key of a stage; did you mean \(key.nearest(of: known.sorted()) ?? "")?")
        }
        guard let name = stage["name"]?.string, !name.isEmpty,
            name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") })
        else { throw failure("name", "must be made of letters, digits and hyphens") }
        let command = try words("command")
        guard !command.isEmpty else {
            throw failure("command", "must be a list of a program and its arguments")
        }
        guard let minutes = (stage["minutes"] ?? .integer(60)).double, minutes > 0,
            minutes <= 10_000
        else {
            throw failure("minutes", "must be a number in 0 … 10000")
        }
        let paths = try words("scores") + [stage["numbers"]?.string].compactMap(\.self)
        guard paths.allSatisfy({ !$0.hasPrefix("/") && !$0.split(separator: "/").contains("..") })
        else {
            throw failure("scores", "must lie in the stage's folder: no leading / and no ..")
        }
        return Stage(
            name: name, command: command, minutes: minutes, scores: try words("scores"),
            numbers: stage["numbers"]?.string, lower: try words("lower"))
    }
}
