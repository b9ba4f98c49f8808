import Bench
import BenchFixtures
import Foundation
import Geo
import Manifests
import Metrics
import Tensors
import Testing
import TestSupport

struct OSCDRunTests {
    let folder: TemporaryFolder
    let fixture: OSCDFixture
    let paths: OSCDPaths
    private let encoder: String

    init() throws {
        folder = try TemporaryFolder()
        fixture = try OSCDFixture(at: folder.path("OSCD"))
        encoder = folder.path("snapshots/step-000100.safetensors")
        try fixture.write("trained", to: encoder)
        try fixture.write("half trained", to: folder.path("snapshots/step-000050.safetensors"))
        try fixture.write("not trained", to: folder.path("snapshots/step-000000.safetensors"))
        paths = Self.paths(folder, encoder, out: "BENCH")
    }

    private static func paths(_ folder: TemporaryFolder, _ encoder: String, out: String)
        -> OSCDPaths
    {
        var paths = OSCDPaths(data: folder.path("OSCD"), output: folder.path(out))
        paths.encoder = encoder
        paths.untrained = folder.path("snapshots/step-000000.safetensors")
        paths.snapshots = folder.path("snapshots")
        return paths
    }

    private var plan: OSCDPlan {
        var plan = OSCDPlan()
        plan.methods = [.cva, .untrained, .matter]
        plan.features = FeatureDistancePlan(stride: 2, blurWindow: 3)
        return plan
    }

    /// A run whose encoders return the pixels times a number that depends on the file.
    private func run(
        _ plan: OSCDPlan, _ paths: OSCDPaths, onEvent: @escaping (BenchEvent) -> Void = { _ in },
        shouldStop: @escaping () -> Bool = { false }
    ) throws -> [MethodSummary]? {
        try OSCDRun(plan: plan, paths: paths) { path, _ in
            RawFeatures(bands: [.b04, .b08], factor: path.contains("000000") ? -0.5 : 1)
        }.run(onEvent: onEvent, shouldStop: shouldStop)
    }

    private func contents(of output: String) throws -> [String: SHA256Digest] {
        var digests: [String: SHA256Digest] = [:]
        for name in folder.files() where name.hasPrefix(output + "/") {
            digests[String(name.dropFirst(output.count + 1))] = try SHA256Digest(
                ofFile: folder.path(name))
        }
        return digests
    }

    // MARK: What it leaves

    @Test func leavesWhatTheReportReads() throws {
        let summaries = try #require(try run(plan, paths))
        #expect(summaries.map(\.method) == ["cva", "untrained", "matter"])
        let methodFiles = [
            "counts.jsonl", "predictions.jsonl", "predictions/dubai.safetensors",
            "predictions/rio.safetensors", "summary.json", "task.json", "thresholds.jsonl",
        ]
        let panels = ["after", "before", "cva", "matter", "truth", "untrained"]
        let expected =
            ["curves.jsonl", "run.json"]
            + ["cva", "matter", "untrained"].flatMap { method in
                methodFiles.map { "methods/\(method)/\($0)" }
            } + ["dubai", "rio"].flatMap { city in panels.map { "panels/\(city)/\($0).png" } }
        let found = Set(try contents(of: "BENCH").keys)
        #expect(found.symmetricDifference(expected) == [])
    }

    @Test func scoresEveryPixelOfEveryTestCity() throws {
        let summaries = try #require(try run(plan, paths))
        for summary in summaries {
            #expect(summary.scores.pixelsScored == 2 * 24 * 20)
            #expect(summary.scores.pixelsPresent == 2 * 24 * 20)
            #expect(summary.scores.counts.total == 2 * 24 * 20)
            let lines = try JSONLinesReader.read(
                CityCounts.self, from: folder.path("BENCH/methods/\(summary.method)/counts.jsonl")
            ).records
            #expect(lines.map(\.city) == ["dubai", "rio"])
            #expect(lines.allSatisfy { $0.split == .test && $0.threshold != nil })
            #expect(ScoreSummary(of: lines) == summary.scores)
        }
        // The block brightens by far more than the light changes, so that change vectors find it.
        #expect(try #require(summaries[0].scores.f1) > 0.95)
    }

    @Test func theOracleStandsBesideAndIsNeverBelow() throws {
        for summary in try #require(try run(plan, paths)) {
            let oracle = try #require(summary.oracle)
            #expect(oracle.isOracle && !summary.isOracle && summary.thresholdRule == .otsu)
            let best = try JSONLinesReader.read(
                folder.path("BENCH/methods/\(summary.method)/thresholds.jsonl")
            ).records.compactMap { line -> Double? in
                let found = line["truePositive"]?.double ?? 0
                let wrong =
                    (line["falsePositive"]?.double ?? 0) + (line["falseNegative"]?.double ?? 0)
                return 2 * found / (2 * found + wrong)
            }.max()
            #expect(try #require(oracle.scores.f1) >= #require(best))
        }
    }

    @Test func oneThresholdFromTheTrainingCities() throws {
        var plan = plan
        plan.methods = [.cva]
        plan.thresholdRules = [.trainCities, .otsu]
        let summary = try #require(try run(plan, paths)?.first)
        #expect(summary.thresholdRule == .trainCities)
        #expect(summary.otherRules.map(\.rule) == [.otsu])
        let training = try JSONValue.parse(
            WholeFile.read(folder.path("BENCH/methods/cva/training.json")))
        let thresholds = try JSONLinesReader.read(
            CityCounts.self, from: folder.path("BENCH/methods/cva/counts.jsonl")
        ).records.map(\.threshold)
        #expect(thresholds == [training["threshold"]?.double, training["threshold"]?.double])
        #expect(training["cities"]?.array?.compactMap(\.string) == ["pisa"])
    }

    @Test(arguments: [ThresholdRule.minimumError, .unimodal])
    func eachImageHasAThresholdOfItsOwn(rule: ThresholdRule) throws {
        var plan = plan
        plan.methods = [.cva]
        plan.thresholdRules = [rule, .otsu]
        let summary = try #require(try run(plan, paths)?.first)
        #expect(summary.thresholdRule == rule && !summary.isOracle)
        let lines = try JSONLinesReader.read(
            CityCounts.self, from: folder.path("BENCH/methods/cva/counts.jsonl")
        ).records
        for line in lines {
            let file = try Safetensors.read(
                folder.path("BENCH/methods/cva/predictions/\(line.city).safetensors"))
            let scores = try #require(file.arrays["score"]).values(as: Float.self)
            let own =
                rule == .unimodal
                ? UnimodalThreshold(of: scores)?.value : MinimumErrorThreshold(of: scores)?.value
            #expect(line.threshold == own.map(Double.init))
        }
        #expect(Set(lines.map(\.threshold)).count == 2)
        let task = try JSONValue.parse(
            WholeFile.read(folder.path("BENCH/methods/cva/task.json")))
        #expect(task["threshold"] == nil && task["thresholdRule"]?.string == rule.rawValue)
    }

    @Test func aCurveHasALineASnapshot() throws {
        var plan = plan
        plan.curveCities = ["rio"]
        _ = try run(plan, paths)
        let points = try JSONLinesReader.read(
            CurvePoint.self, from: folder.path("BENCH/curves.jsonl")
        ).records
        #expect(points.map(\.step) == [0, 50, 100])
        #expect(points.allSatisfy { $0.cities == ["rio"] && $0.method == "matter" && $0.f1 != nil })
    }

    // MARK: Stopping and going on

    @Test func stoppedAnywhereItEndsWithTheSameFiles() throws {
        _ = try run(plan, paths)
        let whole = try contents(of: "BENCH")
        for limit in [0, 3, 5, 8] {
            let output = "STOPPED-\(limit)"
            let paths = Self.paths(folder, encoder, out: output)
            var asked = 0
            let stopped = try run(plan, paths) {
                asked += 1
                return asked > limit
            }
            #expect(stopped == nil)
            #expect(try run(plan, paths) != nil)
            #expect(try contents(of: output) == whole)
        }
    }

    private func run(
        _ plan: OSCDPlan, _ paths: OSCDPaths, _ shouldStop: @escaping () -> Bool
    ) throws -> [MethodSummary]? {
        try run(plan, paths, onEvent: { _ in }, shouldStop: shouldStop)
    }

    @Test func whatIsWholeIsKeptAndWhatIsNotIsMadeAgain() throws {
        _ = try run(plan, paths)
        let whole = try contents(of: "BENCH")
        let victim = folder.path("BENCH/methods/cva/predictions/rio.safetensors")
        var bytes = try WholeFile.read(victim)
        bytes[bytes.count - 1] ^= 1
        try Data(bytes).write(to: URL(filePath: victim))
        try FileManager.default.removeItem(
            atPath: folder.path("BENCH/methods/matter/predictions/dubai.safetensors"))
        var again: [String] = []
        _ = try run(
            plan, paths,
            onEvent: {
                if case .scored(let method, let city, isKept: false) = $0 {
                    again.append("\(method) \(city)")
                }
            }, shouldStop: { false })
        #expect(again == ["cva rio", "matter dubai"])
        #expect(try contents(of: "BENCH") == whole)
    }

    @Test func anotherPlanOrAnotherEncoderIsRefused() throws {
        _ = try run(plan, paths)
        let whole = try contents(of: "BENCH")
        var other = plan
        other.features.stride = 4
        let error = #expect(throws: BenchError.self) { try run(other, paths) }
        #expect(error?.exitCode == .configuration)
        #expect(error?.description.contains("plan.features.stride (2, now 4)") == true)
        try fixture.write("trained longer", to: encoder)
        #expect(throws: BenchError.self) { try run(plan, paths) }
        #expect(try contents(of: "BENCH") == whole)
    }

    @Test func aFolderThatIsInUseIsLeftAlone() throws {
        try AtomicFile.makeFolder(at: paths.output)
        let lock = try FolderLock(folder: paths.output)
        let error = #expect(throws: (any Error).self) { try run(plan, paths) }
        #expect((error as? any ExitCoded)?.exitCode == .locked)
        withExtendedLifetime(lock) {}
    }

    // MARK: Plans that make no sense

    @Test(
        arguments: [
            { $0.methods = [] }, { $0.methods = [.cva, .cva] }, { $0.thresholdRules = [.oracle] },
            { $0.thresholdRules = [] }, { $0.features.stride = 0 }, { $0.features.blurWindow = 12 },
            { $0.changeVectorBands = [] }, { $0.curveCities = ["pisa"] },
        ] as [@Sendable (inout OSCDPlan) -> Void])
    func aPlanWithoutSenseIsRefused(change: @Sendable (inout OSCDPlan) -> Void) throws {
        var plan = plan
        change(&plan)
        let error = #expect(throws: BenchError.self) { try run(plan, paths) }
        #expect(error?.exitCode == .configuration)
    }

    @Test func anEncoderThatIsNotThereIsNamed() throws {
        var absent = paths
        absent.encoder = folder.path("nothing.safetensors")
        let missing = #expect(throws: BenchError.self) { try run(plan, absent) }
        #expect(missing?.exitCode == .inputMissing)
        absent.encoder = nil
        let unnamed = #expect(throws: BenchError.self) { try run(plan, absent) }
        #expect(unnamed?.description.contains("--encoder") == true)
        absent = paths
        absent.snapshots = folder.path("OSCD")
        let none = #expect(throws: BenchError.self) { try run(plan, absent) }
        #expect(none?.exitCode == .inputMissing)
    }

    @Test func pixelsWithoutDataChooseNoThreshold() throws {
        let (width, rows) = (OSCDFixture.width, 14)
        let size = try PixelSize(width: width, height: OSCDFixture.height)
        for band in Sentinel2Band.allCases {
            let pixels = (0..<size.count).map { place -> UInt16 in
                let (row, column) = (place / width, place % width)
                return row < rows
                    ? OSCDFixture.pixel(band, row: row, column: column, date: 2, city: "rio") : 0
            }
            try OSCDFixture.writeImage(
                pixels, size: size, to: fixture.band(band, of: "rio", date: 2))
        }
        _ = try run(plan, paths)
        for method in ["cva", "untrained", "matter"] {
            let file = try Safetensors.read(
                folder.path("BENCH/methods/\(method)/predictions/rio.safetensors"))
            let scores = try #require(file.arrays["score"]).values(as: Float.self)
            let mask = try #require(file.arrays["mask"]).values(as: UInt8.self)
            let own = try #require(OtsuThreshold(of: Array(scores.prefix(rows * width)))).value
            #expect(OtsuThreshold(of: scores)?.value != own)
            let line = try JSONLinesReader.read(
                folder.path("BENCH/methods/\(method)/counts.jsonl")
            ).records[1]
            #expect(line["threshold"]?.double == Double(own))
            #expect(mask == scores.map { $0 >= own ? 1 : 0 })
        }
    }

    @Test func aDateWithoutDataIsToldAndScored() throws {
        let size = try PixelSize(width: 24, height: 20)
        for band in Sentinel2Band.allCases {
            try OSCDFixture.writeImage(
                [UInt16](repeating: 0, count: size.count), size: size,
                to: fixture.band(band, of: "rio", date: 2))
        }
        var empty: [String] = []
        let summaries = try run(
            plan, paths, onEvent: { if case .emptyDate(let city) = $0 { empty.append(city) } })
        #expect(empty == ["rio"])
        #expect(summaries?.allSatisfy { $0.scores.pixelsScored == 2 * size.count } == true)
        let lines = try JSONLinesReader.read(
            folder.path("BENCH/methods/cva/counts.jsonl")
        ).records
        #expect(lines[1]["threshold"] == .null)
        #expect(lines[1]["falsePositive"]?.int == 0)
    }
}
