import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// Table B, dates that hold nothing, or nothing that can be aligned: said in plain words, never as a wrong number.
@Suite struct AlignFaultTests {
    private static let side = 258

    private static func scenes(
        in folder: TemporaryFolder, _ dates: [(day: String, pixels: [UInt16])]
    ) throws -> [String] {
        try dates.map { date in
            let path = folder.path("in/202106\(date.day)T101031_B04.tif")
            try Fixture.image(path, pixels: date.pixels, side: side)
            return path
        }
    }

    private static var aligning: PrepSettings {
        var settings = Fixture.single
        settings.aligns = true
        settings.tileSize = 128
        settings.reference = "2021-06-01"
        return settings
    }

    /// Aligns a second date against a simulated one, cuts both, and gives what was found of the second.
    private func aligned(
        _ moving: [UInt16], to reference: [UInt16],
        _ change: (inout PrepSettings) -> Void = { _ in }
    ) throws -> (date: DateAlignment, records: [TileRecord]) {
        let folder = try TemporaryFolder()
        var settings = Self.aligning
        change(&settings)
        let paths = try Self.scenes(in: folder, [("01", reference), ("02", moving)])
        let report = try Fixture.run(paths, into: folder.path("out"), settings)
        let records = try JSONLinesReader.read(
            TileRecord.self, from: folder.path("out/manifest.jsonl")
        ).records
        #expect(try PrepVerification(folder: folder.path("out")).faults.isEmpty)
        let dates = report.alignments[0].dates
        let isFirst = dates[0].status == .reference
        let date = dates[isFirst ? 1 : 0]
        return (date, records.filter { $0.date == date.date })
    }

    private func expectFlagged(
        _ found: (date: DateAlignment, records: [TileRecord]),
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(found.date.status == .notAligned, sourceLocation: sourceLocation)
        #expect(found.date.shift == nil && !found.date.isResampled, sourceLocation: sourceLocation)
        #expect(found.date.reason?.isEmpty == false, sourceLocation: sourceLocation)
        for record in found.records {
            #expect(
                !record.aligned && record.shift == nil && record.reason == found.date.reason,
                sourceLocation: sourceLocation)
        }
    }

    private static func pair(seed: UInt64 = 16) -> SimulatedPair {
        SimulatedPair.render(seed: seed, size: side, shift: (0, 0))
    }

    @Test("B16: a date without data is left out, a single pixel kept, a file's own no-data known")
    func datesWithoutDataAreSaid() throws {
        let folder = try TemporaryFolder()
        var one = [UInt16](repeating: 0, count: 64 * 64)
        let path = folder.path("in/20210601T101031_B04.tif")
        try Fixture.image(path, pixels: one)
        let empty = try Fixture.run([path], into: folder.path("empty"), Fixture.single)
        #expect((empty.tiles, empty.leftOut) == (0, 4))
        let left = try WholeFile.readText(folder.path("empty/leftout.jsonl"))
        #expect(left.contains("\"reason\":\"no data\""))
        one[33 * 64 + 40] = 500
        try Fixture.image(path, pixels: one)
        let single = try Fixture.run([path], into: folder.path("single"), Fixture.single)
        #expect((single.tiles, single.leftOut) == (1, 3))
        // 65535 is "no data" by the file's own word, 0 is a number like others, and both inside of the picture.
        var other = [UInt16](repeating: 65535, count: 64 * 64)
        (other[5], other[6]) = (0, 700)
        try Fixture.image(path, pixels: other, nodata: 65535)
        #expect(try Fixture.run([path], into: folder.path("other"), Fixture.single).tiles == 1)
        let tile = try RasterFile(reading: folder.path("other/tiles/r/0_0/20210601T101031.tif"))
            .read(as: UInt16.self)
        #expect(Array(tile.pixels.prefix(8)) == [0, 0, 0, 0, 0, 1, 700, 0])
    }

    @Test(
        "B16: a reference, or a date, without data never gives a shift that is no number",
        arguments: ["all", "reference", "one pixel"]) func noDataIsNoShift(kind: String) throws
    {
        let pixels = Self.pair().reference
        var empty = [UInt16](repeating: 0, count: pixels.count)
        if kind == "one pixel" { empty[pixels.count / 2] = 900 }
        let found =
            try kind == "reference" ? aligned(pixels, to: empty) : aligned(empty, to: pixels)
        expectFlagged(found)
    }

    @Test("B17: a date that covers too little is set aside with its share, or not aligned")
    func littleOverlapIsSaid() throws {
        let folder = try TemporaryFolder()
        let pixels = Self.pair().reference
        for (day, x) in [("01", 300_000.0), ("02", 300_000 + 2600), ("03", 300_000 + 2570)] {
            try Fixture.image(
                folder.path("in/202106\(day)T101031_B04.tif"), pixels: pixels, side: Self.side,
                grid: Fixture.grid(Self.side, x: x))
        }
        let report = try Fixture.run([folder.path("in")], into: folder.path("out"), Self.aligning)
        let dates = report.alignments[0].dates
        #expect(dates.map(\.status) == [.reference, .skipped, .notAligned])
        #expect(dates[1].reason?.contains("0.0 %") == true && report.quarantined.count == 1)
        #expect(dates[2].overlapFraction > 0 && dates[2].overlapFraction < 0.01)
        #expect(try PrepVerification(folder: folder.path("out")).faults.isEmpty)
    }

    @Test(
        "B18: sea, fog and noise: not aligned, in words that a user knows",
        arguments: ["constant", "noise", "gradient"]) func nothingToSeeIsSaid(kind: String)
        throws
    {
        let reference = Self.pair().reference
        var random = SplitMixPixels(seed: 18)
        let noise = random.next(reference.count)
        let pixels: [UInt16] = reference.indices.map { index in
            switch kind {
            case "constant": 700
            case "noise": 500 + noise[index] % 900
            default: UInt16(500 + index / Self.side)
            }
        }
        let found = try aligned(pixels, to: reference)
        expectFlagged(found)
        for word in ["grey", "gray", "nan", "tensor", "matrix"] {
            #expect(found.date.reason?.lowercased().contains(word) == false)
        }
    }

    @Test(
        "B19: texture that repeats itself is not believed in any place but where it lies",
        arguments: [8, 16, 24]) func periodicTextureIsNotBelieved(period: Int) throws
    {
        func stripes(_ offset: Int) -> [UInt16] {
            (0..<Self.side * Self.side).map { index in
                let (row, column) = (index / Self.side, index % Self.side + offset)
                return (row / (period / 2) + column / (period / 2)) % 2 == 0 ? 400 : 1400
            }
        }
        // Displaced by a whole period: whoever answers must say 0, or not answer.
        let found = try aligned(stripes(period), to: stripes(0))
        #expect((found.date.shift?.length ?? 0) < 0.1)
    }

    @Test("B19: a displacement beyond what is searched is not answered by a smaller one")
    func shiftsBeyondTheLimitAreRefused() throws {
        let pair = SimulatedPair.render(seed: 19, size: Self.side, shift: (60, -55))
        expectFlagged(try aligned(pair.target, to: pair.reference))
    }

    @Test("B19: halves that contradict one another by more than a field may bend are refused")
    func contradictionsAreRefused() throws {
        let first = SimulatedPair.render(seed: 20, size: Self.side, shift: (9, 0))
        let second = SimulatedPair.render(seed: 20, size: Self.side, shift: (-9, 0))
        let pixels = first.target.indices.map {
            ($0 / 43 + $0 / Self.side / 43) % 2 == 0 ? first.target[$0] : second.target[$0]
        }
        let found = try aligned(pixels, to: first.reference)
        #expect(found.date.status == .notAligned || (found.date.shift?.length ?? 0) > 8)
    }

    @Test("B21: a date against its own copy does not move; the reference may be the later date")
    func theReferenceMayBeItselfOrNewer() throws {
        let pair = SimulatedPair.render(
            seed: 21, size: Self.side, shift: (1.5, -0.5), bands: [.b08])
        let same = try aligned(pair.reference, to: pair.reference)
        #expect(same.date.status == .aligned && !same.date.isResampled)
        #expect((same.date.shift?.length ?? 9) < 0.001)
        let newer = try aligned(pair.target, to: pair.reference) { $0.reference = "2021-06-02" }
        #expect(newer.date.status == .aligned && newer.date.date.hasPrefix("2021-06-01"))
        let shift = try #require(newer.date.shift)
        // What ShiftEstimatorTests hold every pair in the near infrared to; which date is older must not matter.
        #expect((shift - Shift(rows: -1.5, columns: 0.5)).length < 0.1)
    }
}
