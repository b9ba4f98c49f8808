import Bench
import Foundation
import Geo
import Manifests
import Store
import Testing

/// Samples of whole and of floating-point numbers, with some that mean "no data" and some that are none.
private struct Made: Dataset {
    static let name = "made"
    static let pixelOptions: [String: String] = [:]
    let count: Int
    var splits: [String: [Int]] { ["train": Array(0..<count)] }
    let planes = ["B02", "VV", "mask"]
    let classes = ["water", "forest"]
    let remarks: [String] = []

    init(at root: String, options: DatasetOptions) throws { count = 50 }

    func key(_ index: Int) -> String { "sample-\(index)" }
    /// What a test has instead of decibels, and instead of the target of one sample.
    var floats: (@Sendable (Int) -> [Float])?
    /// What the plane of decibels is called.
    var floatName = "VV"
    var strange: SampleTarget?
    func target(_ index: Int) -> SampleTarget {
        index == 3 ? strange ?? .categories([1, 0]) : .categories([1, index % 2 == 0 ? 1 : 0])
    }
    func files(_ index: Int) -> [String] { [] }
    func faults(_ index: Int, in planes: [SamplePlane]) -> [String] { [] }
    func footprint(_ index: Int) throws -> Footprint? { nil }
    func reader() -> any SampleReader { Reader(floats: floats, name: floatName) }

    static func counts(_ index: Int) -> [UInt16] {
        var random = SplitMix64(seed: UInt64(index))
        return (0..<64).map { _ in
            random.nextUniform() < 0.1 ? 0 : UInt16(random.nextUniform() * 65535)
        }
    }

    static func decibels(_ index: Int) -> [Float] {
        var random = SplitMix64(seed: UInt64(1000 + index))
        return (0..<16).map { $0 == 5 ? .nan : Float(random.nextNormal()) * 4 - 12 }
    }

    private final class Reader: SampleReader {
        private let floats: (@Sendable (Int) -> [Float])?

        private let name: String

        init(floats: (@Sendable (Int) -> [Float])?, name: String) {
            (self.floats, self.name) = (floats, name)
        }

        func read(_ index: Int, planes: [String]?, _ body: ([SamplePlane]) throws -> Void) throws {
            let mask = [UInt8](repeating: UInt8(index % 3), count: 4)
            try Made.counts(index).withUnsafeBytes { counts in
                let numbers = floats?(index) ?? Made.decibels(index)
                try numbers.withUnsafeBytes { decibels in
                    try mask.withUnsafeBytes { mask in
                        try body([
                            SamplePlane(
                                name: "B02", width: 8, height: 8, pixel: .uint16, bytes: counts),
                            SamplePlane(
                                name: name, width: numbers.count, height: 1, pixel: .float32,
                                bytes: decibels),
                            SamplePlane(
                                name: "mask", width: 2, height: 2, pixel: .uint8, bytes: mask),
                        ])
                    }
                }
            }
        }
    }
}

struct StatisticsTests {
    /// A plane that another program calls a map, and that holds no codes.
    @Test func floatsAreNeverCodes() throws {
        var made = try Made(at: "", options: DatasetOptions())
        (made.floats, made.floatName) = ({ _ in [0.3, 0.6, 1e20] }, "reference_map")
        let found = try #require(try StatisticsRun(made, threads: 1).run())
        let plane = try #require(found.planes.first { $0.name == "reference_map" })
        #expect(plane.codes == nil && plane.pixels == 150 && plane.maximum == Double(Float(1e20)))
    }

    private func statistics(
        noData: StatisticsRun.NoData = .usual, threads: Int = 2
    ) throws -> DatasetStatistics {
        try #require(
            try StatisticsRun(
                Made(at: "", options: DatasetOptions()), noData: noData, threads: threads
            ).run())
    }

    /// The quantile of sorted values, as numpy's default: linear between neighbours.
    private func quantile(_ share: Double, of sorted: [Double]) -> Double {
        let place = Double(sorted.count - 1) * share
        let (lower, upper) = (Int(place), min(Int(place) + 1, sorted.count - 1))
        return sorted[lower] + (sorted[upper] - sorted[lower]) * (place - Double(lower))
    }

    private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

    private func deviation(_ values: [Double]) -> Double {
        let middle = mean(values)
        return mean(values.map { ($0 - middle) * ($0 - middle) }).squareRoot()
    }

    @Test func wholeNumbersAreExact() throws {
        let plane = try #require(try statistics().planes.first { $0.name == "B02" })
        let all = (0..<50).flatMap { Made.counts($0) }
        let values = all.filter { $0 != 0 }.map(Double.init).sorted()
        #expect(plane.pixels == values.count)
        #expect(plane.noData == all.count - values.count && plane.noDataValue == 0)
        #expect(abs(try #require(plane.mean) - mean(values)) < 1e-9)
        #expect(abs(try #require(plane.deviation) - deviation(values)) < 1e-9)
        #expect(plane.minimum == values.first && plane.maximum == values.last)
        for entry in plane.quantiles {
            #expect(abs(entry.value - quantile(entry.share, of: values)) < 1e-9, "\(entry.share)")
        }
        #expect(plane.histogram?.counts.reduce(0, +) == values.count)
    }

    @Test func noDataIsWhatTheCallerSays() throws {
        let all = try #require(try statistics(noData: .none).planes.first { $0.name == "B02" })
        #expect(all.pixels == 50 * 64 && all.noData == 0 && all.minimum == 0)
        let other = Int(Made.counts(0)[1])
        let less = try #require(
            try statistics(noData: .value(other)).planes.first { $0.name == "B02" })
        #expect(less.noData >= 1 && less.noDataValue == other)
    }

    @Test func floatingPointNumbersAreFineEnough() throws {
        let plane = try #require(try statistics().planes.first { $0.name == "VV" })
        let values = (0..<50).flatMap { Made.decibels($0) }.filter(\.isFinite).map(Double.init)
            .sorted()
        #expect(plane.notFinite == 50 && plane.pixels == values.count)
        #expect(abs(try #require(plane.mean) - mean(values)) < 1e-9)
        #expect(abs(try #require(plane.deviation) - deviation(values)) < 1e-9)
        #expect(plane.minimum == values.first && plane.maximum == values.last)
        for entry in plane.quantiles {
            let expected = quantile(entry.share, of: values)
            #expect(abs(entry.value - expected) <= abs(expected) / 2048, "\(entry.share)")
        }
    }

    @Test func masksAreCountedByCodeAndClassesBySample() throws {
        let statistics = try statistics()
        let mask = try #require(statistics.planes.first { $0.name == "mask" })
        #expect(mask.codes == ["0": 68, "1": 68, "2": 64])
        #expect(mask.mean == nil && mask.quantiles.isEmpty)
        #expect(statistics.classes.map(\.samples) == [50, 25])
    }

    @Test(arguments: [1, 3, 8]) func threadsChangeNoBit(threads: Int) throws {
        let (one, many) = (try statistics(threads: 1), try statistics(threads: threads))
        #expect(one.planes == many.planes)
        #expect(one.keys == many.keys)
    }

    /// A value that means "no data" is left out itself, and not what lies in its class of values.
    @Test(arguments: [1, 4]) func noDataOfFloatsIsThatValueAlone(threads: Int) throws {
        var made = try Made(at: "", options: DatasetOptions())
        made.floats = { [-9999, -9999.5, Float($0), -9999, 7.25, 8] }
        let plane = try #require(
            try StatisticsRun(made, noData: .value(-9999), threads: threads).run()?.planes
                .first { $0.name == "VV" })
        #expect(plane.noData == 100 && plane.noDataValue == -9999 && plane.pixels == 200)
        #expect(plane.minimum == -9999.5 && plane.maximum == 49)
        let values: [Double] = (0..<50).flatMap { [-9999.5, Double($0), 7.25, 8] }
        #expect(abs(try #require(plane.mean) - mean(values)) < 1e-9)
        #expect(plane.histogram?.counts.reduce(0, +) == 200 && plane.histogram?.counts.first == 50)
    }

    @Test(arguments: [SamplePlane.Pixel.float32, .int16])
    func countsWithoutAValueMergeInAnyOrder(pixel: SamplePlane.Pixel) throws {
        let parts = (0..<4).map { part in
            var counts = PlaneCounts(pixel, noDataValue: -3)
            let floats: [Float] = [-3, -3.0005, Float(part), 2]
            let words: [Int16] = [-3, -2, Int16(part), 2, -3]
            func add(_ bytes: UnsafeRawBufferPointer, _ width: Int) {
                counts.add(
                    SamplePlane(name: "x", width: width, height: 1, pixel: pixel, bytes: bytes))
            }
            if pixel == .float32 { floats.withUnsafeBytes { add($0, 4) } }
            if pixel == .int16 { words.withUnsafeBytes { add($0, 5) } }
            return counts
        }
        func merged(_ order: [Int]) -> PlaneCounts {
            var all = PlaneCounts(pixel, noDataValue: -3)
            for part in order { all.add(parts[part]) }
            return all
        }
        let (one, other) = (merged([0, 1, 2, 3]), merged([3, 1, 0, 2]))
        #expect(one.values.map { "\($0)" } == other.values.map { "\($0)" })
        #expect(one.range == other.range && one.noData == other.noData)
        #expect(one.noData == (pixel == .float32 ? 4 : 8))
        #expect(one.values.reduce(0) { $0 + $1.count } == 12)
    }

    @Test func targetsOfNoClassAreRefused() throws {
        for target in [SampleTarget.category(25), .categories([0, 0, 1])] {
            var made = try Made(at: "", options: DatasetOptions())
            made.strange = target
            expectRefusal(.badData, "sample-3", "\"target\"", "of 2") {
                _ = try StatisticsRun(made, threads: 2).run()
            }
        }
    }

    @Test func stoppedItGivesNothing() throws {
        let run = try StatisticsRun(Made(at: "", options: DatasetOptions()), threads: 2)
        #expect(try run.run(shouldStop: { true }) == nil)
    }
}
