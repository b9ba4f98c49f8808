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

    /// A residual network of another program, red first, as torchvision names its weights.
    private func foreign(bands: String?, channels: Int = 3) throws -> (String, ResNet) {
        Torch.setSeed(5)
        let network = ResNet(.resnet18, stem: .torchvision, channels: channels)
        let path = folder.path("resnet18.safetensors")
        try Safetensors.write(
            network.hostState(), metadata: bands.map { ["bands": $0] } ?? [:], to: path)
        network.setTraining(false)
        return (path, network)
    }

    private func runForeign(_ path: String, stage: Int? = nil) throws -> MethodSummary {
        var plan = OSCDPlan()
        plan.methods = [.encoder]
        plan.features = FeatureDistancePlan(stride: 4, blurWindow: 1, stage: stage)
        var paths = OSCDPaths(data: folder.path("OSCD"), output: folder.path("FOREIGN"))
        paths.encoder = path
        return try #require(try OSCDRun(plan: plan, paths: paths).run()?.first)
    }

    /// Another's network: each band standardised over the image, the distance of one stage's maps.
    @Test func anothersNetworkIsComparedByItsMaps() throws {
        let (path, network) = try foreign(bands: nil)
        #expect(try OSCDMethod.of(encoder: path) == .encoder)
        #expect(try OSCDMethod.of(encoder: encoder) == .matter)
        let summary = try runForeign(path)
        #expect(summary.bands == ["B04", "B03", "B02"])
        let file = try Safetensors.read(
            folder.path("FOREIGN/methods/encoder/predictions/rio.safetensors"))
        let scores: [Float] = try #require(file.arrays["score"]).values()
        let pair = try OSCDDataset(at: folder.path("OSCD")).load("rio", bands: [.b04, .b03, .b02])
            .pair
        let maps = [pair.before, pair.after].map { stack in
            let image = Tensor(
                stack.pixels.map { Float($0) },
                shape: [1, 3, OSCDFixture.height, OSCDFixture.width])
            let centred = image - image.mean([2, 3], keepingDimensions: true)
            let deviation = (centred * centred).mean([2, 3], keepingDimensions: true).sqrt()
            return noGradient { network.stageOutputs(centred / deviation)[0] }
        }
        let difference = maps[0] - maps[1]
        let distances = (difference * difference).sum([1]).sqrt().values(as: Float.self)
        let columns = difference.size(3)
        for row in 0..<difference.size(2) {
            for column in 0..<columns {
                let score = scores[row * 4 * OSCDFixture.width + column * 4]
                #expect(abs(score - distances[row * columns + column]) < 1e-3 * max(1, score))
            }
        }
    }

    @Test func aNetworkThatDoesNotFitIsRefused() throws {
        let (named, _) = try foreign(bands: "B02,B03,B77")
        expectRefusal(.badData, "B77 is no band") { _ = try runForeign(named) }
        let (untold, _) = try foreign(bands: nil, channels: 4)
        expectRefusal(.configuration, "does not say which 4 bands") { _ = try runForeign(untold) }
        let (sound, _) = try foreign(bands: "B02,B03,B08")
        expectRefusal(.configuration, "must be 0 to 4") { _ = try runForeign(sound, stage: 5) }
        var plan = OSCDPlan()
        (plan.methods, plan.features.stage) = ([.matter], 2)
        expectRefusal(.configuration, "is of the method encoder") { try plan.check() }
        try Safetensors.write([:], metadata: [:], to: folder.path("none.safetensors"))
        expectRefusal(.badData, "no residual network") {
            _ = try runForeign(folder.path("none.safetensors"))
        }
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
