import DataPrep
import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// Dates aligned to a mosaic and to what all of them agree on.
@Suite struct StackAlignmentTests {
    /// Four dates of one place with known shifts; the clearest is the first.
    private struct Stack {
        let folder: TemporaryFolder
        let shifts: [Shift]
        static let days = ["20210509", "20210608", "20210718", "20210827"]
        static let size = 384

        /// `hidden`: of each date, the columns that have no data.
        init(seed: UInt64, hidden: [Range<Int>?]) throws {
            folder = try TemporaryFolder()
            let scene = SimulatedScene.make(seed: seed, size: Self.size, dates: 4)
            var random = SplitMix64(seed: seed)
            var shifts: [Shift] = []
            for (index, day) in Self.days.enumerated() {
                let shift = Shift(
                    rows: 4 * random.nextUniform() - 2, columns: 4 * random.nextUniform() - 2)
                let numbers = (
                    Int(day.prefix(4)), Int(day.dropFirst(4).prefix(2)), Int(day.suffix(2))
                )
                let date = scene.acquisition(
                    day: SimulatedDay(numbers.0 ?? 0, numbers.1 ?? 0, numbers.2 ?? 0), index: index,
                    rows: shift.rows, columns: shift.columns)
                var pixels = scene.image(date, bands: [.b08])[.b08]?.values ?? []
                if let columns = hidden[index] {
                    for place in pixels.indices where columns.contains(place % Self.size) {
                        pixels[place] = 0
                    }
                }
                shifts.append(shift)
                try Self.write(pixels, day: day, to: folder)
            }
            self.shifts = shifts
        }

        private static func write(
            _ pixels: [UInt16], day: String, to folder: TemporaryFolder
        ) throws {
            let side = try PixelSize(width: size, height: size)
            let grid = GeoGrid(
                size: side,
                transform: try AffineTransform(
                    originX: 300_000, originY: 5_700_000, resolution: 10),
                crs: CRS(epsg: 32633))
            try RasterWriter.write(
                RasterBuffer(size: side, pixels: pixels), grid: grid, as: .jpeg2000(),
                to: folder.path("T33UUU_\(day)T101031_B08.jp2"))
        }

        func aligned(to reference: String?) throws -> RegionAlignment {
            var settings = PrepSettings()
            (settings.bands, settings.reference) = ([.b08], reference)
            let region = RegionInput(name: "r", paths: [folder.path])
            let plan = try PrepPlan(regions: [region], settings: settings, output: "")
            return try #require(plan.align().first)
        }

        /// Error of each date's shift against the first's, or against the mean of all.
        func errors(_ alignment: RegionAlignment, againstMean: Bool = false) -> [Double] {
            let mean = shifts.reduce(Shift.zero, +)
            let zero =
                againstMean ? Shift(rows: mean.rows / 4, columns: mean.columns / 4) : shifts[0]
            return zip(alignment.dates, shifts).map { date, truth in
                ((date.shift ?? Shift(rows: 99, columns: 99)) - (truth - zero)).length
            }
        }
    }

    /// No date is the reference: all are moved to the mean of their geolocation, each as well known as a pair is.
    @Test(arguments: [31, 32, 33] as [UInt64]) func consensusFindsEveryDate(seed: UInt64) throws {
        let stack = try Stack(seed: seed, hidden: [nil, nil, nil, nil])
        let found = try stack.aligned(to: "consensus")
        #expect(found.reference == "consensus")
        #expect(found.dates.allSatisfy { $0.status == .aligned })
        let errors = stack.errors(found, againstMean: true)
        #expect(errors.allSatisfy { $0 < 0.04 }, "errors \(errors)")
        let sum = found.dates.compactMap(\.shift).reduce(Shift.zero, +)
        #expect(sum.length < 1e-6)
    }

    /// Two dates that share no ground are joined by a third that both share ground with.
    @Test func consensusJoinsDatesThatShareNothing() throws {
        let stack = try Stack(seed: 34, hidden: [nil, 192..<384, 0..<192, nil])
        let errors = stack.errors(try stack.aligned(to: "consensus"), againstMean: true)
        #expect(errors.allSatisfy { $0 < 0.08 }, "errors \(errors)")
    }

    /// A date that no other agrees with is the frame by itself.
    @Test func consensusOfOneDateIsThatDate() throws {
        let none = 0..<384
        let stack = try Stack(seed: 36, hidden: [nil, none, none, none])
        let dates = try stack.aligned(to: "consensus").dates
        #expect(dates.first?.status == .reference && dates.first?.shift == Shift.zero)
        #expect(!dates.contains { $0.status == .aligned })
    }

    /// A date that shows only what the clearest one lacks is aligned to the mosaic, and to the clearest date it is not.
    @Test func mosaicShowsWhatTheClearestDateLacks() throws {
        let stack = try Stack(seed: 35, hidden: [256..<384, 0..<160, 0..<288, nil])
        let single = try stack.aligned(to: "2021-05-09")
        #expect(single.dates[2].status == .notAligned)
        let mosaic = try stack.aligned(to: "mosaic")
        #expect(mosaic.reference == "mosaic")
        #expect(mosaic.dates[3].status == .reference)
        let errors = zip(mosaic.dates, stack.shifts).map { date, truth in
            ((date.shift ?? Shift(rows: 99, columns: 99)) - (truth - stack.shifts[3])).length
        }
        #expect(errors.allSatisfy { $0 < 0.08 }, "errors \(errors)")
    }

    /// Where bright and dark are exchanged between dates, brightness says nothing or something wrong; edges still fit.
    @Test func structureSeesThroughExchangedBrightness() throws {
        let pair = SimulatedPair.render(seed: 36, size: 384, shift: (0.7, -1.2), bands: [.b08])
        let exchanged = pair.target.map { UInt16(max(1, 9000 - Int($0))) }
        let found = { (feature: AlignmentFeature) in
            var search = ShiftSearch()
            search.feature = feature
            let survey = try ShiftEstimator(search).survey(
                reference: Self.image(pair.reference), moving: Self.image(exchanged))
            return survey.fitted(width: 384, height: 384)?.global
        }
        let truth = Shift(rows: 0.7, columns: -1.2)
        let structure = try #require(try found(.structure))
        #expect((structure - truth).length < 0.05)
        let brightness = try found(.brightness)
        #expect(brightness.map { ($0 - truth).length > 0.2 } ?? true)
    }

    /// Bands speak together: what one band tells with noise, four tell better.
    @Test func bandsSpeakTogether() throws {
        let bands: [Sentinel2Band] = [.b02, .b03, .b04, .b08]
        var (alone, together) = (0.0, 0.0)
        for seed in [41, 42, 43, 44, 45, 46] as [UInt64] {
            let pair = SimulatedPair.render(seed: seed, size: 258, shift: (0.4, -0.3), bands: bands)
            let count = 258 * 258
            let layers = { (pixels: [UInt16]) in
                (0..<4).map { layer in
                    AlignmentImage(
                        width: 258, height: 258,
                        pixels: Array(pixels[layer * count..<(layer + 1) * count]))
                }
            }
            let (first, second) = (layers(pair.reference), layers(pair.target))
            let error = { (layers: Range<Int>) in
                let survey = try ShiftEstimator().survey(
                    references: Array(first[layers]), movings: Array(second[layers]))
                let found = try #require(survey.fitted(width: 258, height: 258)).global
                return (found - Shift(rows: 0.4, columns: -0.3)).length
            }
            alone += try error(2..<3)
            together += try error(0..<4)
        }
        #expect(together < alone)
        #expect(together / 6 < 0.03)
    }

    /// Two halves that lie 0.4 px apart: the field breaks between them instead of bending.
    @Test func aFieldMayBreak() throws {
        let left = SimulatedPair.render(seed: 51, size: 1020, shift: (0.2, 0.2), bands: [.b08])
        let right = SimulatedPair.render(seed: 51, size: 1020, shift: (-0.2, -0.2), bands: [.b08])
        var pixels = left.target
        for place in pixels.indices where place % 1020 >= 510 {
            pixels[place] = right.target[place]
        }
        let survey = try ShiftEstimator().survey(
            reference: Self.image(left.reference), moving: Self.image(pixels))
        let fit = try #require(survey.fitted(width: 1020, height: 1020))
        for column in stride(from: 60.0, to: 1020, by: 60) where abs(column - 510) > 128 {
            for row in stride(from: 60.0, to: 1020, by: 60) {
                let truth = column < 510 ? 0.2 : -0.2
                let error =
                    (fit.shift(row: row, column: column) - Shift(rows: truth, columns: truth))
                #expect(error.length < 0.08, "at \(row), \(column): \(error)")
            }
        }
    }

    private static func image(_ pixels: [UInt16]) -> AlignmentImage {
        let side = Int(Double(pixels.count).squareRoot())
        return AlignmentImage(width: side, height: side, pixels: pixels)
    }
}
