import DataPrep
import Foundation
import Geo
import Manifests
import TestSupport
import Testing

@Suite struct SceneMetadataTests {
    @Test(arguments: [
        ("2022-04-13T15:07:59.024Z", "2022-04-13T15:07:59Z"),
        ("20160608T153121", "2016-06-08T15:31:21Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
        ("20160608", "2016-06-08T00:00:00Z"),
        ("2022-04-13T15:07:59+00:00", "2022-04-13T15:07:59Z"),
        ("2022-04-13T15:07:59.024-00:00", "2022-04-13T15:07:59Z"),
    ]) func readsTimes(text: String, iso: String) {
        #expect(SensingTime(text)?.iso8601 == iso)
    }

    @Test(arguments: [
        "", "1969-01-01", "2016-13-01", "2016-06-08T25:00:00Z", "20160608T", "x",
        "2022-04-13T15:07:59.024+02:00", "2022-04-13T15:07:59.024-02:00",
    ])
    func refusesWhatIsNoTime(text: String) {
        #expect(SensingTime(text) == nil)
    }

    @Test func findsTimeAndTileInFileNames() {
        let name = "tgt_S2A_20160529T153631_T33UUU_sub.jp2"
        #expect(SensingTime.found(in: name)?.label == "20160529T153631")
        #expect(MGRSTile.found(in: name)?.crs.epsg == 32633)
        #expect(MGRSTile("22HBD")?.crs.epsg == 32722)
        #expect(MGRSTile("T99ZZZ") == nil)
    }

    /// ρ · 10000 whatever the baseline; 0 stays "no data", and nothing else becomes it.
    @Test func harmonises() {
        var numbers: [UInt16] = [0, 1, 1000, 1001, 2500, 65535]
        Radiometry(offset: -1000, quantification: 10000).harmonise(&numbers, noData: 0)
        #expect(numbers == [0, 1, 1, 1, 1500, 64535])
        numbers = [65535, 0, 7]
        Radiometry.harmonised.harmonise(&numbers, noData: 65535)
        #expect(numbers == [0, 1, 7])
    }

    /// Real metadata of three baselines: offsets, tile and time; the images are not there, and are named.
    @Test(
        .enabled(if: SharedData.path("safe-metadata") != nil, "needs the shared data"),
        arguments: [
            ("S2B_MSIL2A_20220413T150759_N0400_R025_T33XWJ_20220414T082126.SAFE", "04.00", -1000.0),
            ("S2A_MSIL1C_20210908T042701_N0301_R133_T46RER_20210908T070248.SAFE", "03.01", 0),
            ("esa_S2B_MSIL2A_20210122T133229_N0214_R081_T22HBD_20210122T155500.SAFE", "02.14", 0),
        ]) func readsRealProducts(folder: String, baseline: String, offset: Double) throws
    {
        let path = try #require(SharedData.path("safe-metadata/\(folder)"))
        let scene = try #require(try SceneReader().scenes(at: [path]).first)
        #expect(scene.baseline == baseline)
        #expect(scene.bands[.b04]?.radiometry == Radiometry(offset: offset, quantification: 10000))
        #expect(folder.contains(scene.tile?.name ?? "?"))
        #expect(scene.bands.count >= 12)
        #expect(try scene.checksums().count > 10)
    }

    /// Five real dates whose files say nothing of where they lie: the item does.
    @Test(
        .enabled(if: SharedData.path("s2-pairs/mapchete-eo-33TWL") != nil, "needs the shared data"))
    func readsFoldersWithItems() throws {
        let path = try #require(SharedData.path("s2-pairs/mapchete-eo-33TWL"))
        let scenes = try SceneReader().scenes(at: [path])
        #expect(
            scenes.map(\.time.day) == [
                "2023-08-10", "2023-08-13", "2023-08-15", "2023-08-18", "2023-08-20",
            ])
        #expect(scenes.allSatisfy { $0.tile?.name == "T33TWL" && $0.classification != nil })
        #expect(Set(scenes[0].bands.keys) == [.b02, .b03, .b04, .b08])
    }

    @Test(arguments: [
        "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>",
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?><a/>", "<a>", "", "\0",
        "<!-- <!DOCTYPE in a comment --><!docType a><a/>", "<a><![CDATA[<!x]]><!ELEMENT b></a>",
        "<?xml version='1.0' encoding='UTF-7'?>+ADwAIQ-DOCTYPE a+AD4-<a/>",
        String(repeating: "<a>", count: 100_000),
    ]) func refusesDangerousOrBrokenXML(text: String) throws {
        let folder = try TemporaryFolder()
        try AtomicFile.makeFolder(at: folder.path("x.SAFE"))
        try AtomicFile.write(text, to: folder.path("x.SAFE/MTD_MSIL2A.xml"))
        let error = #expect(throws: PrepError.self) {
            try SceneReader().scenes(at: [folder.path("x.SAFE")])
        }
        #expect(error?.code == .badData)
    }

    @Test func regionsAreNamedPlainly() throws {
        #expect(try RegionInput(argument: "a=x,y").paths == ["x", "y"])
        for argument in ["a", "=x", "../a=x", "a/b=x", "a="] {
            #expect(throws: PrepError.self) { try RegionInput(argument: argument) }
        }
    }
}
