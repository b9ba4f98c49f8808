import DataPrep
import Foundation
import Geo
import Manifests
import TestSupport
import Testing

/// Inputs are proven when their turn comes, and not read again by a run that goes on.
@Suite struct InputLedgerTests {
    private struct Stop: Error {}

    private static let days = ["20210601", "20210602", "20210603"]

    private static func plan(_ folder: TemporaryFolder, output: String = "out") throws -> PrepPlan {
        try PrepPlan(
            regions: [RegionInput(name: "r", paths: [folder.path("in")])],
            settings: SmallSeries.settings, output: folder.path(output))
    }

    /// Runs until a number of scenes is proven.
    private static func stop(_ folder: TemporaryFolder, after scenes: Int) throws {
        var proven = 0
        let run = try PrepRun(
            plan(folder), checkStop: { if proven == scenes { throw Stop() } },
            onEvent: { if case .proven = $0 { proven += 1 } })
        #expect(throws: Stop.self) { try run.run() }
        #expect(proven == scenes)
    }

    private static func bytesRead(_ report: PrepReport) -> Int {
        report.stages.stages.first { $0.stage == .digest }?.bytes ?? 0
    }

    /// Files that nobody has touched are not read again; without the log all of them are.
    @Test func whatIsKnownIsNotReadAgain() throws {
        let folder = try TemporaryFolder()
        try SmallSeries.write(Self.days, to: folder.path("in"))
        _ = try PrepRun(Self.plan(folder)).run()
        let inputs = try RunRecord(readingFrom: folder.path("out")).inputs
        #expect(inputs.count == 6)
        let before = try SmallSeries.tree(folder, below: "out/")
        #expect(try Self.bytesRead(PrepRun(Self.plan(folder)).run()) == 0)
        // The same bytes in another file are read, and are the same.
        let victim = folder.path("in/S_20210602T101031_B04.jp2")
        let bytes = try WholeFile.read(victim)
        try AtomicFile.write(bytes, to: victim)
        #expect(try Self.bytesRead(PrepRun(Self.plan(folder)).run()) == bytes.count)
        for text in ["no log\n", "{\"region\":\"r\"", ""] {
            try AtomicFile.write(text, to: folder.path("out/inputs.log"))
            let report = try PrepRun(Self.plan(folder)).run()
            #expect(Self.bytesRead(report) == inputs.map(\.bytes).reduce(0, +))
        }
        #expect(try SmallSeries.tree(folder, below: "out/") == before)
        #expect(try PrepVerification(folder: folder.path("out")).faults.isEmpty)
    }

    /// The record names the plan from the first scene on, and all inputs when the run has ended.
    @Test(arguments: [1, 2]) func aRunStoppedWhileItProvesGoesOn(scenes: Int) throws {
        let folder = try TemporaryFolder()
        try SmallSeries.write(Self.days, to: folder.path("in"))
        _ = try PrepRun(Self.plan(folder, output: "whole")).run()
        try Self.stop(folder, after: scenes)
        #expect(try RunRecord(readingFrom: folder.path("out")).inputs.isEmpty)
        #expect(try PrepExplanation(Self.plan(folder)).differences.isEmpty)
        // Killed within a line.
        let log = folder.path("out/inputs.log")
        try AtomicFile.write(WholeFile.read(log) + Array("{\"region".utf8), to: log)
        _ = try PrepRun(Self.plan(folder)).run()
        #expect(
            try SmallSeries.tree(folder, below: "out/")
                == SmallSeries.tree(folder, below: "whole/"))
    }

    /// A file that was proven and is another at the next start is refused, though the record has no inputs yet.
    @Test func anInputThatChangedBetweenTwoStartsIsFound() throws {
        let folder = try TemporaryFolder()
        try SmallSeries.write(Self.days, to: folder.path("in"))
        try Self.stop(folder, after: 2)
        try SmallSeries.write(["20210601"], to: folder.path("in"), emptyRows: 1)
        let keys = try PrepExplanation(Self.plan(folder)).differences.map(\.key)
        #expect(keys == ["inputs.S_20210601T101031_B04/S_20210601T101031_B04.jp2"])
        let error = #expect(throws: PrepError.self) { try PrepRun(Self.plan(folder)).run() }
        #expect(error?.code == .configuration)
        #expect(error?.message.contains("_B04.jp2") == true)
        #expect(!folder.files().contains { $0.hasPrefix("out/alignment") })
        // What had not been read yet may still be put right.
        try SmallSeries.write(["20210601"], to: folder.path("in"))
        try SmallSeries.write(["20210603"], to: folder.path("in"), emptyRows: 2)
        #expect(try PrepRun(Self.plan(folder)).run().tiles == 12)
    }

    /// An alignment is believed only where it is known what it was made of.
    @Test func anAlignmentOfUnknownInputsIsMadeAnew() throws {
        let folder = try TemporaryFolder()
        try SmallSeries.write(Self.days, to: folder.path("in"))
        _ = try PrepRun(Self.plan(folder, output: "whole")).run()
        try Self.stop(folder, after: 1)
        try AtomicFile.makeFolder(at: folder.path("out/alignment"))
        try AtomicFile.write("no alignment", to: folder.path("out/alignment/r.json"))
        _ = try PrepRun(Self.plan(folder)).run()
        #expect(
            try SmallSeries.tree(folder, below: "out/")
                == SmallSeries.tree(folder, below: "whole/"))
    }

    /// A file of the last region that is not there is told before anything of the first is made.
    @Test func missingFilesAreToldFirst() throws {
        let folder = try TemporaryFolder()
        try SmallSeries.write(["20210601"], to: folder.path("in"))
        let product = try MadeProduct().write(to: folder.path("late"))
        let image = "\(product)/\(MadeProduct.granule)/IMG_DATA/T33UUU_20200601T101031_B04.jp2"
        try FileManager.default.removeItem(atPath: image)
        let regions = [("a", folder.path("in")), ("b", product)].map {
            RegionInput(name: $0.0, paths: [$0.1])
        }
        let plan = try PrepPlan(
            regions: regions, settings: SmallSeries.settings, output: folder.path("out"))
        var proven = 0
        let run = PrepRun(plan, onEvent: { if case .proven = $0 { proven += 1 } })
        let error = #expect(throws: PrepError.self) { try run.run() }
        #expect(error?.code == .missing && error?.message.contains("B04") == true)
        #expect(proven == 0)
        #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
    }

    /// A run that goes on reads no tile that nobody has touched, and finds one that somebody has.
    @Test func tilesThatWereTouchedAreFoundByARunThatGoesOn() throws {
        let folder = try TemporaryFolder()
        try SmallSeries.write(Self.days, to: folder.path("in"))
        _ = try PrepRun(Self.plan(folder, output: "whole")).run()
        var tiles = 0
        let run = try PrepRun(
            Self.plan(folder), checkStop: { if tiles > 5 { throw Stop() } },
            onEvent: { if case .tile = $0 { tiles += 1 } })
        #expect(throws: Stop.self) { try run.run() }
        let rasters = folder.files().filter { $0.hasPrefix("out/tiles/") }
        let victim = folder.path(try #require(rasters.first))
        var bytes = try WholeFile.read(victim)
        bytes[bytes.count / 2] ^= 1
        try Data(bytes).write(to: URL(filePath: victim))
        #expect(try PrepRun(Self.plan(folder)).run().written == 12 - tiles + 1)
        #expect(
            try SmallSeries.tree(folder, below: "out/")
                == SmallSeries.tree(folder, below: "whole/"))
    }
}
