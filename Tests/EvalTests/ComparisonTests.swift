import Eval
import Foundation
import Manifests
import Metrics
import TestSupport
import Testing

@Suite("Differences between methods")
struct ComparisonTests {
    private static let cities = (1...8).map { "city-\($0)" }

    private func runs(_ fixture: TaskFixture, skills: [Float], digest: String = "00ff") throws
        -> [String]
    {
        try skills.enumerated().map { number, skill in
            for seed in 1...3 {
                var run = TaskFixture.Run()
                (run.name, run.seed, run.skill) = ("method-\(number)", UInt64(seed), skill)
                (run.cities, run.side) = (Self.cities, 24)
                run.digest = number == 0 ? "00ff" : digest
                try fixture.change("m\(number)/seed-\(seed)", run)
            }
            return fixture.folder.path("m\(number)")
        }
    }

    private func compare(_ folders: [String], _ metric: MetricName? = nil) throws -> Comparison {
        try Comparison(
            folders, protocols: Protocols.read(Checkout.path("manifests/protocols")),
            metric: metric,
            resampling: ResamplingPlan(resamples: 200))
    }

    @Test("a better method is told from noise, and p-values are corrected")
    func better() throws {
        let fixture = try TaskFixture()
        let comparison = try compare(runs(fixture, skills: [1.0, 1.6, 1.0001]))
        #expect(comparison.pairs.count == 2)
        let better = comparison.pairs[0]
        #expect((better.interval?.lower ?? -1) > 0)
        #expect(better.pValue == 2.0 / 256)
        #expect(better.corrected == 4.0 / 256)
        #expect(better.test.contains("all 256 swaps"))
        let same = comparison.pairs[1]
        #expect((same.pValue ?? 0) > 0.05)
        #expect(comparison.shortfalls(.init(leastGain: 0.01)).count == 1)
        #expect(comparison.shortfalls(.init(greatestPValue: 0.05)).count == 1)
        #expect(comparison.shortfalls(.init(greatestLoss: 0.5)).isEmpty)
        #expect(comparison.shortfalls(.init()).isEmpty)
        let junit = comparison.junit(.init(leastGain: 0.01, greatestLoss: 0.5))
        #expect(junit.contains("tests=\"4\"") && junit.contains("failures=\"1\""))
        #expect(junit.contains("the gain&#39;s lower end"))
    }

    /// Cities agree, as all seeds hold the same cities; the seeds do not.
    @Test("a difference that only some seeds show is told with a caution")
    func seeds() throws {
        let fixture = try TaskFixture()
        let agreeing = try compare(runs(fixture, skills: [1.0, 1.6]))
        let seeds = try #require(agreeing.pairs[0].seeds)
        #expect(seeds.ahead == 3 && (seeds.corrected ?? 1) < 0.05)
        #expect(agreeing.pairs[0].caution == nil)

        let torn = try TaskFixture()
        let folders = try [[1.0, 1.0, 1.0], [3.0, 1.1, 0.95]].enumerated().map { number, skills in
            for (index, skill) in skills.enumerated() {
                var run = TaskFixture.Run()
                (run.name, run.seed, run.skill) = (
                    "method-\(number)", UInt64(index + 1), Float(skill)
                )
                (run.cities, run.side) = (Self.cities, 24)
                try torn.change("m\(number)/seed-\(index)", run)
            }
            return torn.folder.path("m\(number)")
        }
        let pair = try compare(folders).pairs[0]
        var request = TaskReport.Request(
            runs: folders,
            protocols: try Protocols.read(Checkout.path("manifests/protocols/pooled.toml")))
        request.resampling.resamples = 200
        #expect(
            try TaskReport.document(request).notices.contains {
                $0.severity == .warning && $0.text.contains("clear over groups, not over seeds")
            })
        #expect((pair.corrected ?? 1) < 0.05 && (pair.seeds?.corrected ?? 0) > 0.05)
        #expect(pair.caution?.hasPrefix("clear over groups, not over seeds: ahead on ") == true)
    }

    @Test("seeds are paired by their number, whatever order or folder they lie in")
    func seedsByNumber() throws {
        let fixture = try TaskFixture()
        let folders = try [[1, 2, 3], [3, 5, 2]].enumerated().map { number, seeds in
            for seed in seeds {
                var run = TaskFixture.Run()
                (run.name, run.seed) = ("method-\(number)", UInt64(seed))
                (run.skill, run.side) = (1 + Float(seed) / 10 + Float(number) / 10, 24)
                try fixture.change("m\(number)/run-\(seed)", run)
            }
            return fixture.folder.path("m\(number)")
        }
        let seeds = try #require(compare(folders).pairs[0].seeds)
        #expect(seeds.interval.spread.count == 2 && seeds.pValue == nil)
    }

    @Test("other data, other samples: refused")
    func foreign() throws {
        let other = try TaskFixture()
        let error = #expect(throws: EvalError.self) {
            try compare(runs(other, skills: [1, 2], digest: "ffff"))
        }
        #expect(
            error?.description.contains("digests differ") == true, "\(error?.description ?? "")")
        let alone = try TaskFixture()
        #expect(throws: EvalError.self) { try compare(runs(alone, skills: [1])) }
        let fixture = try TaskFixture()
        let folders = try runs(fixture, skills: [1, 2])
        #expect(throws: EvalError.self) { try compare(folders, .macro) }
    }

    @Test("why there is no test of a number that cannot be swapped")
    func curves() throws {
        let fixture = try TaskFixture()
        let comparison = try compare(runs(fixture, skills: [1, 2]), .averagePrecision)
        #expect(comparison.pairs[0].pValue == nil)
        #expect(
            comparison.pairs[0].test
                == "none: a number of one curve or of batches, which are no groups")
    }

    @Test("average precisions are compared by a paired bootstrap")
    func lists() throws {
        let fixture = try TaskFixture()
        var better = TaskFixture.Run()
        (better.name, better.skill) = ("better", 4)
        let comparison = try compare([
            try fixture.multilabel("a"), try fixture.multilabel("b", better),
        ])
        #expect(comparison.metric == .macro)
        #expect(comparison.pairs[0].test.contains("bootstrap"))
        #expect((comparison.pairs[0].interval?.lower ?? -1) > 0)
    }
}

@Suite("Convergence")
struct ConvergenceTests {
    private func document(_ validations: [(String, [[Double]])]) throws -> JSONValue {
        let fixture = try TaskFixture()
        for (name, seeds) in validations {
            for (number, values) in seeds.enumerated() {
                var run = TaskFixture.Run()
                (run.name, run.seed, run.validation, run.side) = (
                    name, UInt64(number + 1), values, 12
                )
                try fixture.change("\(name)/seed-\(number)", run)
            }
        }
        var request = TaskReport.Request(
            runs: validations.map { fixture.folder.path($0.0) },
            protocols: try Protocols.read(Checkout.path("manifests/protocols/pooled.toml")))
        request.resampling.resamples = 20
        request.share = 0.9
        return try #require(TaskReport.document(request).data["convergence"])
    }

    @Test("time to a share of the reference's final score, by every clock")
    func arrivals() throws {
        let slow = [
            [0.1, 0.2, 0.3, 0.4, 0.5], [0.1, 0.2, 0.3, 0.4, 0.5], [0.1, 0.2, 0.3, 0.41, 0.5],
        ]
        let fast = [
            [0.46, 0.5, 0.5, 0.5, 0.5], [0.3, 0.47, 0.5, 0.5, 0.5], [0.3, 0.46, 0.5, 0.5, 0.5],
        ]
        let sheet = try document([("slow", slow), ("fast", fast)])
        #expect(abs((sheet["target"]?.double ?? 0) - 0.45) < 1e-12)
        let steps = sheet["methods"]?[1]?["arrivals"]?[1]
        #expect(steps?["clock"]?.string == "steps" && steps?["median"]?.double == 20)
        #expect(steps?["speedup"]?.double == 2.5)
        #expect((steps?["interval"]?["lower"]?.double ?? 0) >= 2)
        #expect(sheet["methods"]?[0]?["arrivals"]?[2]?["median"]?.double == 100)
        // An epoch here is ten steps: both clocks say the same.
        let epochs = sheet["methods"]?[1]?["arrivals"]?[0]
        #expect(epochs?["clock"]?.string == "epochs" && epochs?["median"]?.double == 2)
        #expect(epochs?["speedup"] == steps?["speedup"])
        #expect(epochs?["interval"] == steps?["interval"])
        func area(_ index: Int) -> Double {
            sheet["methods"]?[index]?["area"]?["spread"]?["mean"]?.double ?? 0
        }
        #expect(area(1) > area(0))
    }

    @Test(
        "a reference that is there after its first epoch does not keep the report from being written"
    )
    func first() throws {
        let sheet = try document([("at-once", [[0.5, 0.5]]), ("later", [[0.1, 0.5]])])
        let epochs = sheet["methods"]?[1]?["arrivals"]?[0]
        #expect(epochs?["median"]?.double == 2 && epochs?["speedup"]?.double == 0.5)
        for value in [Double.infinity, -.infinity, .nan] {
            let cells = [Document.Cell.percent(value), .number(value, decimals: 2)]
            #expect(cells.allSatisfy { $0.text == "–" && $0.value == nil })
            #expect(try JSONValue(encoding: cells)[0]?["value"] == nil)
        }
    }

    @Test("choices of a probe are no course of training")
    func probes() throws {
        let fixture = try TaskFixture()
        var (probe, trained) = (TaskFixture.Run(), TaskFixture.Run())
        (probe.name, probe.isProbe, trained.name) = ("logistic", true, "linear")
        func document(_ runs: [String]) throws -> Document {
            var request = TaskReport.Request(
                runs: runs,
                protocols: try Protocols.read(Checkout.path("manifests/protocols/pooled.toml")))
            request.resampling.resamples = 0
            return try TaskReport.document(request)
        }
        let chosen = try fixture.multilabel("probe", probe)
        let alone = try document([chosen])
        #expect(alone.data["convergence"] == .null)
        #expect(!alone.sections.contains { $0.id == "convergence" })
        #expect(
            alone.notices.contains {
                $0.text.hasPrefix("No convergence is told of “logistic, from random, frozen”")
            })
        let both = try document([chosen, try fixture.multilabel("trained", trained)])
        let titles = both.data["convergence"]?["methods"]?.array?.compactMap { $0["title"]?.string }
        #expect(titles == ["linear, from random, frozen"])
    }

    @Test("a run that never gets there is censored, not counted as arrived")
    func censored() throws {
        let never = [[0.1, 0.2], [0.1, 0.3], [0.5, 0.5]]
        let sheet = try document([
            ("good", [[0.2, 0.5], [0.3, 0.5], [0.2, 0.5]]), ("bad", never),
        ])
        let steps = sheet["methods"]?[1]?["arrivals"]?[1]
        #expect(steps?["perSeed"]?[0]?["isCensored"] == true)
        #expect(steps?["median"]?.isNull == true && steps?["speedup"]?.isNull == true)
        // Two of five: the medians are known, those of resamples are not always.
        let two = try document([
            ("good", [[0.2, 0.5], [0.3, 0.5], [0.2, 0.5], [0.2, 0.5], [0.2, 0.5]]),
            ("some", [[0.1, 0.2], [0.1, 0.3], [0.5, 0.5], [0.5, 0.5], [0.5, 0.5]]),
        ])
        let arrivals = two["methods"]?[1]?["arrivals"]?[1]
        #expect(arrivals?["speedup"]?.double == 2 && arrivals?["interval"]?.isNull == true)
    }
}
