import Eval
import Foundation
import Manifests
import TestSupport
import Testing

/// What runs leave that is not as it should be: told, and refused where that is asked for.
@Suite("Doubts")
struct DoubtTests {
    private let fixture: TaskFixture
    private let protocols: [ScoreProtocol]

    init() throws {
        fixture = try TaskFixture()
        protocols = try Protocols.read(Checkout.path("manifests/protocols/pooled.toml"))
    }

    private func sheet(_ run: String, isStrict: Bool = false) throws -> ScoreSheet {
        try ScoreSheet(
            [run], protocols: protocols, resampling: ResamplingPlan(resamples: 0),
            isStrict: isStrict)
    }

    /// Expects a notice with some words, and 65 with them where doubts are refused.
    private func expectDoubt(_ words: String, _ run: String) throws {
        let notices = try sheet(run).notices.map(\.text)
        #expect(notices.contains { $0.contains(words) }, "\(notices)")
        let error = #expect(throws: EvalError.self) { try sheet(run, isStrict: true) }
        #expect(error?.exitCode == .badData && error?.description.contains("--strict") == true)
    }

    /// A run without a doubt: probabilities, and a curve that is whole.
    private func clean(_ path: String, curves: String = "") throws -> String {
        let labels = [UInt8](repeating: 0, count: 12) + [UInt8](repeating: 1, count: 12)
        let run = try fixture.multilabel(
            path, classes: 2, scores: labels.map { $0 == 1 ? 0.75 : 0.25 }, labels: labels)
        try fixture.write("\(path)/curves.jsonl", curves)
        return run
    }

    private static func line(_ epoch: Int, _ step: Int, _ seconds: Int, _ f1: String) -> String {
        #"{"epoch":\#(epoch),"step":\#(step),"seconds":\#(seconds),"validation":{"f1":\#(f1)}}"#
            + "\n"
    }

    @Test("a run that is as it should be passes")
    func none() throws {
        let curves = Self.line(0, 10, 1, "0.5") + Self.line(1, 20, 2, "0.6")
        #expect(throws: Never.self) { try sheet(clean("run", curves: curves), isStrict: true) }
    }

    @Test(
        "E10: curves that are torn, repeated, without numbers, or of two runs",
        arguments: [
            (line(0, 10, 1, "0.5") + "{\"epoch\":1", "torn line"),
            (line(0, 10, 1, "0.5") + line(0, 10, 1, "0.4"), "repeats 1 steps"),
            (line(0, 10, 1, "0.5") + line(1, 20, 2, "null"), "without a number of f1"),
            (line(0, 10, 9, "0.5") + line(1, 20, 2, "0.6"), "more than one run"),
            (line(5, 10, 1, "0.5") + line(1, 20, 2, "0.6"), "more than one run"),
        ])
    func curves(text: String, words: String) throws {
        try expectDoubt(words, clean("run", curves: text))
    }

    @Test("E10: a curve with a NaN is no JSON: 65, naming the line")
    func notANumber() throws {
        let run = try clean("run", curves: Self.line(0, 10, 1, "0.5") + Self.line(1, 20, 2, "NaN"))
        let error = #expect(throws: ManifestError.self) { try sheet(run) }
        #expect(error?.exitCode == .badData && error?.description.contains("2") == true)
    }

    @Test("E15: runs of several versions of the suite are told")
    func versions() throws {
        var run = TaskFixture.Run()
        run.skill = 0
        try fixture.change("both/1", run)
        (run.seed, run.version) = (2, "0.2.0")
        try fixture.change("both/2", run)
        try expectDoubt("several versions of the suite (0.1.0, 0.2.0)", fixture.folder.path("both"))
        run.version = "0.1.0"
        try fixture.change("both/2", run)
        let notices = try sheet(fixture.folder.path("both")).notices
        #expect(!notices.contains { $0.text.contains("versions") })
    }

    @Test("E3: scores that are no probabilities are told, and no calibration is")
    func improbable() throws {
        var run = TaskFixture.Run()
        (run.skill, run.threshold) = (4, 1.5)
        let change = try fixture.change("change", run)
        try expectDoubt("lies outside of 0 … 1", change)
        #expect(try sheet(change).methods[0].calibration == nil)
        run.skill = 0
        let sure = try sheet(try fixture.change("sure", run))
        #expect(sure.methods[0].calibration != nil)
        #expect(!sure.notices.contains { $0.text.contains("probabilities") })
        let classes = try fixture.classification(
            "classes", classes: 3, prediction: [0, 1, 2], truth: [0, 1, 1])
        try expectDoubt("those of patch-0", classes)
    }
}
