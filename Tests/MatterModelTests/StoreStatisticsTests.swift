import MatterModel
import Store
import TestSupport
import Testing

struct StoreStatisticsTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path("store")
        try SyntheticStore.make(at: path)
    }

    @Test func manyThreadsFindWhatOneFinds() throws {
        var data = Recipe.example.data
        data.standardise = .image
        let keys = try SampleStore(path, for: .reading).keys()
        let alone = try StoreStatistics(of: keys, data, store: path, threads: 1)
        for threads in [2, 4, 100] {
            let shared = try StoreStatistics(of: keys, data, store: path, threads: threads)
            #expect(shared.all == alone.all && shared.ofImages == alone.ofImages)
        }
        #expect(alone.ofImages.count == 6)
    }

    @Test func momentsAreThoseOfTheDefinition() throws {
        let store = try SampleStore(path, for: .reading)
        let keys = try store.keys()
        let found = try StoreStatistics(of: keys, Recipe.example.data, store: path, threads: 2)
        #expect(found.ofImages.isEmpty)
        for (band, name) in ["B02", "B03", "B04"].enumerated() {
            let values = try keys.flatMap { key in
                try store.withSample(key) { try $0.pixels(name, as: UInt16.self) }.map(Double.init)
            }
            let mean = values.reduce(0, +) / Double(values.count)
            let variance =
                values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
            #expect(abs(found.all.means[band] - mean) < 1e-6)
            #expect(abs(found.all.deviations[band] - variance.squareRoot()) < 1e-6)
        }
    }

    @Test func theFirstSampleThatCannotBeReadIsNamed() throws {
        let keys = try SampleStore(path, for: .reading).keys()
        let error = #expect(throws: StoreError.self) {
            try StoreStatistics(
                of: Array(keys.prefix(3)) + ["lost/1", "lost/2"] + keys.dropFirst(3),
                Recipe.example.data,
                store: path, threads: 4)
        }
        #expect(error?.description.contains("lost/1") == true)
    }
}
