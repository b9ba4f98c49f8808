import Bench
import Foundation
import Manifests
import Store
import TestSupport
import Testing

/// Small samples made by a formula: images of two sensors and a class each.
struct PackFixture: Dataset, SampleRecords {
    static let name = "made"
    static let pixelOptions: [String: String] = ["light": "day"]
    var count = 30
    var areSeparate = true
    var failing: Int?
    var planes = ["B02", "VV"]
    let classes = ["a", "b", "c"]
    let remarks: [String] = []

    init() {}
    init(at root: String, options: DatasetOptions) {}

    var splits: [String: [Int]] {
        Dictionary(grouping: 0..<count) { $0 % 3 == 0 ? "test" : "train" }
    }
    func key(_ index: Int) -> String { "S2_" + String(1000 + index) }
    func target(_ index: Int) -> SampleTarget {
        .categories((0..<3).map { UInt8((index >> $0) & 1) })
    }
    func files(_ index: Int) -> [String] { [] }
    func faults(_ index: Int, in planes: [SamplePlane]) -> [String] { [] }
    func footprint(_ index: Int) -> Footprint? { nil }
    func records(_ index: Int) -> [SampleRecord] {
        guard areSeparate else { return [SampleRecord(key: key(index), planes: nil)] }
        return [
            SampleRecord(key: "S1_" + String(9000 - index), planes: ["VV"]),
            SampleRecord(key: key(index), planes: ["B02"]),
        ]
    }
    func reader() -> any SampleReader { Reader(failing: failing) }

    final class Reader: SampleReader {
        private let failing: Int?

        init(failing: Int?) { self.failing = failing }

        func read(_ index: Int, planes: [String]?, _ body: ([SamplePlane]) throws -> Void) throws {
            if index == failing { throw BenchError(.invalid, "sample \(index) is broken") }
            let counts = (0..<12).map { UInt16($0 * 31 + index) }
            let levels = (0..<12).map { Float($0) / 7 - Float(index) }
            try counts.withUnsafeBytes { counts in
                try levels.withUnsafeBytes { levels in
                    let all = [
                        SamplePlane(
                            name: "B02", width: 4, height: 3, pixel: .uint16, bytes: counts),
                        SamplePlane(
                            name: "VV", width: 4, height: 3, pixel: .float32, bytes: levels),
                    ]
                    try body(
                        (planes ?? ["B02", "VV"]).compactMap { name in
                            all.first { $0.name == name }
                        })
                }
            }
        }
    }
}

struct PackTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @discardableResult
    private func pack(
        _ dataset: any Dataset, to name: String, split: String? = nil, shard: String? = nil,
        threads: Int = 3
    ) throws -> PackSummary? {
        var plan = PackPlan(dataset: "made")
        plan.split = split
        plan.shard = try shard.map { try PackShard(argument: $0) }
        return try PackRun(dataset, plan: plan, to: folder.path(name)).run(threads: threads)
    }

    private func bytes(_ name: String) throws -> [[UInt8]] {
        try ["data.mdb", "records.jsonl", "samples.jsonl"].map {
            try WholeFile.read(folder.path("\(name)/\($0)"))
        }
    }

    private func contents(_ source: some SampleSource) throws -> [String: [UInt8]] {
        var contents: [String: [UInt8]] = [:]
        for index in 0..<source.count {
            try source.reader().read(index, planes: nil) { planes in
                for plane in planes {
                    contents["\(source.key(index))/\(plane.name)"] = Array(plane.bytes)
                }
            }
        }
        return contents
    }

    @Test func samplesLieInTheirRecords() throws {
        let dataset = PackFixture()
        let summary = try pack(dataset, to: "store")
        #expect(summary?.samples == 30 && summary?.records == 60 && summary?.known == 0)
        let store = try PackedStore(at: folder.path("store"), options: DatasetOptions())
        #expect(store.count == 30 && store.classes == dataset.classes)
        #expect(store.splits == dataset.splits && store.planes == ["B02", "VV"])
        #expect((0..<30).allSatisfy { store.target($0) == dataset.target($0) })
        #expect(try contents(store) == contents(dataset))
        let keys = try SampleStore(folder.path("store"), for: .reading).keys()
        #expect(keys.count == 60 && keys[0] == "S1_8971" && keys[30] == "S2_1000")
        #expect(try StoreVerification(folder.path("store")).run()?.faults == [])
        #expect(try PackRecord.read(in: folder.path("store"))?.plans.count == 1)
    }

    @Test func bytesFollowFromTheSamplesAlone() throws {
        try pack(PackFixture(), to: "one", threads: 1)
        try pack(PackFixture(), to: "many", threads: 7)
        #expect(try bytes("one") == bytes("many"))
        let again = try pack(PackFixture(), to: "one")
        #expect(again?.known == 30 && again?.records == 0)
        #expect(try bytes("one") == bytes("many"))
    }

    @Test func splitsAreAppended() throws {
        let dataset = PackFixture()
        try pack(dataset, to: "store", split: "train")
        let half = try PackedStore(at: folder.path("store"), options: DatasetOptions())
        #expect(half.count == 20 && half.splits.keys.sorted() == ["train"])
        let summary = try pack(dataset, to: "store", split: "test")
        #expect(summary?.samples == 10 && summary?.known == 0)
        let whole = try PackedStore(at: folder.path("store"), options: DatasetOptions())
        #expect(try contents(whole) == contents(dataset))
        #expect(whole.splits == dataset.splits)
        #expect(
            try PackRecord.read(in: folder.path("store"))?.plans.map(\.split) == ["train", "test"])
    }

    @Test func shardsBecomeOneStore() throws {
        var dataset = PackFixture()
        for areSeparate in [false, true] {
            dataset.areSeparate = areSeparate
            let name = areSeparate ? "separate" : "single"
            try pack(dataset, to: "\(name)-whole")
            for shard in 1...4 { try pack(dataset, to: "\(name)-parts", shard: "\(shard)/4") }
            let parts = try PackedStore(
                at: folder.path("\(name)-parts"), options: DatasetOptions())
            #expect(try contents(parts) == contents(dataset))
            try pack(parts, to: "\(name)-merged")
            #expect(try bytes("\(name)-merged") == bytes("\(name)-whole"))
        }
    }

    @Test func whatCannotBePackedIsSaid() throws {
        var broken = PackFixture()
        broken.failing = 17
        let error = #expect(throws: BenchError.self) { try pack(broken, to: "broken") }
        #expect(error?.description.contains("17") == true)
        // Nothing that looks like a store is left: what was committed waits for the next run.
        #expect(throws: (any Error).self) {
            try PackedStore(at: folder.path("broken"), options: DatasetOptions())
        }
        try pack(PackFixture(), to: "broken")
        try pack(PackFixture(), to: "whole")
        #expect(try bytes("broken") == bytes("whole"))
        func code(_ body: () throws -> Void) -> ExitCode? {
            do {
                try body()
                return nil
            } catch { return (error as? any ExitCoded)?.exitCode }
        }
        #expect(code { try pack(PackFixture(), to: "x", split: "dev") } == .configuration)
        #expect(code { try pack(PackFixture(), to: "x", shard: "0/3") } == .configuration)
        #expect(code { try pack(PackFixture(), to: "x", shard: "1/99") } == .badData)
        var other = PlainFixture()
        other.classes = ["other"]
        #expect(code { try pack(other, to: "whole") } == .configuration)
    }

    @Test func theRegistryKnowsStores() throws {
        try pack(PackFixture(), to: "store")
        let store = try DatasetRegistry.open("store", at: folder.path("store"))
        #expect(store.count == 30)
        #expect(throws: BenchError.self) {
            try DatasetRegistry.open(
                "store", at: folder.path("store"), options: DatasetOptions(["proof": "maybe"]))
        }
    }
}

/// A data set that does not say which records its samples are.
struct PlainFixture: Dataset {
    static let name = "plain"
    static let pixelOptions: [String: String] = [:]
    var classes: [String] = []
    private let made = PackFixture()

    init() {}
    init(at root: String, options: DatasetOptions) {}

    var count: Int { made.count }
    var splits: [String: [Int]] { made.splits }
    var planes: [String] { made.planes }
    var remarks: [String] { [] }
    func key(_ index: Int) -> String { made.key(index) }
    func target(_ index: Int) -> SampleTarget { made.target(index) }
    func files(_ index: Int) -> [String] { [] }
    func faults(_ index: Int, in planes: [SamplePlane]) -> [String] { [] }
    func footprint(_ index: Int) -> Footprint? { nil }
    func reader() -> any SampleReader { made.reader() }
}
