import Bench
import BenchFixtures
import Foundation
import Geo
import Manifests
import Recipes
import TestSupport
import Testing

/// `manifests/datasets`: what is written there of data sets is what their readers hold.
struct DatasetManifestTests {
    private static let folder = URL(filePath: #filePath)
        .appending(path: "../../../manifests/datasets").standardized.path

    private func manifest(_ name: String) throws -> JSONValue {
        try TOMLDocument(path: "\(Self.folder)/\(name).toml").value
    }

    private func texts(_ value: JSONValue?) -> [String]? {
        value?.array?.compactMap(\.string)
    }

    @Test func everyPublishedDataSetHasOne() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder)
            .filter { $0.hasSuffix(".toml") }.map { String($0.dropLast(5)) }
        #expect(Set(names) == Set(DatasetRegistry.names).subtracting(["store", "tiles"]))
        for name in names {
            let facts = try manifest(name)
            for key in ["name", "title", "citation", "licence"] {
                #expect(facts[key]?.string?.isEmpty == false, "\(name), \(key)")
            }
            for key in ["layout", "splits", "known_defects"] {
                #expect(facts[key]?.object?.isEmpty == false, "\(name), \(key)")
            }
            guard let statistics = facts["statistics"] else { continue }
            let bands = texts(statistics["bands"]) ?? texts(facts["bands"])
            for key in ["mean", "std"] where statistics[key] != nil {
                #expect(statistics[key]?.array?.count == bands?.count, "\(name), \(key)")
            }
        }
    }

    @Test func oscd() throws {
        let facts = try manifest("oscd")
        #expect(texts(facts["bands"]) == Sentinel2Band.allCases.map(\.rawValue))
        #expect(texts(facts["splits"]?["train"]) == OSCDSplit.official.train)
        #expect(texts(facts["splits"]?["test"]) == OSCDSplit.official.test)
        #expect(facts["known_defects"]?["swapped_labels"] != nil)
    }

    @Test func euroSAT() throws {
        let facts = try manifest("eurosat-ms")
        #expect(texts(facts["bands"]) == EuroSAT.bands)
        #expect(
            facts["classes"]?.object?.compactMapValues(\.int)
                == Dictionary(uniqueKeysWithValues: EuroSAT.sizes))
        #expect(facts["images"]?.int == EuroSAT.sizes.reduce(0) { $0 + $1.1 })
        var lists: [String: String] = [:]
        for rule in ["spatial", "random"] {
            for part in ["train", "val", "test"] {
                let list = facts["splits"]?[rule]?[part]
                lists[try #require(list?["file"]?.string)] = list?["sha256"]?.string
            }
        }
        #expect(lists == EuroSAT.lists)
    }

    @Test func bigEarthNetVersion2() throws {
        let facts = try manifest("bigearthnet-v2")
        #expect(
            facts["files"]?.object?.compactMapValues { $0["sha256"]?.string }
                == BigEarthNetV2.published)
        let parts = ["train", "val", "test"].compactMap {
            facts["splits"]?[$0]?["patches"]?.int
        }
        #expect(parts.count == 3 && parts.reduce(0, +) == facts["patches"]?.int)
        let folder = try TemporaryFolder()
        let fixture = BigEarthNetFixture(at: folder.path)
        try fixture.writeVersion2()
        try BigEarthNetV2Tests.copyTable("metadata", to: fixture.root)
        let data = try BigEarthNetV2(at: fixture.root, options: DatasetOptions())
        #expect(data.planes == texts(facts["bands"]))
        #expect(data.classes.count == facts["labels"]?["classes"]?.int)
        #expect(data.splits.keys.sorted() == ["test", "train", "val"])
    }

    @Test func bigEarthNetVersion1() throws {
        let facts = try manifest("bigearthnet-v1")
        let parts = ["train", "val", "test"].compactMap {
            facts["splits"]?[$0]?["patches"]?.int
        }
        #expect(parts.count == 3 && parts.reduce(0, +) == 519_284)
        let folder = try TemporaryFolder()
        let fixture = BigEarthNetFixture(at: folder.path)
        let name = "S2A_MSIL2A_20170613T101031_10_2"
        try fixture.writeVersion1(name, labels: ["Airports", "Rice fields"])
        for (part, text) in [("train", name), ("val", ""), ("test", "")] {
            try fixture.write(text, to: "\(part).csv")
        }
        for (choice, key) in [("19", "used"), ("43", "published")] {
            let data = try BigEarthNetV1(
                at: fixture.root, options: DatasetOptions(["classes": choice]))
            #expect(data.planes == texts(facts["bands"]))
            #expect(data.classes.count == facts["labels"]?["classes"]?[key]?.int)
        }
    }

    @Test func spaceNet() throws {
        let releases: [any SpaceNetRelease.Type] = [
            SpaceNet1.self, SpaceNet2.self, SpaceNet4.self, SpaceNet7.self,
        ]
        for release in releases {
            let (facts, form) = (try manifest(release.name), release.form)
            #expect(facts["name"]?.string == release.name)
            #expect(
                facts["images"]?.object?.mapValues { $0["bands"]?.array?.count }
                    == Dictionary(uniqueKeysWithValues: form.images.map { ($0.name, $0.bands) }),
                "\(release.name)")
            let areas = facts["areas"]?.object?.values.compactMap { $0["images"]?.int }
            let samples = facts["samples"]?.int ?? areas?.reduce(0, +)
            #expect(samples == form.counts.reduce(0) { $0 + $1.images }, "\(release.name)")
        }
    }
}
