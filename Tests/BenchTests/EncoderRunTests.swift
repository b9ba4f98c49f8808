import Bench
import BenchFixtures
import Foundation
import Geo
import Manifests
import MatterModel
import Tensors
import Testing
import TestSupport

/// Runs with a real, small encoder.
@Suite(.serialized)
struct EncoderRunTests {
    let folder: TemporaryFolder
    private let encoder: String

    init() throws {
        folder = try TemporaryFolder()
        _ = try OSCDFixture(at: folder.path("OSCD"))
        encoder = folder.path("step-000000.safetensors")
        try Self.writeEncoder(to: encoder)
    }

    /// Writes the example recipe's encoder as it is before training, with all that its file must say.
    static func writeEncoder(to path: String, leavingOut weight: String? = nil) throws {
        Torch.setSeed(7)
        let recipe = Recipe.example
        let statistics = BandStatistics(means: [2000, 2000, 2000], deviations: [700, 700, 700])
        var weights = MatterEncoder(recipe).hostState()
        if let weight { weights[weight] = nil }
        let metadata = [
            "architecture": "matter-encoder", "step": "0",
            "recipe": try JSONValue(encoding: recipe).serialized(),
            "statistics": try JSONValue(encoding: statistics).serialized(),
        ]
        try Safetensors.write(weights, metadata: metadata, to: path)
    }

    private func run(out: String, stride: Int) throws -> MethodSummary {
        var plan = OSCDPlan()
        plan.methods = [.untrained]
        plan.features = FeatureDistancePlan(stride: stride, blurWindow: 1)
        var paths = OSCDPaths(data: folder.path("OSCD"), output: folder.path(out))
        paths.untrained = encoder
        return try #require(try OSCDRun(plan: plan, paths: paths).run()?.first)
    }

    private func scores(in out: String, of city: String) throws -> [Float] {
        let file = try Safetensors.read(
            folder.path("\(out)/methods/untrained/predictions/\(city).safetensors"))
        let score = try #require(file.arrays["score"])
        #expect(score.shape == [OSCDFixture.height, OSCDFixture.width])
        #expect(file.arrays["mask"]?.dtype == .uint8)
        return try score.values()
    }

    @Test func scoresAreDistancesOfTheEncodersFeatures() throws {
        let summary = try run(out: "BENCH", stride: 4)
        #expect(summary.bands == ["B02", "B03", "B04"])
        #expect(summary.scores.pixelsScored == 2 * OSCDFixture.height * OSCDFixture.width)
        let scores = try scores(in: "BENCH", of: "rio")
        let network = try DenseEncoder(encoderFile: encoder)
        let pair = try OSCDDataset(at: folder.path("OSCD")).load("rio", bands: network.bands).pair
        let features = try [pair.before, pair.after].map { stack in
            try network.features(
                of: Tensor(
                    stack.pixels.map { Float($0) },
                    shape: [1, 3, OSCDFixture.height, OSCDFixture.width]), stride: 4
            ).values(as: Float.self)
        }
        for row in 0..<5 {
            for column in 0..<6 {
                let squares = (0..<network.featureCount).map { plane in
                    let cell = plane * 30 + row * 6 + column
                    let difference = Double(features[0][cell]) - Double(features[1][cell])
                    return difference * difference
                }
                let score = Double(scores[row * 4 * OSCDFixture.width + column * 4])
                #expect(abs(score - squares.reduce(0, +).squareRoot()) < 1e-5)
            }
        }
    }

    @Test func theSameRunGivesTheSameBytes() throws {
        _ = try run(out: "A", stride: 3)
        _ = try run(out: "B", stride: 3)
        let files = folder.files().filter { $0.hasPrefix("A/") }.map { $0.dropFirst(2) }
        #expect(files.contains("methods/untrained/predictions/rio.safetensors"))
        for file in files {
            #expect(
                try SHA256Digest(ofFile: folder.path("A/\(file)"))
                    == SHA256Digest(ofFile: folder.path("B/\(file)")))
        }
    }

    @Test func anEncoderWithoutAWeightIsRefused() throws {
        let name = try #require(MatterEncoder(Recipe.example).hostState().keys.sorted().first)
        try Self.writeEncoder(to: encoder, leavingOut: name)
        let error = #expect(throws: (any Error).self) { try run(out: "BENCH", stride: 4) }
        #expect((error as? any ExitCoded)?.exitCode == .badData)
        #expect(error.map { "\($0)" }?.contains(name) == true)
    }
}
