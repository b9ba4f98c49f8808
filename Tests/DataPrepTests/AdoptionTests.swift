import DataPrep
import Foundation
import Geo
import Manifests
import TestSupport
import Testing

/// `run --adopt`: a folder that gets more of the same ends as if all had been there from the start.
@Suite struct AdoptionTests {
    private struct Stop: Error {}

    /// The first dates of a place, aligned.
    private static func plan(
        _ folder: TemporaryFolder, days: ClosedRange<Int>, output: String,
        change: (inout PrepSettings) -> Void = { _ in }
    ) throws -> PrepPlan {
        if !FileManager.default.fileExists(atPath: folder.path("in")) {
            try PrepJobTests.write(to: folder.path("in"))
        }
        let files = days.flatMap { day in
            ["B04", "SCL"].map { folder.path("in/S_2021060\(day)T101031_\($0).jp2") }
        }
        var settings = PrepJobTests.tiles
        change(&settings)
        return try PrepPlan(
            regions: [RegionInput(name: "r", paths: files)], settings: settings,
            output: folder.path(output))
    }

    /// Every file but the store, which keeps the order in which samples came; its samples are in the manifest.
    private static func tree(_ folder: TemporaryFolder, _ part: String) throws
        -> [String: SHA256Digest]
    {
        #expect(try PrepVerification(folder: folder.path(part)).faults == [])
        return try SmallSeries.tree(folder, below: "\(part)/").filter { $0.key != "store/data.mdb" }
    }

    private static func expectSame(
        _ folder: TemporaryFolder, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let (tree, whole) = (try tree(folder, "out"), try tree(folder, "whole"))
        let other = Set(tree.keys).union(whole.keys).filter { tree[$0] != whole[$0] }
        #expect(other.sorted() == [], sourceLocation: sourceLocation)
    }

    /// Dates that come before or after the others; what they are aligned to may be another then.
    @Test(
        arguments: [nil, "2021-06-02", "mosaic", "consensus"], [2...4, 1...3, 1...4])
    func moreDatesAreTakenIn(reference: String?, days: ClosedRange<Int>) throws {
        let folder = try TemporaryFolder()
        let change = { (settings: inout PrepSettings) in settings.reference = reference }
        _ = try PrepRun(Self.plan(folder, days: 2...3, output: "out", change: change)).run()
        let plan = try Self.plan(folder, days: days, output: "out", change: change)
        let explained = try PrepExplanation(plan)
        #expect(explained.isAdoptable && explained.lines.last?.contains("--adopt") == true)
        let refused = #expect(throws: PrepError.self) { try PrepRun(plan).run() }
        #expect(refused?.code == .configuration && refused?.message.contains("--adopt") == true)
        var lines: [String] = []
        let run = PrepRun(
            plan, adopts: true, onEvent: { if case .adopting(let told) = $0 { lines += told } })
        let report = try run.run()
        #expect(lines.count == days.count - 2)
        #expect(
            lines.allSatisfy { $0.contains("regions.r.scenes.") && explained.lines.contains($0) })
        if reference == "2021-06-02" { #expect(report.written == 4 * (days.count - 2)) }
        _ = try PrepRun(Self.plan(folder, days: days, output: "whole", change: change)).run()
        try Self.expectSame(folder)
        #expect(try PrepRun(plan).run().written == 0)
    }

    /// Stopped anywhere and started again, with the flag or, once it is taken over, without.
    @Test(arguments: [0, 1, 2, 3, 5, 8, 12, 20, 30]) func aStoppedAdoptionGoesOn(calls: Int) throws
    {
        let folder = try TemporaryFolder()
        _ = try PrepRun(Self.plan(folder, days: 1...2, output: "out")).run()
        let plan = try Self.plan(folder, days: 1...4, output: "out")
        var asked = 0
        let stopped = PrepRun(
            plan, adopts: true,
            checkStop: {
                asked += 1
                if asked > calls { throw Stop() }
            })
        do { _ = try stopped.run() } catch is Stop {}
        _ = try PrepRun(plan, adopts: calls % 2 == 0).run()
        _ = try PrepRun(Self.plan(folder, days: 1...4, output: "whole")).run()
        try Self.expectSame(folder)
    }

    /// Thresholds, stricter and looser, and the bands of quick-looks.
    @Test func selectionAndQuicklooksMayDiffer() throws {
        let folder = try TemporaryFolder()
        try SmallSeries.write(["20210601"], to: folder.path("in"), cloudRows: 60)
        try SmallSeries.write(["20210602"], to: folder.path("in"), emptyRows: 60)
        func run(_ output: String, adopts: Bool, change: (inout PrepSettings) -> Void) throws
            -> PrepReport
        {
            var settings = SmallSeries.settings
            change(&settings)
            let plan = try PrepPlan(
                regions: [RegionInput(name: "r", paths: [folder.path("in")])], settings: settings,
                output: folder.path(output))
            return try PrepRun(plan, adopts: adopts).run()
        }
        _ = try run("out", adopts: false) { _ in }
        let changes: [(inout PrepSettings) -> Void] = [
            { $0.largestCloudShare = 0.5 }, { $0.largestNoDataShare = 0.5 },
            { ($0.largestNoDataShare, $0.largestCloudShare) = (0.9, 0.1) },
            { $0.quicklookBands = [.b04] }, { _ in },
        ]
        for change in changes {
            _ = try run("out", adopts: true, change: change)
            try? FileManager.default.removeItem(atPath: folder.path("whole"))
            _ = try run("whole", adopts: false, change: change)
            try Self.expectSame(folder)
        }
    }

    /// One more region leaves the other as it is.
    @Test func moreRegionsAreTakenIn() throws {
        let folder = try TemporaryFolder()
        for name in ["a", "b"] { try SmallSeries.write(["20210601"], to: folder.path(name)) }
        func run(_ names: [String], _ output: String, adopts: Bool) throws -> PrepReport {
            let regions = names.map { RegionInput(name: $0, paths: [folder.path($0)]) }
            let plan = try PrepPlan(
                regions: regions, settings: SmallSeries.settings, output: folder.path(output))
            return try PrepRun(plan, adopts: adopts).run()
        }
        _ = try run(["b"], "out", adopts: true)
        let report = try run(["a", "b"], "out", adopts: true)
        #expect(report.written == 4 && report.tiles == 8)
        _ = try run(["a", "b"], "whole", adopts: false)
        try Self.expectSame(folder)
    }

    /// What cannot be taken over is refused as without the flag, and nothing is touched.
    @Test func anythingElseIsAnotherRun() throws {
        let folder = try TemporaryFolder()
        _ = try PrepRun(Self.plan(folder, days: 1...2, output: "out")).run()
        let before = try SmallSeries.tree(folder, below: "out/")
        let others = [
            try Self.plan(folder, days: 1...1, output: "out"),
            try Self.plan(folder, days: 2...3, output: "out"),
            try Self.plan(folder, days: 1...3, output: "out") { $0.tileSize = 64 },
            try Self.plan(folder, days: 1...2, output: "out") { $0.reference = "mosaic" },
        ]
        for plan in others {
            let error = #expect(throws: PrepError.self) { try PrepRun(plan, adopts: true).run() }
            #expect(error?.code == .configuration && error?.message.contains("--adopt") == false)
            #expect(try !PrepExplanation(plan).isAdoptable)
        }
        #expect(try SmallSeries.tree(folder, below: "out/") == before)
        // A date of the earlier run that is another now.
        let victim = folder.path("in/S_20210601T101031_SCL.jp2")
        try AtomicFile.write(
            WholeFile.read(folder.path("in/S_20210603T101031_B04.jp2")), to: victim)
        let plan = try Self.plan(folder, days: 1...3, output: "out")
        #expect(try !PrepExplanation(plan).isAdoptable)
        let error = #expect(throws: PrepError.self) { try PrepRun(plan, adopts: true).run() }
        #expect(error?.code == .configuration && error?.message.contains("_SCL.jp2") == true)
    }
}
