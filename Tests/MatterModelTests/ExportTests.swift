import Foundation
import Manifests
import MatterModel
import TestSupport
import Tensors
import Testing

/// What other programs read; that they do, `script/check-model` shows.
struct ExportTests {
    private func encoder(_ folder: TemporaryFolder, _ change: (inout Recipe) -> Void) throws
        -> String
    {
        try SyntheticStore.make(at: folder.path("store"))
        var plan = TrainerTests.plan(folder)
        plan.recipe.run.steps = 2
        change(&plan.recipe)
        _ = try Trainer(plan) { _ in }.run()
        return "\(plan.output)/encoder.safetensors"
    }

    @Test func theTrunkHasTorchvisionsNamesAlone() throws {
        let folder = try TemporaryFolder()
        let path = try encoder(folder) { $0.encoder.strides = [1, 2] }
        let export = try EncoderExport(encoderFile: path)
        try export.write(.safetensors, to: folder.path("trunk.safetensors"))
        let names = try Safetensors.read(folder.path("trunk.safetensors")).arrays.keys
        #expect(names.contains("conv1.weight") && names.contains("layer2.1.bn2.running_var"))
        #expect(names.contains("layer2.0.downsample.1.num_batches_tracked"))
        #expect(
            names.allSatisfy {
                ["conv1", "bn1", "layer1", "layer2"].contains($0.prefix { $0 != "." })
            })
    }

    /// Enough to rebuild what stands before them; and no other program's encoder.
    @Test func theTrunkTellsWhatItReads() throws {
        let folder = try TemporaryFolder()
        try Self.write(.example, to: folder.path("e.safetensors"))
        let trunk = folder.path("trunk.safetensors")
        try EncoderExport(encoderFile: folder.path("e.safetensors")).write(.safetensors, to: trunk)
        let metadata = try Safetensors.read(trunk).metadata
        #expect(metadata["bands"] == "B02,B03,B04" && metadata["mapChannels"] == "8")
        #expect(metadata["step"] == "0" && metadata["format"] == "pt")
        let recipe = try decodeStrictJSON(
            Recipe.self, from: Array(try #require(metadata["recipe"]).utf8))
        #expect(recipe == .example)
        let statistics = try decodeStrictJSON(
            BandStatistics.self, from: Array(try #require(metadata["statistics"]).utf8))
        #expect(statistics == Self.statistics)
        let error = #expect(throws: TrainingError.self) { try EncoderFile(path: trunk) }
        #expect(error?.description.contains("its architecture is matter-trunk") == true)
    }

    // MARK: Graphs of images

    private static let statistics = BandStatistics(
        means: [2000, 2100, 2200], deviations: [700, 600, 500])

    /// An encoder before training.
    private static func write(_ recipe: Recipe, to path: String) throws {
        Torch.setSeed(7)
        let metadata = [
            "architecture": EncoderFile.architecture, "step": "0",
            "recipe": try JSONValue(encoding: recipe).serialized(),
            "statistics": try JSONValue(encoding: statistics).serialized(),
        ]
        try Safetensors.write(MatterEncoder(recipe).hostState(), metadata: metadata, to: path)
    }

    @Test(arguments: TextureRefinement.Kernel.allCases)
    func aGraphOfImagesIsWholeAndNotLargerForMoreRounds(
        _ kernel: TextureRefinement.Kernel
    ) throws {
        let folder = try TemporaryFolder()
        func outline(
            _ format: EncoderExport.Format, _ layers: [[Int]], iterations: Int
        ) throws -> ONNXOutline {
            var recipe = Recipe.example
            recipe.tern.kernel = kernel
            (recipe.tern.layers, recipe.tern.iterations) = (layers, iterations)
            recipe.data.standardise = kernel == .pamr ? .image : .store
            recipe.encoding.of = kernel == .pamr ? .mean : .positions
            try Self.write(recipe, to: folder.path("e.safetensors"))
            var export = try EncoderExport(encoderFile: folder.path("e.safetensors"))
            export.stride = 3
            return try ONNXOutline(export.bytes(format))
        }
        for format in [EncoderExport.Format.onnxMap, .onnxImage] {
            let small = try outline(format, [[1]], iterations: 1)
            let large = try outline(format, [[1, 1, 2, 4]], iterations: 10)
            #expect(small.faults == [] && large.faults == [])
            #expect(small.operations == large.operations)
            // Moments, logits, iterations and neighbours; rows of patches.
            #expect(small.operations["Loop"] == (format == .onnxMap ? 4 : 5))
            #expect(large.inputs == ["image": ["images", "3", "height", "width"]])
            #expect(
                large.outputs
                    == (format == .onnxMap
                        ? ["map": ["images", "11", "height", "width"]]
                        : ["features": ["images", "8", "rows", "columns"]]))
            // The views of the eight around a pixel, one pixel away and four, in an image with four more on each side.
            let starts = try #require(large.integers["tern.0.starts"])
            #expect(starts.shape == [32, 2])
            #expect(Array(starts.values[..<8]) == [3, 3, 3, 4, 3, 5, 4, 3])
            #expect(Array(starts.values[48...].prefix(8)) == [0, 0, 0, 4, 0, 8, 4, 0])
            let none = try outline(format, [[1]], iterations: 0)
            #expect(none.faults == [] && none.operations["Loop"] == (format == .onnxMap ? nil : 1))
        }
    }

    /// What `script/check-model` compares with: the images as they are stored, and what the encoder makes of them.
    @Test func aProofOfImagesHoldsThem() throws {
        let folder = try TemporaryFolder()
        try Self.write(.example, to: folder.path("e.safetensors"))
        var export = try EncoderExport(encoderFile: folder.path("e.safetensors"))
        try export.writeProof(of: .onnxMap, to: folder.path("map.safetensors"))
        let (image, map) = try Self.proof(folder.path("map.safetensors"), "map")
        #expect(image.shape == [2, 3, 41, 37] && map.shape == [2, 11, 41, 37])
        let blue = (image.select(1, 0) - 2000) * (1 / 700.0)
        #expect((map.select(1, 8) - blue).abs().max().item(as: Float.self) < 1e-4)
        for stride in [1, 7] {
            export.stride = stride
            try export.writeProof(of: .onnxImage, to: folder.path("image.safetensors"))
            let (_, features) = try Self.proof(folder.path("image.safetensors"), "features")
            #expect(features.shape == [2, 8, 40 / stride + 1, 36 / stride + 1])
        }
        let result = try runProgram(
            "matter-model",
            [
                "export", folder.path("e.safetensors"), "--format", "onnx", "--stride", "2",
                "--out", folder.path("e.onnx"),
            ])
        #expect(result.status == 64 && result.stderr.contains("--stride is of onnx-image alone"))
    }

    private static func proof(_ path: String, _ result: String) throws -> (Tensor, Tensor) {
        let arrays = try Safetensors.read(path).arrays
        return (
            Tensor(try #require(arrays["image"])), Tensor(try #require(arrays[result]))
        )
    }

    @Test func theGraphIsTheSameEachTimeAndHoldsEveryWeight() throws {
        let folder = try TemporaryFolder()
        let path = try encoder(folder) {
            $0.encoder.backbone = .resnet50
            $0.encoder.aspp = [1, 2]
        }
        let export = try EncoderExport(encoderFile: path)
        try export.write(.onnx, to: folder.path("one.onnx"))
        try export.write(.onnx, to: folder.path("two.onnx"))
        let bytes = try WholeFile.read(folder.path("one.onnx"))
        #expect(try ONNXOutline(bytes).faults == [])
        #expect(try WholeFile.read(folder.path("two.onnx")) == bytes)
        let weights = try Safetensors.read(path).arrays.filter { !$0.key.hasPrefix("pre_") }
        #expect(bytes.count > weights.values.reduce(0) { $0 + $1.bytes.count } - 1000)
    }

    /// Whether `script/check-model` has been run here: its readers are there, and the program that it starts.
    private static let hasReaders = OutsideReaders.are(in: "venv-model")

    /// E26: onnxruntime's features are ours, of patches to 1e-5 and of images to 1e-4, TensorBoard's curves are ours.
    @Test(
        .enabled(if: hasReaders, "needs the readers that script/check-model installs"),
        arguments: TextureRefinement.Kernel.allCases)
    func onnxruntimeFindsTheSameFeatures(_ kernel: TextureRefinement.Kernel) throws {
        let folder = try TemporaryFolder()
        let path = try encoder(folder) { recipe in
            recipe.tern.kernel = kernel
            switch kernel {
            case .pamr:
                recipe.tern.layers = [[1, 1, 2], [4]]
                recipe.tern.iterations = 3
                recipe.data.standardise = .image
            case .cosineSimilar:
                recipe.tern.layers = [[1], [2], [8]]
                recipe.tern.centre = true
                recipe.encoder.aspp = [1, 2]
            case .cosinePrinted:
                recipe.tern.kernelSize = 5
                recipe.encoding.of = .positions
            }
        }
        let run = (path as NSString).deletingLastPathComponent
        let result = try runExecutable(OutsideReaders.script("check-model"), [run])
        #expect(result.status == 0, "\(result.stderr)")
        #expect(result.stdout.contains("onnxruntime"))
    }
}
