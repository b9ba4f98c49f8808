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
        #expect(try WholeFile.read(folder.path("two.onnx")) == bytes)
        let weights = try Safetensors.read(path).arrays.filter { !$0.key.hasPrefix("pre_") }
        #expect(bytes.count > weights.values.reduce(0) { $0 + $1.bytes.count } - 1000)
    }

    /// Whether `script/check-model` has been run here: its readers are there, and the program that it starts.
    private static let hasReaders = OutsideReaders.are(in: "venv-model")

    /// E26: onnxruntime's features are ours to 1e-5, TensorBoard's curves are ours.
    @Test(.enabled(if: hasReaders, "needs the readers that script/check-model installs"))
    func onnxruntimeFindsTheSameFeatures() throws {
        let folder = try TemporaryFolder()
        let run = (try encoder(folder) { _ in } as NSString).deletingLastPathComponent
        let result = try runExecutable(OutsideReaders.script("check-model"), [run])
        #expect(result.status == 0, "\(result.stderr)")
        #expect(result.stdout.contains("onnxruntime"))
    }
}
