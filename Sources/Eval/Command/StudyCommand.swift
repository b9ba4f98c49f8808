import ArgumentParser
import Console
import Eval

/// `matter-eval study FOLDER --out REPORT`.
struct StudyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "study",
        abstract: "Report what each part of a recipe is worth.",
        discussion: """
            Reads FOLDER/VARIANT/seed-N, each with pretrain (matter-model pretrain) and change (matter-bench run oscd), \
            as script/study leaves them. Seeds are compared with like seeds.

            Example:
              matter-eval study study-output --reference matter --out reports/study
            """)

    @Argument(help: "Folder of the study.") var folder: String
    @Option(help: "The variant that the others are compared with.") var reference = "matter"
    @Option(help: "Folder for the report; without it, tables are printed only.") var out: String?
    @Option(help: "The report's headline.") var title: String?
    @OptionGroup var json: JSONOption

    func run() throws {
        let document = try StudyReport.document(folder, reference: reference, title: title)
        if let out { try DocumentFolder.write(document, to: out) }
        try json.print(document) {
            DocumentTables.lines(document) + (out.map { ["report: \($0)/index.html"] } ?? [])
        }
    }
}
