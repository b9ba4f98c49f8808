import Geo
import MatterModel
import Store
import Tensors
import TestSupport
import Testing

struct PatchDatasetTests {
    static func dataset(_ folder: TemporaryFolder, _ recipe: Recipe, seed: UInt64 = 3) throws
        -> PatchDataset
    {
        try PatchDataset(store: folder.path("store"), recipe: recipe, seed: seed)
    }

    @Test func aBatchFollowsFromSeedAndStepAlone() throws {
        let folder = try TemporaryFolder()
        try SyntheticStore.make(at: folder.path("store"))
        let first = try Self.dataset(folder, .example)
        let inOrder = try (0..<12).map { try first.batch($0) }
        let second = try Self.dataset(folder, .example)
        for step in [11, 0, 7] { #expect(try second.batch(step) == inOrder[step]) }
        #expect(try Self.dataset(folder, .example, seed: 4).batch(0) != inOrder[0])
        #expect(first.count == 18)
    }

    @Test func shapesFit() throws {
        let folder = try TemporaryFolder()
        try SyntheticStore.make(at: folder.path("store"))
        let batch = try Self.dataset(folder, .example).batch(0)
        #expect(batch.anchors.count == 4 * 3 * 16 * 16)
        #expect(batch.positives.count == batch.anchors.count)
        #expect(batch.grounds.count == 16)
        #expect(batch.positions.count == 48)
        let mean = batch.anchors.reduce(0, +) / Float(batch.anchors.count)
        #expect(abs(mean) < 1)
    }

    /// The dates differ by brightness and a little noise: turned alike, they must look alike.
    @Test func bothDatesShowTheSameGroundTurnedAlike() throws {
        let folder = try TemporaryFolder()
        try SyntheticStore.make(at: folder.path("store"))
        let dataset = try Self.dataset(folder, .example)
        for step in 0..<5 {
            let batch = try dataset.batch(step)
            #expect(correlation(batch.anchors, batch.positives) > 0.9)
            // Of the same place, and yet not the same picture.
            for crop in batch.crops {
                let places = crop.keys.map { $0.split(separator: "/").dropLast() }
                #expect(crop.keys[0] != crop.keys[1] && places[0] == places[1])
            }
            #expect(batch.anchors != batch.positives)
        }
    }

    /// `standardise = "image"`: what training sees of a tile is what inference sees of it, whatever the crop and whatever is not clear.
    @Test func imagesAreStandardisedAlikeInTrainingAndInference() throws {
        let folder = try TemporaryFolder()
        try SyntheticStore.make(at: folder.path("store"))
        try Self.hideUpperThird(ofStore: folder.path("store"))
        let store = try SampleStore(folder.path("store"), for: .reading)
        var recipe = Recipe.example
        recipe.data.standardise = .image
        recipe.data.augment = false
        let batch = try Self.dataset(folder, recipe).batch(0)
        let encoder = DenseEncoder(
            model: MatterEncoder(recipe), recipe: recipe,
            statistics: BandStatistics(means: [0, 0, 0], deviations: [1, 1, 1]))
        let pixels = 3 * 16 * 16
        for (index, crop) in batch.crops.enumerated() {
            for (date, seen) in [batch.anchors, batch.positives].enumerated() {
                let image = try Self.image(crop.keys[date], in: store)
                let whole = encoder.standardised(image.pixels, valid: image.valid)
                    .narrow(2, start: crop.window.offset.row, length: 16)
                    .narrow(3, start: crop.window.offset.column, length: 16)
                let own = Tensor(
                    Array(seen[index * pixels..<(index + 1) * pixels]), shape: [1, 3, 16, 16])
                #expect(largest(whole.contiguous() - own) < 1e-4)
            }
        }
        // Without a mask, what has no data does not count.
        let image = try Self.image(store.keys()[0], in: store)
        let guessed = encoder.standardised(image.pixels)
        #expect(largest(guessed - encoder.standardised(image.pixels, valid: image.valid)) < 1e-4)
    }

    /// Takes the data out of the upper third of every sample.
    private static func hideUpperThird(ofStore path: String) throws {
        let store = try SampleStore(path, for: .writing)
        for key in try store.keys() {
            var sample = try store.sample(key)
            for name in ["B02", "B03", "B04"] {
                var values = try store.withSample(key) { try $0.pixels(name, as: UInt16.self) }
                for index in 0..<16 * 48 { values[index] = 0 }
                sample[name] = HostArray(values, shape: [48, 48])
            }
            let valid = (0..<48 * 48).map { UInt8($0 < 16 * 48 ? 0 : 1) }
            sample["valid"] = HostArray(valid, shape: [48, 48])
            try store.put(sample, for: key)
        }
    }

    private static func image(
        _ key: String, in store: SampleStore
    ) throws -> (pixels: Tensor, valid: Tensor) {
        try store.withSample(key) { sample in
            let planes = try ["B02", "B03", "B04"].flatMap {
                try sample.pixels($0, as: UInt16.self)
            }
            let valid = try sample.pixels("valid", as: UInt8.self)
            return (
                Tensor(planes.map { Float($0) }, shape: [1, 3, 48, 48]),
                Tensor(valid.map { Float($0) }, shape: [1, 1, 48, 48])
            )
        }
    }

    private func correlation(_ left: [Float], _ right: [Float]) -> Double {
        let (x, y) = (left.map(Double.init), right.map(Double.init))
        let (meanX, meanY) = (x.reduce(0, +) / Double(x.count), y.reduce(0, +) / Double(y.count))
        let products = zip(x, y).map { ($0 - meanX) * ($1 - meanY) }.reduce(0, +)
        let squares = x.map { ($0 - meanX) * ($0 - meanX) }.reduce(0, +)
        return products
            / (squares * y.map { ($0 - meanY) * ($0 - meanY) }.reduce(0, +)).squareRoot()
    }
}
