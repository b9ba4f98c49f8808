import Eval
import Foundation
import Manifests
import TestSupport
import Testing

@Suite("Published tables")
struct PaperTests {
    private func table(_ name: String) throws -> PaperTable {
        try PaperTable(path: Checkout.path("reports/reference/\(name).toml"))
    }

    @Test("MATTER's table: four rows are means over batches, one cannot be, five agree")
    func matter() throws {
        let table = try table("oscd-matter")
        let audit = AuditTable(table)
        let verdicts = Dictionary(grouping: zip(table.rows, audit.rows), by: { $0.1.audit.verdict })
            .mapValues { Set($0.map(\.0.id)) }
        #expect(table.rows.count == 10)
        #expect(
            verdicts[.averaged] == [
                "unet-random", "unet-imagenet", "moco-finetuned", "seco-finetuned",
            ])
        #expect(verdicts[.impossible] == ["deeplab-imagenet"])
        #expect(verdicts[.agrees] == ["matter-finetuned", "vca", "moco", "seco", "matter"])
        #expect(audit.flagged == 5)
    }

    @Test("what an audit and a fact say is whole in every rendering")
    func wholeSentences() throws {
        let document = try PaperReport.document(table("oscd-matter"), runs: [], protocols: [])
        let files = try DocumentFolder.render(encodeCanonicalJSON(document, pretty: true))
            .mapValues { String(decoding: $0, as: UTF8.self) }
        for name in ["report.md", "report.tex", "index.html"] {
            let text = try #require(files[name])
            #expect(text.contains("threshold or class, or a slip"), "\(name)")
        }
        var long = document
        let cities = (1...10).map { "city-number-\($0)" }.joined(separator: ", ")
        long.facts[0].text = cities
        let rendered = try DocumentFolder.render(encodeCanonicalJSON(long, pretty: true))
            .mapValues { String(decoding: $0, as: UTF8.self) }
        #expect(rendered["index.html"]?.contains(cities) == true)
        #expect(rendered["report.md"]?.contains(cities) == true)
    }

    @Test("every table of the suite reads; a cell that nobody published is absent")
    func tables() throws {
        let names = try FileManager.default.contentsOfDirectory(
            atPath: Checkout.path("reports/reference")
        )
        .filter { $0.hasSuffix(".toml") }
        #expect(names.count >= 4)
        for name in names { #expect(try !table(String(name.dropLast(5))).rows.isEmpty) }
        #expect(
            AuditTable(try table("oscd-dino-mc")).rows.allSatisfy { $0.audit.verdict == .averaged })
        let rows = try table("bigearthnet").rows
        let row = try #require(rows.first { $0.id == "seco-r18" })
        #expect(row.values.keys.sorted() == ["map-micro"] && row.facts["labels"] == nil)
        #expect(row.values["map-micro"]?.halfUnit == 0.5 / 100 / 100)
        // One digit was printed, of batches of another size.
        let other = try #require(rows.first { $0.id == "ssl4eo-dino-r50" })
        #expect(other.values["map-micro"]?.halfUnit == 0.5 / 10 / 100)
        #expect(other.facts["protocol"] == "ssl4eo-bigearthnet" && other.facts["decimals"] == nil)
    }

    @Test("a table is repeated under its own protocol, and a row under its own")
    func ownProtocol() throws {
        let fixture = try TaskFixture()
        let all = try Protocols.read(Checkout.path("manifests/protocols"))
        var run = TaskFixture.Run()
        run.side = 300
        func document(
            _ name: String, _ run: String, _ matches: [(row: String, words: String)]
        ) throws -> Document {
            let table = try table(name)
            return try PaperReport.document(
                table, runs: [run], protocols: PaperReport.ordered(all, for: table),
                matches: matches, resampling: ResamplingPlan(resamples: 0))
        }
        let change = try document(
            "oscd-dino-mc", fixture.change("change", run), [("dino-r50", "unet")])
        #expect(change.facts.last?.text == "seco")
        #expect(!change.notices.contains { $0.text.contains("follow") })
        let lists = try document(
            "bigearthnet", fixture.multilabel("lists", count: 1100),
            [("seco-r18", "unet"), ("ssl4eo-moco-r50", "unet")])
        #expect(lists.facts.last?.text == "seco-bigearthnet")
        let beside = try #require(lists.sections.first { $0.id == "beside" }?.blocks.first?.table)
        #expect(
            beside.rows.map { $0[2].text } == [
                "mAP (micro)", "mAP (micro), ssl4eo-bigearthnet",
            ])
        #expect(beside.rows[0][4].value != beside.rows[1][4].value)
    }

    @Test("anyone's table: percent or shares, quotes, empty cells, semicolons")
    func csv() throws {
        let percent = try AuditTable(
            text:
                "\u{FEFF}Method,P,R,F1\r\n\"a, b\",50.0,50.0,50.0\r\n\r\nc,70.5,19.2,29.4\r\nd,,20,30\r\n",
            path: "t.csv")
        #expect(percent.isPercent && percent.rows.map(\.method) == ["a, b", "c", "d"])
        #expect(percent.rows.map(\.audit.verdict) == [.agrees, .averaged, .unknown])
        #expect(percent.rows.map(\.line) == [2, 4, 5])
        let shares = try AuditTable(
            text: "f1;recall;precision\n0.51;0.51;0.52\n0.9;0.5;0.5\n0.01;0.9;0.9\n", path: "t")
        #expect(!shares.isPercent)
        #expect(shares.rows.map(\.audit.verdict) == [.agrees, .impossible, .impossible])
        // Of whole percents: 79.5 and 79.5 are printed as 80, and allow a mean F1 of 59.
        let whole = try AuditTable(text: "P,R,F1\n80,80,59\n80,80,58\n", path: "t")
        #expect(whole.rows.map(\.audit.verdict) == [.averaged, .impossible])
        let jaccard = try AuditTable(text: "IoU,F1\n50,66.7\n50,70.0\n", path: "t")
        #expect(jaccard.rows.map(\.audit.verdict) == [.agrees, .averaged])
    }

    @Test(
        "what is no table is refused with its line",
        arguments: [
            ("", "is empty"), ("a,b\n1,2\n", "must name the columns"), ("p,r,f1\n1,2\n", "t.csv:2"),
            ("p,r,f1\n1,2,x\n", "no number"), ("p,r,f1\n1,2,101\n", "no number"),
        ])
    func refused(text: String, message: String) {
        let error = #expect(throws: EvalError.self) { try AuditTable(text: text, path: "t.csv") }
        #expect(error?.description.contains(message) == true)
    }

    @Test("rounding alone never flags a row")
    func rounding() {
        for precision in stride(from: 3.0, through: 97, by: 7.3) {
            for recall in stride(from: 5.0, through: 96, by: 8.1) {
                let f1 = 2 * precision * recall / (precision + recall)
                func printed(_ value: Double) -> PaperTable.Value {
                    PaperTable.Value(share: (value * 10).rounded() / 1000, halfUnit: 0.0005)
                }
                let audit = RowAudit(
                    precision: printed(precision), recall: printed(recall), f1: printed(f1))
                #expect(audit.verdict == .agrees)
            }
        }
    }

    @Test("MATTER's fine-tuned row is met by the architecture, where its weights were not drawn")
    func fineTuned() throws {
        let fixture = try TaskFixture()
        let runs = try ["encoder.safetensors", "random"].map { file in
            var run = TaskFixture.Run(name: "unet-fine-tuned", initialisation: file)
            (run.architecture, run.side) = ("matter", 12)
            return try fixture.change(file, run)
        }
        let document = try PaperReport.document(
            table("oscd-matter"), runs: runs,
            protocols: Protocols.read(Checkout.path("manifests/protocols/pooled.toml")),
            resampling: ResamplingPlan(resamples: 0))
        let beside = try #require(
            document.sections.first { $0.id == "beside" }?.blocks.first?.table)
        #expect(
            Set(beside.rows.map { "\($0[0].text): \($0[1].text)" }) == [
                "MATTER: unet-fine-tuned, from encoder.safetensors, frozen",
                "U-Net, random: unet-fine-tuned, from random, frozen",
            ])
    }

    @Test("our runs stand beside the row that they repeat")
    func beside() throws {
        let fixture = try TaskFixture()
        let run = try fixture.change("run")
        let document = try PaperReport.document(
            table("oscd-matter"), runs: [run],
            protocols: Protocols.read(Checkout.path("manifests/protocols")),
            matches: [("matter", "unet")], resampling: ResamplingPlan(resamples: 50))
        let beside = try #require(
            document.sections.first { $0.id == "beside" }?.blocks.first?.table)
        #expect(beside.rows.count == 3)
        #expect(document.checks.count == 10 && !document.isMet)
        #expect(document.notices.contains { $0.text.contains("follow") })
        #expect(throws: EvalError.self) {
            try PaperReport.document(
                table("oscd-matter"), runs: [run],
                protocols: Protocols.read(Checkout.path("manifests/protocols")),
                matches: [("nobody", "unet")])
        }
    }
}
