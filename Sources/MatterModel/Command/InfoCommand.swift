import ArgumentParser
import Console
import Manifests
import MatterModel

struct InfoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Shows a recipe's values and origins, or an encoder.",
        discussion: "Example: matter-model info manifests/recipes/matter-demo.toml")

    @Argument(help: "A recipe (.toml) or an encoder (.safetensors).")
    var file: String

    @OptionGroup var changes: SettingOptions

    @OptionGroup var json: JSONOption

    @OptionGroup var logging: LoggingOptions

    func run() throws {
        if file.hasSuffix(".toml") {
            let summary = RecipeSummary(try RecipeFile(path: file, settings: changes.settings))
            try json.print(summary) { Self.lines(summary) }
        } else {
            let summary = try EncoderSummary(path: file)
            let facts = try summary.facts()
            try json.print(summary) { Self.lines(summary, facts) }
        }
    }

    private static func lines(_ summary: RecipeSummary) -> [String] {
        var values = Table(["key", "value", "origin", "reason"])
        for row in summary.values { values.add([row.key, row.value, row.origin, row.reason]) }
        var fixed = Table(["fixed in the program", "value", "origin", "reason"])
        for row in summary.fixed { fixed.add([row.name, row.value, row.origin, row.reason]) }
        let parts: [[String]] = [
            values.lines, [""], fixed.lines, [""], lines(summary.defects), lines(summary.cost),
        ]
        return parts.flatMap(\.self)
    }

    private static func lines(_ defects: [RecipeFile.Defect]) -> [String] {
        guard !defects.isEmpty else { return [] }
        var table = Table(["defect of the source, not reproduced", "here"])
        for row in defects { table.add([row.what, row.here]) }
        return table.lines + [""]
    }

    private static func lines(
        _ summary: EncoderSummary, _ facts: [EncoderSummary.Fact]
    ) -> [String] {
        var arrays = Table(["parameter", "shape", "values"], alignments: [.left, .left, .right])
        for row in summary.arrays { arrays.add([row.name, "\(row.shape)", "\(row.values)"]) }
        var values = Table(["key", "value"])
        for fact in facts { values.add([fact.key, fact.value]) }
        let parts: [[String]] = [
            arrays.lines, [""], values.lines, ["", "\(summary)"], lines(summary.cost),
        ]
        return parts.flatMap(\.self)
    }

    private static func lines(_ cost: EncoderCost) -> [String] {
        [
            "parameters                  \(cost.parameters)",
            "multiplications a pixel     \(cost.multiplicationsAPixel)",
            "multiplications a patch     \(cost.multiplicationsAPatch)",
            "bytes a pixel               \(cost.bytesAPixel)",
            "bytes a patch in training   \(cost.bytesAPatchInTraining)",
            "multiplications a step      \(cost.multiplicationsAStep)",
            "bytes a batch in training   \(cost.bytesABatchInTraining)",
        ]
    }
}
