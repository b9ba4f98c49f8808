import Foundation
import MatterModel
import Tensors

/// Our side of the benchmark dense-inference.
///
/// Usage: `bench-dense-inference RECIPE FOLDER SIDE ROUNDS THREADS`; draws an encoder and an image, writes both into FOLDER, prints the
/// seconds of each round and the peak of resident memory in MB, and writes the features of the diagonal for the peer to compare.
@main struct DenseInference {
    private static func image(bands: Int, side: Int) -> Tensor {
        Torch.setSeed(1)
        return Tensor.random([1, bands, side, side]) * 3000 + 500
    }

    static func main() throws {
        let words = CommandLine.arguments
        let numbers = words.dropFirst(3).compactMap { Int($0) }
        guard words.count == 6, numbers.count == 3 else {
            FileHandle.standardError.write(
                Data("usage: \(words[0]) RECIPE FOLDER SIDE ROUNDS THREADS\n".utf8))
            exit(64)
        }
        let (folder, side) = (words[2], numbers[0])
        Torch.setThreads(numbers[2])
        var recipe = try RecipeFile(path: words[1]).recipe
        recipe.data.standardise = .image
        let bands = recipe.data.bands.count
        let model = MatterEncoder(recipe)
        model.initialise(seed: 1)
        let image = image(bands: bands, side: side)
        try Safetensors.write(
            model.hostState().merging(["image": image.hostArray()]) { $1 },
            to: "\(folder)/encoder.safetensors")
        let statistics = BandStatistics(
            means: .init(repeating: 0, count: bands), deviations: .init(repeating: 1, count: bands))
        let encoder = DenseEncoder(model: model, recipe: recipe, statistics: statistics)
        for _ in 0..<numbers[1] {
            let start = ContinuousClock().now
            let features = try encoder.features(of: image, stride: 1)
            print((ContinuousClock().now - start) / .seconds(1))
            let pixels = features.permuted([1, 2, 0]).reshaped([side * side, -1])
            let diagonal = (0..<side).map { Int64($0 * (side + 1)) }
            try Safetensors.write(
                ["features": pixels.indexSelect(0, Tensor(diagonal)).hostArray()],
                to: "\(folder)/features.safetensors")
        }
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        print("peak", Double(usage.ru_maxrss) / 1024)
    }
}
