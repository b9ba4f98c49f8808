import Bench
import Foundation
import Geo
import Manifests
import Raster
import Store
import TestSupport
import Testing

/// A data set in memory, each of whose samples is what a test says.
private struct MadeDataset: RepairingDataset {
    static let name = "made"
    static let pixelOptions: [String: String] = [:]
    var samples: [[(name: String, width: Int, height: Int, values: Values)]]
    var splits: [String: [Int]]
    var boxes: [[Double]] = []
    var remarks: [String] = []
    var faultOf: Int?

    enum Values {
        case bytes([UInt8])
        case words([UInt16])
        case floats([Float])

        var pixel: SamplePlane.Pixel {
            switch self {
            case .bytes: .uint8
            case .words: .uint16
            case .floats: .float32
            }
        }

        func withBytes(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
            switch self {
            case .bytes(let values): try values.withUnsafeBytes(body)
            case .words(let values): try values.withUnsafeBytes(body)
            case .floats(let values): try values.withUnsafeBytes(body)
            }
        }
    }

    /// Four by two pixels of B02 and a mask.
    init(count: Int = 6) {
        samples = (0..<count).map { index in
            [
                ("B02", 4, 2, .words((0..<8).map { UInt16(index * 10 + $0 + 1) })),
                ("mask", 4, 2, .bytes([0, 1, 0, 1, 255, 0, 0, 0])),
            ]
        }
        splits = ["train": Array(0..<count / 2), "test": Array(count / 2..<count)]
    }

    init(at root: String, options: DatasetOptions) throws { self.init() }

    var count: Int { samples.count }
    var planes: [String] { ["B02", "mask"] }
    var classes: [String] { [] }
    func key(_ index: Int) -> String { "s\(index)" }
    func target(_ index: Int) -> SampleTarget { .none }
    func files(_ index: Int) -> [String] { [] }
    func faults(_ index: Int, in planes: [SamplePlane]) -> [String] {
        index == faultOf ? ["is not what it says"] : []
    }
    func repairs(_ index: Int) throws -> [String] { index == 0 ? ["feature 1: null geometry"] : [] }
    func footprint(_ index: Int) throws -> Footprint? {
        boxes.isEmpty ? nil : Footprint(crs: "EPSG:32633", bounds: boxes[index])
    }
    func reader() throws -> any SampleReader { MadeReader(of: self) }
}

private final class MadeReader: SampleReader {
    let dataset: MadeDataset

    init(of dataset: MadeDataset) { self.dataset = dataset }

    func read(_ index: Int, planes: [String]?, _ body: ([SamplePlane]) throws -> Void) throws {
        try add(dataset.samples[index][...], to: [], body)
    }

    private func add(
        _ rest: ArraySlice<(name: String, width: Int, height: Int, values: MadeDataset.Values)>,
        to planes: [SamplePlane], _ body: ([SamplePlane]) throws -> Void
    ) throws {
        guard let first = rest.first else { return try body(planes) }
        try first.values.withBytes { bytes in
            let plane = SamplePlane(
                name: first.name, width: first.width, height: first.height,
                pixel: first.values.pixel, bytes: bytes)
            try add(rest.dropFirst(), to: planes + [plane], body)
        }
    }
}

/// What `matter-bench check` finds.
@Suite struct CheckTests {
    private func check(_ dataset: some Dataset, threads: Int = 2) throws -> CheckReport {
        try #require(DatasetCheck(dataset, at: "/", threads: threads).run())
    }

    private func errors(_ report: CheckReport, _ kind: CheckFinding.Kind) -> [String] {
        report.findings.filter { $0.kind == kind && $0.level == .error }.map(\.text)
    }

    @Test func aSoundDataSetIsSound() throws {
        let report = try check(MadeDataset())
        #expect(report.isSound)
        #expect(report.read == 6)
        #expect(report.splits == ["train": 3, "test": 3])
        #expect(report.findings.map(\.text) == ["s0: feature 1: null geometry"])
        #expect(report.planes[0].forms == ["uint16 4×2": 6])
        #expect(report.planes[1].codes == ["0": 30, "1": 12, "255": 6])
        try report.expectSound()
    }

    @Test("C2, C3, C6, C8, C9: sizes, codes, types, empty samples and NaN are found")
    func whatIsInPixels() throws {
        var data = MadeDataset()
        data.samples[0][1] = ("mask", 2, 2, .bytes([0, 1, 0, 1]))
        data.samples[1][1].values = .bytes([0, 7, 7, 1, 255, 0, 0, 0])
        data.samples[2][0] = ("B02", 4, 2, .floats([1, .nan, 2, .infinity, 0, -0.0, 3, 4]))
        data.samples[3][0].values = .words([UInt16](repeating: 0, count: 8))
        data.samples[4][0].values = .words([UInt16](repeating: 65535, count: 8))
        data.faultOf = 5
        let report = try check(data)
        #expect(
            errors(report, .shape) == [
                "B02: float32 in 1 samples (first: s2), uint16 in 5 samples (first: s0)",
                "s0: mask has 2×2 pixels where B02 has 4×2",
            ])
        #expect(
            errors(report, .codes) == ["s1: mask has the codes {7: 2}; only 0, 1 and 255 are known"]
        )
        #expect(errors(report, .notFinite) == ["s2: B02: 2 of 8 pixels are NaN or infinite"])
        #expect(errors(report, .fault) == ["s5: is not what it says"])
        #expect(
            report.findings.filter { $0.kind == .empty }.map(\.text) == [
                "s3: no data in any plane", "s4: B02: no data or one value in all 8 pixels",
            ])
        expectRefusal(.badData, "made: 5 errors in 6 samples") { try report.expectSound() }
    }

    @Test("C8: partly saturated samples are told of, and kept")
    func saturation() throws {
        var data = MadeDataset()
        data.samples[1][0].values = .words([65535, 65535, 1, 2, 3, 4, 5, 0])
        data.samples[2][0].values = .floats([65535, 65535, 1, 2, 3, 4, 5, 6])
        data.samples[4] = [
            (
                "B02", 10, 10,
                .words([UInt16](repeating: 9, count: 96) + [65535, 65535, 65535, 65535])
            )
        ]
        let report = try check(data)
        #expect(
            report.findings.filter { $0.kind == .saturated }.map(\.text) == [
                "s1: pixels at the greatest number of their type: B02 25.0 %"
            ])
        #expect(report.read == 6 && errors(report, .saturated).isEmpty)
    }

    @Test("C17: samples of two splits or none, and splits that show the same ground")
    func leaks() throws {
        var data = MadeDataset()
        data.splits = ["train": [0, 1, 2], "test": [2, 3, 4]]
        data.boxes = (0..<6).map { [Double($0) * 10, 0, Double($0) * 10 + 10, 10] }
        data.boxes[3] = [5, 0, 15, 10]
        data.boxes[1] = [10, 0, 20.2, 10]
        data.boxes[4] = [20.1, 0, 30.1, 10]
        let report = try check(data)
        #expect(
            errors(report, .split) == [
                "1 samples belong to no split", "s2: is in test and in train",
            ])
        #expect(
            errors(report, .leak) == [
                "s0 (train) and s3 (test) share 50.0 % of their ground",
                "s1 (train) and s3 (test) share 50.0 % of their ground",
                "s2 (train) and s4 (test) share 99.0 % of their ground",
            ])
        #expect(
            report.findings.contains {
                $0.level == .remark
                    && $0.text
                        == "1 pairs of samples of different splits share their borders, at most 1.0 % of their ground"
            })
        #expect(throws: BenchError.self) { try report.expectSound() }
    }

    @Test func theReportDoesNotDependOnThreads() throws {
        var data = MadeDataset(count: 300)
        for index in stride(from: 0, to: 300, by: 7) {
            data.samples[index][1].values = .bytes([0, 9, 0, 1, 255, 0, 0, 0])
        }
        data.boxes = (0..<300).map { index -> [Double] in
            let (x, y) = (Double(index % 40), Double(index % 30))
            return [x, y, x + 2, y + 2]
        }
        let one = try check(data, threads: 1)
        #expect(try check(data, threads: 8) == one)
        #expect(errors(one, .codes).count == 43)
        var told: [Int] = []
        _ = DatasetCheck(data, at: "/", threads: 3).run(onProgress: { told.append($0) })
        #expect(told.last == 300)
        #expect(
            DatasetCheck(data, at: "/", threads: 3).run(shouldStop: { true })?.read ?? 300 == 300)
    }

    @Test("C1, C21: files that vanish after opening are one error each, and 66")
    func vanishedFiles() throws {
        let folder = try TemporaryFolder()
        let fixture = try SpaceNetFixture(at: folder.path)
        let data = try fixture.open()
        #expect(DatasetCheck(data, at: folder.path).run()?.isSound == true)
        try FileManager.default.removeItem(atPath: fixture.image(2))
        let report = try #require(DatasetCheck(data, at: folder.path).run())
        #expect(errors(report, .missing).count == 1)
        expectRefusal(.inputMissing, "1 errors in 3 samples") { try report.expectSound() }
        try Data("<html>".utf8).write(to: URL(filePath: fixture.image(2)))
        let broken = try #require(DatasetCheck(data, at: folder.path).run())
        #expect(errors(broken, .unreadable).count == 1)
        expectRefusal(.badData, "1 errors in 3 samples") { try broken.expectSound() }
    }

    @Test(
        "The real chips are sound, and what is known of them is told",
        .enabled(if: SharedData.path("spacenet/sn1-rio") != nil))
    func realChips() throws {
        let root = try #require(SharedData.path("spacenet/sn1-rio"))
        let data = try DatasetRegistry.open("spacenet-1", at: root)
        let report = try #require(DatasetCheck(data, at: root).run())
        #expect(report.isSound, "\(report.findings)")
        #expect(report.planes.map(\.name) == data.planes)
        #expect(report.findings.contains { $0.kind == .opening && $0.text.contains("6940") })
    }
}
