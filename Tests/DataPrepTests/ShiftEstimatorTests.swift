import DataPrep
import Foundation
import Geo
import Manifests
import Tensors
import Testing

@Suite struct ShiftEstimatorTests {
    /// Ten scenes, ten random shifts: the median error of the global shift stays under 0.02 px.
    @Test func findsTheGlobalShiftOfTenScenes() throws {
        var random = SplitMix64(seed: 20)
        let errors = try (1...10).map { seed -> Double in
            let shift = (
                rows: 5 * random.nextUniform() - 2.5, columns: 5 * random.nextUniform() - 2.5
            )
            let pair = SimulatedPair.render(
                seed: UInt64(seed), size: 384, shift: shift, bands: [.b08])
            let found = try #require(try Self.fit(pair)).global
            return (found - Shift(rows: shift.rows, columns: shift.columns)).length
        }
        #expect(errors.sorted()[5] < 0.02, "errors \(errors)")
        #expect(errors.allSatisfy { $0 < 0.1 }, "errors \(errors)")
    }

    /// A smooth warp of a pixel is found everywhere, its mean as the global shift.
    @Test func findsASmoothField() throws {
        let pair = SimulatedPair.render(
            seed: 3, size: 780, shift: (1.3, -0.7), warp: 1,
            bands: [.b08])
        let fit = try #require(try Self.fit(pair))
        #expect((fit.global - Shift(rows: 1.3, columns: -0.7)).length < 0.05)
        let field = try #require(fit.field)
        var errors: [Double] = []
        for row in stride(from: 60.0, to: 720, by: 40) {
            for column in stride(from: 60.0, to: 720, by: 40) {
                let truth = pair.shift(row: row, column: column)
                let found = field.shift(row: row, column: column)
                errors.append((found - Shift(rows: truth.rows, columns: truth.columns)).length)
            }
        }
        #expect(errors.sorted()[errors.count / 2] < 0.05)
    }

    /// No fraction of a pixel is preferred: the error stays as small for 0.25 as for 0.5 and 0.
    @Test(arguments: [Sentinel2Band.b04, .b08], [0.0, 0.125, 0.25, 0.375, 0.5, 0.75])
    func isNotDrawnToWholePixels(band: Sentinel2Band, fraction: Double) throws {
        let day = SimulatedDay(2021, 6, 8)
        let pair = SimulatedPair.render(
            seed: 6, size: 384, shift: (fraction, -fraction), bands: [band], days: (day, day))
        let found = try #require(try Self.fit(pair)).global
        #expect((found - Shift(rows: fraction, columns: -fraction)).length < 0.012)
    }

    /// Hidden pixels say nothing, however they look: half of a date under a mask leaves the shift as it is.
    @Test func aMaskDoesNotPullTheShift() throws {
        let pair = SimulatedPair.render(seed: 7, size: 384, shift: (0.6, 1.4), bands: [.b08])
        var moving = Self.image(pair.target, pair.size)
        for row in 0..<384 {
            for column in 0..<384 where (row / 48 + column / 64) % 3 == 0 {
                moving.pixels[row * 384 + column] = 0
            }
        }
        let survey = try ShiftEstimator().survey(
            reference: Self.image(pair.reference, pair.size), moving: moving)
        let found = try #require(survey.fitted(width: 384, height: 384)).global
        #expect((found - Shift(rows: 0.6, columns: 1.4)).length < 0.05)
    }

    /// An image without structure, noise, and nothing at all: each is refused in words, never as a number.
    @Test(arguments: ["constant", "noise", "empty"]) func refusesWhatHasNoAnswer(kind: String)
        throws
    {
        let size = try PixelSize(width: 256, height: 256)
        let pair = SimulatedPair.render(seed: 8, size: 258, shift: (0, 0))
        let reference = Self.image(
            (0..<256).flatMap { pair.reference[$0 * 258..<$0 * 258 + 256] }, size)
        var random = SplitMix64(seed: 4)
        let pixels: [UInt16] = (0..<size.count).map { _ in
            kind == "constant"
                ? 700 : kind == "empty" ? 0 : UInt16(500 + random.nextInt(below: 900))
        }
        let survey = try ShiftEstimator().survey(
            reference: reference, moving: Self.image(pixels, size))
        #expect(survey.answers.isEmpty)
        #expect(survey.refusal != nil)
        // No farther than windows can see.
        var search = ShiftSearch()
        search.largestShift = 128
        let far = try ShiftEstimator(search).survey(
            reference: reference, moving: Self.image(pixels, size))
        #expect(far.refusal?.contains("±128") == false)
    }

    /// The same pair gives the same bits.
    @Test func isDeterministic() throws {
        let pair = SimulatedPair.render(seed: 9, size: 258, shift: (0.3, 0.2))
        #expect(try Self.fit(pair)?.global == Self.fit(pair)?.global)
    }

    /// A GPU is refused before anything is read where there is none.
    @Test(.enabled(if: !Device.cuda.isAvailable, "needs a machine without a GPU"))
    func aGPUThatIsNotThereIsRefused() {
        var settings = PrepSettings()
        settings.search.device = .cuda
        let error = #expect(throws: TorchError.self) {
            try PrepPlan(
                regions: [RegionInput(name: "none", paths: ["none"])], settings: settings,
                output: "none")
        }
        #expect(error?.exitCode == .unavailable)
        #expect(error?.description.hasPrefix("device cuda:0: ") == true)
    }

    /// A GPU's transforms differ in their last bits, the shifts by no more than rounding.
    @Test(.enabled(if: Device.cuda.isAvailable, "needs a GPU"))
    func aGPUFindsTheSameShifts() throws {
        let pair = SimulatedPair.render(seed: 9, size: 512, shift: (0.3, 0.2))
        var search = ShiftSearch()
        let surveys = try [nil, AlignmentDevice.cuda].map { device in
            search.device = device
            return try ShiftEstimator(search).survey(
                reference: Self.image(pair.reference, pair.size),
                moving: Self.image(pair.target, pair.size))
        }
        #expect(surveys[0].answers.count == surveys[1].answers.count)
        for (here, there) in zip(surveys[0].answers, surveys[1].answers) {
            #expect((here.shift - there.shift).length < 1e-4)
        }
    }

    private static func image(_ pixels: [UInt16], _ size: PixelSize) -> AlignmentImage {
        AlignmentImage(width: size.width, height: size.height, pixels: pixels)
    }

    private static func fit(_ pair: SimulatedPair) throws -> FittedShift? {
        let survey = try ShiftEstimator().survey(
            reference: image(pair.reference, pair.size), moving: image(pair.target, pair.size))
        return survey.fitted(width: pair.size.width, height: pair.size.height)
    }
}
