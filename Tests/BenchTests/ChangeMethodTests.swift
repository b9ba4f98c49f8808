import Bench
import Geo
import Manifests
import Testing

struct ChangeMethodTests {
    private let size: PixelSize
    private let bands: [Sentinel2Band] = [.b02, .b08]

    init() throws {
        size = try PixelSize(width: 7, height: 5)
    }

    private func stack(seed: UInt64, gain: Int = 1, offset: Int = 0) -> BandStack {
        var generator = SplitMix64(seed: seed)
        let pixels = (0..<size.count * bands.count).map { _ in
            UInt16(Int(generator.next() % 3000) * gain + 100 + offset)
        }
        return BandStack(size: size, bands: bands, pixels: pixels)
    }

    @Test func changeVectorsAreStandardisedDifferences() throws {
        let pair = ImagePair(before: stack(seed: 1), after: stack(seed: 2))
        let scores = ChangeVectorAnalysis(bands: bands).score(pair)
        var squares = [Double](repeating: 0, count: size.count)
        for band in bands {
            let standardised = [pair.before, pair.after].map { stack in
                let values = (stack.plane(band) ?? []).map(Double.init)
                let mean = values.reduce(0, +) / Double(values.count)
                let variance =
                    values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
                return values.map { ($0 - mean) / variance.squareRoot() }
            }
            for index in squares.indices {
                let difference = standardised[1][index] - standardised[0][index]
                squares[index] += difference * difference
            }
        }
        for (score, square) in zip(scores, squares) {
            #expect(abs(Double(score) - square.squareRoot()) < 1e-5)
        }
    }

    @Test func anotherLightIsNoChange() {
        let pair = ImagePair(before: stack(seed: 3), after: stack(seed: 3, gain: 3, offset: 250))
        let scores = ChangeVectorAnalysis(bands: bands).score(pair)
        #expect(scores.allSatisfy { $0 < 1e-5 })
    }

    @Test func pixelsWithoutDataScoreNothingAndSpoilNothing() {
        let full = stack(seed: 4)
        var pixels = stack(seed: 5).pixels
        pixels[3] = 0
        pixels[size.count + 3] = 0
        let holed = BandStack(size: size, bands: bands, pixels: pixels)
        let scores = ChangeVectorAnalysis(bands: bands).score(
            ImagePair(before: full, after: holed))
        #expect(scores[3] == 0)
        #expect(scores.filter { $0 > 0 }.count > 30)
        let empty = BandStack(
            size: size, bands: bands, pixels: [UInt16](repeating: 0, count: pixels.count))
        let none = ChangeVectorAnalysis(bands: bands).score(
            ImagePair(before: full, after: empty))
        #expect(none == [Float](repeating: 0, count: size.count))
    }

    @Test func featureDistanceAtEveryPixelIsTheDistance() throws {
        let pair = ImagePair(before: stack(seed: 6), after: stack(seed: 7))
        let scores = try distance(stride: 1, blurWindow: 1).score(pair)
        for index in 0..<size.count {
            let differences = bands.indices.map { band in
                let place = band * size.count + index
                return Double(pair.before.pixels[place]) - Double(pair.after.pixels[place])
            }
            let expected = differences.reduce(0) { $0 + $1 * $1 }.squareRoot()
            #expect(abs(Double(scores[index]) - expected) < 1e-3)
        }
    }

    @Test(arguments: [2, 3, 4, 16])
    func coarseDistancesPassThroughTheirCells(stride: Int) throws {
        let pair = ImagePair(before: stack(seed: 6), after: stack(seed: 7))
        let fine = try distance(stride: 1, blurWindow: 1).score(pair)
        let coarse = try distance(stride: stride, blurWindow: 1).score(pair)
        #expect(coarse.count == size.count)
        for row in Swift.stride(from: 0, to: size.height, by: stride) {
            for column in Swift.stride(from: 0, to: size.width, by: stride) {
                let index = row * size.width + column
                #expect(coarse[index] == fine[index])
            }
        }
        #expect(try #require(coarse.max()) <= #require(fine.max()))
    }

    @Test func theWindowSpreadsAsTorchvisionDoes() throws {
        // torchvision.transforms.functional.gaussian_blur of a unit impulse in the middle of 33 × 33, window 13: the middle row.
        let reference: [Float] = [
            0.030_352_1, 0.027_614_7, 0.020_796_7, 0.012_964_4, 0.006_689_8, 0.002_857_4,
            0.001_010_3,
        ]
        let wide = try PixelSize(width: 33, height: 33)
        let flat = BandStack(
            size: wide, bands: [.b02], pixels: [UInt16](repeating: 1, count: wide.count))
        var pixels = flat.pixels
        pixels[16 * 33 + 16] = 1001
        let peak = BandStack(size: wide, bands: [.b02], pixels: pixels)
        let method = FeatureDistance(
            name: "test", title: "", origin: "", source: RawFeatures(bands: [.b02]),
            plan: FeatureDistancePlan(stride: 1, blurWindow: 13))
        let scores = try method.score(ImagePair(before: flat, after: peak))
        for (offset, weight) in reference.enumerated() {
            #expect(abs(scores[16 * 33 + 16 + offset] / 1000 - weight) < 1e-6)
            #expect(abs(scores[(16 - offset) * 33 + 16] / 1000 - weight) < 1e-6)
        }
        #expect(abs(scores.reduce(0, +) - 1000) < 1e-2)
    }

    @Test func featuresThatAreNoNumbersAreRefused() {
        let pair = ImagePair(before: stack(seed: 6), after: stack(seed: 7))
        let method = FeatureDistance(
            name: "matter", title: "", origin: "", source: RawFeatures(bands: bands, factor: .nan),
            plan: FeatureDistancePlan())
        let error = #expect(throws: BenchError.self) { try method.score(pair) }
        #expect(error?.exitCode == .badData)
    }

    private func distance(stride: Int, blurWindow: Int) -> FeatureDistance {
        FeatureDistance(
            name: "matter", title: "", origin: "", source: RawFeatures(bands: bands),
            plan: FeatureDistancePlan(stride: stride, blurWindow: blurWindow))
    }
}

/// Features that are the pixels themselves, times a factor.
struct RawFeatures: FeatureSource {
    let bands: [Sentinel2Band]
    var factor: Float = 1

    func features(of image: BandStack, stride: Int) throws -> FeatureMap {
        var values: [Float] = []
        for band in bands {
            guard let plane = image.plane(band) else { continue }
            for row in Swift.stride(from: 0, to: image.size.height, by: stride) {
                for column in Swift.stride(from: 0, to: image.size.width, by: stride) {
                    let index = plane.startIndex + row * image.size.width + column
                    values.append(Float(plane[index]) * factor)
                }
            }
        }
        return FeatureMap(depth: bands.count, values: values)
    }
}
