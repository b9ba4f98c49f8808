import Bench
import Foundation
import Manifests
import Store
import Testing
import TestSupport

/// The real lists and patches, where the shared data is there.
@Suite(.enabled(if: SharedData.path("bigearthnet") != nil, "needs the shared data"))
struct BigEarthNetRealTests {
    private let facts: JSONValue

    init() throws {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        facts = try JSONValue.parse(
            file: tests.appending(path: "Fixtures/BigEarthNet/digests.json").path)
    }

    @Test func allRowsOfVersion2AreThoseThatPythonReads() throws {
        let rows = try BigEarthNetRows(version2: #require(SharedData.path("bigearthnet/v2")))
        #expect(rows.count == facts["v2"]?["rows"]?.int)
        #expect(.string(rows.digest) == facts["v2"]?["sha256"])
    }

    @Test func countriesOfVersion2AreThoseThatPythonReads() throws {
        let root = try #require(SharedData.path("bigearthnet/v2"))
        #expect(
            .object(try BigEarthNetRows.countries(version2: root).mapValues { .integer(Int64($0)) })
                == facts["v2"]?["countries"])
    }

    @Test func allRowsOfVersion1AreThoseThatPythonReads() throws {
        let rows = try BigEarthNetRows(version1: #require(SharedData.path("bigearthnet/v1")))
        #expect(rows.count == facts["v1"]?["rows"]?.int)
        #expect(.string(rows.digest) == facts["v1"]?["sha256"])
        #expect(rows.digest == BigEarthNetV1.publishedRows)
    }

    @Test func realPatchesOfVersion1() throws {
        let root = try #require(SharedData.path("bigearthnet/v1"))
        let data = try BigEarthNetV1(
            at: root, options: DatasetOptions(["images": "s1s2", "subset": "true"]))
        // The fourth has seasonal snow: it is in no part.
        #expect(data.count == 3)
        #expect(data.splits.mapValues(\.count) == ["train": 2, "val": 0, "test": 1])
        #expect(data.remarks.contains { $0.hasPrefix("expected 519284 patches, found 3") })
        #expect(!data.remarks.contains { $0.contains("another version") })
        let reader = try data.reader()
        for index in 0..<3 {
            try reader.read(index, planes: nil) { planes in
                #expect(planes.count == 14)
            }
        }
        guard case .categories(let bits) = data.target(1) else { throw BenchError(.invalid, "") }
        #expect(
            zip(data.classes, bits).filter { $0.1 == 1 }.map(\.0) == ["Arable land", "Pastures"])
    }

    @Test func realPatchesOfVersion2() throws {
        let root = try #require(SharedData.path("bigearthnet/v2"))
        for (options, key) in [
            (["images": "s2"], "S2A_MSIL2A_20170613T101031_N9999_R022_T33UUP_75_43"),
            (["images": "s1"], "S2A_MSIL2A_20170613T101031_N9999_R022_T33UUP_70_48"),
        ] {
            let data = try BigEarthNetV2(
                at: root,
                options: DatasetOptions(
                    options.merging(["subset": "true"]) { $1 }, isStrict: true))
            #expect(data.count == 1 && data.key(0) == key)
            try data.reader().read(0, planes: nil) { #expect($0.count == data.planes.count) }
        }
    }

    @Test func sentinel1IsNotRoundedToWholeDecibels() throws {
        let root = try #require(SharedData.path("bigearthnet/v2"))
        let data = try BigEarthNetV2(
            at: root, options: DatasetOptions(["images": "s1", "subset": "true"]))
        try data.reader().read(0, planes: ["VV"]) { planes in
            let pixels = planes[0].bytes.withMemoryRebound(to: Float.self) { Array($0) }
            // A reader that makes integers of them is left with 36.
            #expect(Set(pixels).count == 14389)
        }
    }

    @Test func realImagesOfEuroSAT() throws {
        let root = try #require(SharedData.path("bigearthnet/eurosat-ms"))
        let data = try EuroSAT(
            at: root, options: DatasetOptions(["split": "none", "subset": "true"]))
        #expect(
            (0..<data.count).map(data.key)
                == ["AnnualCrop_1", "AnnualCrop_2", "Forest_1", "Forest_2", "SeaLake_3000"])
        #expect(data.target(4) == .category(9))
        try data.reader().read(2, planes: ["B10", "B09", "B8A", "B08"]) { planes in
            let means = planes.map { plane in
                plane.bytes.withMemoryRebound(to: UInt16.self) { $0.reduce(0) { $0 + Int($1) } }
                    / 4096
            }
            // Cirrus sees next to nothing of the ground, water vapour little; both near-infrared bands see the same forest.
            #expect(means == [8, 579, 3114, 2612])
        }
    }
}
