import MatterModel
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
