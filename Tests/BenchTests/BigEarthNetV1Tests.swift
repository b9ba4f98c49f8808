import Bench
import BenchFixtures
import Foundation
import Manifests
import Store
import Testing
import TestSupport

struct BigEarthNetV1Tests {
    let folder: TemporaryFolder
    let fixture: BigEarthNetFixture

    private static let names = [
        "S2A_MSIL2A_20170613T101031_10_2", "S2A_MSIL2A_20170613T101031_1_2",
        "S2B_MSIL2A_20180204T94161_57_38",
    ]

    init() throws {
        folder = try TemporaryFolder()
        fixture = BigEarthNetFixture(at: folder.path)
        try fixture.writeVersion1(Self.names[0], labels: ["Rice fields", "Vineyards", "Airports"])
        try fixture.writeVersion1(Self.names[1], labels: ["Airports", "Bare rock"])
        try fixture.writeVersion1(Self.names[2], labels: ["Sea and ocean"])
        // As they come: with a mark, Windows' line ends, quotation marks, a blank last line; not in order.
        try fixture.write(
            "\u{FEFF}\"\(Self.names[1])\"\r\n \(Self.names[0]),none\r\n\r\n", to: "train.csv")
        try fixture.write(Self.names[2] + "\n", to: "splits/val.csv")
        try fixture.write("", to: "splits/bigearthnet-test.csv")
    }

    private func open(_ options: [String: String] = [:]) throws -> BigEarthNetV1 {
        try BigEarthNetV1(at: folder.path, options: DatasetOptions(options))
    }

    @Test func listsSayWhichPatchesThereAre() throws {
        let data = try open()
        #expect((0..<data.count).map(data.key) == Self.names)
        #expect(data.splits == ["train": [0, 1], "val": [2], "test": []])
        #expect(data.planes.count == 12)
        #expect(data.files(1).first == "BigEarthNet-v1.0/\(Self.names[1])/\(Self.names[1])_B01.tif")
        #expect(try data.footprint(0)?.crs == "EPSG:32633")
        #expect(try data.footprint(0)?.bounds == [390000, 5_347_200, 391200, 5_348_400])
    }

    @Test("C19: lists that are not the official ones are told, or refused")
    func otherVersions() throws {
        #expect(try open().remarks.count { $0.contains("another version") } == 1)
        let error = #expect(throws: BenchError.self) {
            try BigEarthNetV1(at: folder.path, options: DatasetOptions(isStrict: true))
        }
        #expect(error?.exitCode == .badData)
        #expect(error?.description.contains("published: e84a9d60") == true)
    }

    @Test func classesOfThe43BecomeThoseOfThe19() throws {
        let data = try open()
        var expected = [UInt8](repeating: 0, count: 19)
        (expected[2], expected[3]) = (1, 1)
        #expect(data.target(0) == .categories(expected))
        #expect(data.target(1) == .categories([UInt8](repeating: 0, count: 19)))
        #expect(data.remarks.contains { $0.hasPrefix("1 patches have none of the 19 classes") })
        let all = try open(["classes": "43"])
        guard case .categories(let bits) = all.target(1) else { throw BenchError(.invalid, "") }
        #expect(zip(all.classes, bits).filter { $0.1 == 1 }.map(\.0) == ["Airports", "Bare rock"])
    }

    @Test func planesComeInTheOrderAskedForWithTheirNativeSizes() throws {
        let reader = try open().reader()
        for planes in [nil, ["B8A", "B02", "B01"], ["B12"]] {
            try reader.read(1, planes: planes) { read in
                #expect(read.map(\.name) == planes ?? BigEarthNetFixture.bands.map(\.0).sorted())
                for plane in read {
                    let place = BigEarthNetFixture.bands.firstIndex { $0.0 == plane.name } ?? 0
                    #expect(plane.width == BigEarthNetFixture.bands[place].1)
                    let pixels = plane.bytes.withMemoryRebound(to: UInt16.self) { Array($0) }
                    #expect(pixels == pixels.indices.map { BigEarthNetFixture.pixel(place, $0) })
                }
            }
        }
        let error = #expect(throws: BenchError.self) {
            try reader.read(0, planes: ["B10"]) { _ in }
        }
        #expect(error?.code == .configuration)
    }

    @Test func snowAndCloudAreLeftOutByTheirLists() throws {
        try fixture.write(Self.names[0] + "\n", to: "splits/patches_with_seasonal_snow.csv")
        let data = try open()
        #expect(data.count == 2 && data.splits["train"] == [0])
        #expect(data.remarks.contains("1 patches with seasonal snow are left out"))
        #expect(try open(["snow-and-cloud": "in"]).count == 3)
    }

    // MARK: Faults

    private func refused(
        _ code: BenchError.Code, _ text: String, _ options: [String: String] = [:],
        at place: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: BenchError.self, sourceLocation: place) { try open(options) }
        #expect(error?.code == code, sourceLocation: place)
        #expect(error?.description.contains(text) == true, "\(error as Any)", sourceLocation: place)
    }

    @Test func c1MissingPatchesAreNamed() throws {
        try FileManager.default.removeItem(atPath: folder.path("BigEarthNet-v1.0/\(Self.names[0])"))
        refused(.missing, "expected 3 patches, found 2: missing \(Self.names[0])")
        let data = try open(["subset": "true"])
        #expect(
            data.count == 2 && data.remarks.contains { $0.contains("expected 3 patches, found 2") })
    }

    @Test func c15UnknownLabelsAreRefused() throws {
        try fixture.writeVersion1(Self.names[2], labels: ["Roads"])
        refused(.invalid, "\"Roads\" is none of the 43 classes")
        try fixture.write(
            "{\"labels\": [], \"labels\": []}",
            to: "BigEarthNet-v1.0/\(Self.names[2])/\(Self.names[2])_labels_metadata.json")
        #expect(throws: ManifestError.self) { try open() }
    }

    @Test(
        "C14: label documents are read strictly",
        arguments: [
            String(repeating: "[", count: 30_000),
            "{\"labels\": " + String(repeating: "[", count: 30_000),
            "{\"labels\": [], \"a\": {\"b\": 1, \"b\": 2}}", "{\"labels\": [NaN]}",
            "{\"labels\": [18446744073709551616]}", "{\"labels\": []} {}", "{\"labels\": {}}", "[]",
            "",
            "{\"labels\": [\"Sea and ocean\"]", "{\"labels\": [\"\\ud800\"]}",
        ])
    func c14LabelDocuments(text: String) throws {
        let name = Self.names[2]
        try fixture.write(text, to: "BigEarthNet-v1.0/\(name)/\(name)_labels_metadata.json")
        expectRefusal(.badData, "\(name)_labels_metadata.json") { _ = try open() }
    }

    @Test("C26: a file that is replaced while patches are read")
    func c26AReplacedFile() throws {
        let reader = try open().reader()
        let patch = Self.names[2]
        let path = "BigEarthNet-v1.0/\(patch)/\(patch)_B05.tif"
        func replace(_ pixels: [UInt16], _ side: Int) throws {
            try fixture.write(pixels, side: side, to: "new.tif")
            #expect(rename(folder.path("new.tif"), folder.path(path)) == 0)
        }
        for value in [UInt16(7), 8] {
            try replace([UInt16](repeating: value, count: 3600), 60)
            try reader.read(2, planes: ["B04", "B05"]) { planes in
                #expect(planes[1].bytes.loadUnaligned(as: UInt16.self) == value)
            }
        }
        try replace([UInt16](repeating: 9, count: 14400), 120)
        expectRefusal(.badData, "_B05.tif", "120×120") {
            try reader.read(2, planes: nil) { _ in }
        }
        try replace([UInt16](repeating: 9, count: 3600), 60)
        truncate(folder.path(path), 5000)
        expectRefusal(.badData, "_B05.tif") { try reader.read(2, planes: nil) { _ in } }
    }

    @Test func c17APatchInTwoPartsIsRefused() throws {
        try fixture.write(Self.names[0], to: "splits/bigearthnet-test.csv")
        refused(.invalid, "\(Self.names[0]) is there twice, in train and in test")
    }

    @Test(arguments: ["../../etc", "S2A/x", "patch", "S2A_ä"])
    func c18LinesThatAreNoNameAreRefused(text: String) throws {
        try fixture.write("\(Self.names[2])\n\n\(text)\n", to: "splits/val.csv")
        refused(.invalid, "splits/val.csv: line 3:")
    }

    @Test func c18AListIsMissing() throws {
        try FileManager.default.removeItem(atPath: folder.path("train.csv"))
        refused(.missing, "train.csv: not there")
    }

    @Test func c18PackedListsThatAreDamaged() throws {
        try FileManager.default.removeItem(atPath: folder.path("train.csv"))
        try fixture.write("BZh91AY&SY", to: "train.csv.bz2")
        refused(.invalid, "no whole bzip2 file")
    }

    @Test func c20ARootOfAnotherLevelIsFound() throws {
        let inside = folder.path("BigEarthNet-v1.0")
        let error = #expect(throws: BenchError.self) {
            try BigEarthNetV1(at: inside, options: DatasetOptions())
        }
        #expect(error?.description.contains("found it one level above: use \(folder.path)") == true)
    }

    @Test func optionsThatAreNoneAreRefused() {
        refused(.configuration, "no option bands", ["bands": "all"])
        refused(.configuration, "images=rgb", ["images": "rgb"])
    }

    private func readingFails(_ text: String, at place: SourceLocation = #_sourceLocation) throws {
        let reader = try open().reader()
        let error = #expect(throws: (any Error).self, sourceLocation: place) {
            try reader.read(2, planes: nil) { _ in }
        }
        #expect("\(error as Any)".contains(text), "\(error as Any)", sourceLocation: place)
    }

    @Test func c6BandsOfAnotherSizeTypeOrPlace() throws {
        let patch = Self.names[2]
        let path = "BigEarthNet-v1.0/\(patch)/\(patch)_B05.tif"
        let small = [UInt16](repeating: 1, count: 3600)
        try fixture.write([UInt16](repeating: 1, count: 14400), side: 120, to: path)
        try readingFails("_B05.tif: 1 bands of 120×120 pixels of uint16; expected one of 60×60")
        try fixture.write(small.map { Float($0) }, side: 60, to: path)
        try readingFails("pixels of float32; expected one of 60×60 of uint16")
        try fixture.write(small, side: 60, origin: 391200, to: path)
        try readingFails("_B05.tif: lies at 391200.0")
        try FileManager.default.removeItem(atPath: folder.path(path))
        try readingFails("_B05.tif: cannot open: No such file")
        try fixture.write("II*", to: path)
        try readingFails("_B05.tif")
    }
}
