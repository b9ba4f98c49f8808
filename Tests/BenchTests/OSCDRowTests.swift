import Bench
import BenchFixtures
import Foundation
import Geo
import Manifests
import Store
import TestSupport
import Testing

/// Table C, for OSCD through the door that all data sets have; the five faults that torchgeo 0.8.1 takes without a word are marked.
@Suite struct OSCDRowTests {
    private func refuses(
        _ exitCode: ExitCode, _ words: String..., damage: (OSCDFixture) throws -> Void
    ) throws {
        let folder = try TemporaryFolder()
        let fixture = try OSCDFixture(at: folder.path)
        try damage(fixture)
        let error = #expect(throws: (any Error).self) {
            try DatasetRegistry.open("oscd", at: fixture.root).readAll()
        }
        let text = error.map { String(describing: $0) } ?? ""
        #expect((error as? any ExitCoded)?.exitCode == exitCode, "\(text)")
        for word in words { #expect(text.contains(word), "\(word): \(text)") }
    }

    @Test(
        "C1: every single file that is missing is missed (torchgeo: silent, the data set shrinks)")
    func everyFileIsMissed() throws {
        let folder = try TemporaryFolder()
        let fixture = try OSCDFixture(at: folder.path, train: ["pisa"], test: ["rio"])
        let data = try DatasetRegistry.open("oscd", at: fixture.root)
        for index in 0..<data.count {
            for file in data.files(index) {
                let path = "\(fixture.root)/\(file)"
                try FileManager.default.moveItem(atPath: path, toPath: path + ".away")
                expectRefusal(.inputMissing, data.key(index)) {
                    _ = try DatasetRegistry.open("oscd", at: fixture.root)
                }
                try FileManager.default.moveItem(atPath: path + ".away", toPath: path)
            }
        }
    }

    @Test("C2, C3: a label of the wrong size or with the code 7 is refused (torchgeo: silent)")
    func wrongLabels() throws {
        try refuses(.badData, "cm.png", "20×24", "24×20") {
            try $0.writeLabels(
                of: "rio", codes: OSCDFixture.truth(of: "rio"), width: 20, height: 24)
        }
        try refuses(.badData, "cm.png", "7: 1") {
            var codes = OSCDFixture.truth(of: "rio").map { $0 * 255 }
            codes[5] = 7
            try OSCDFixture.writeLabel(
                codes, size: PixelSize(width: 24, height: 20), to: "\($0.labels(of: "rio"))/cm.png")
        }
    }

    @Test("C4: empty days are refused (torchgeo: silent)")
    func emptyDays() throws {
        try refuses(.badData, "dates.txt", "two days") {
            try $0.write("", to: "\($0.images)/rio/dates.txt")
        }
    }

    @Test("C5: labels of another city contradict each other where only one was swapped")
    func swappedLabels() throws {
        try refuses(.badData, "differ in") {
            let codes = OSCDFixture.truth(of: "dubai").map { $0 * 255 }
            try OSCDFixture.writeLabel(
                codes, size: PixelSize(width: 24, height: 20), to: "\($0.labels(of: "rio"))/cm.png")
        }
    }

    @Test("C7: band names in other spellings are the same bands, unknown ones are no bands")
    func bandNames() throws {
        let folder = try TemporaryFolder()
        let fixture = try OSCDFixture(at: folder.path)
        let before = try DatasetRegistry.open("oscd", at: fixture.root).bytes("after.B01", of: 0)
        for city in fixture.train + fixture.test {
            for date in [1, 2] {
                let folder = "\(fixture.images)/\(city)/imgs_\(date)_rect"
                try FileManager.default.moveItem(
                    atPath: "\(folder)/B01.tif", toPath: "\(folder)/B1.tif")
            }
        }
        let after = try DatasetRegistry.open("oscd", at: fixture.root)
        #expect(try after.bytes("after.B01", of: 0) == before)
        let path = "\(fixture.images)/rio/imgs_1_rect"
        try FileManager.default.moveItem(atPath: "\(path)/B8A.tif", toPath: "\(path)/B8B.tif")
        expectRefusal(.inputMissing, "rio", "band B8A") {
            _ = try DatasetRegistry.open("oscd", at: fixture.root)
        }
    }

    @Test("C8: a date without data is kept and told (torchgeo: silent)")
    func dateWithoutData() throws {
        let folder = try TemporaryFolder()
        let fixture = try OSCDFixture(at: folder.path)
        for band in Sentinel2Band.allCases {
            try OSCDFixture.writeImage(
                [UInt16](repeating: 0, count: 480), size: PixelSize(width: 24, height: 20),
                to: fixture.band(band, of: "rio", date: 2))
        }
        let data = try DatasetRegistry.open("oscd", at: fixture.root)
        let report = try #require(DatasetCheck(data, at: fixture.root).run())
        #expect(report.isSound)
        #expect(
            report.findings.contains {
                $0.kind == .empty && $0.text == "rio: no data in any plane after.…"
            })
    }

    @Test("C17: a city of both lists is refused")
    func splitLeak() throws {
        try refuses(.badData, "test.txt", "pisa", "train.txt") {
            try $0.write("rio,dubai,pisa", to: "\($0.images)/test.txt")
        }
    }

    @Test("C18: lists with marks, returns and blanks are read, doubled names are refused by line")
    func lists() throws {
        let folder = try TemporaryFolder()
        let fixture = try OSCDFixture(at: folder.path)
        try fixture.write("\u{feff}rio, dubai\r\n\r\n", to: "\(fixture.images)/test.txt")
        #expect(try DatasetRegistry.open("oscd", at: fixture.root).count == 3)
        try refuses(.badData, "test.txt:2", "rio") {
            try $0.write("rio,dubai\nrio\n", to: "\($0.images)/test.txt")
        }
    }

    @Test("C19: cities that are not the published ones are told")
    func otherVersions() throws {
        let folder = try TemporaryFolder()
        let fixture = try OSCDFixture(at: folder.path)
        #expect(try DatasetRegistry.open("oscd", at: fixture.root).remarks.count == 1)
        expectRefusal(.badData, "1 + 2 cities", "14 + 10", "--strict") {
            _ = try DatasetRegistry.open(
                "oscd", at: fixture.root, options: DatasetOptions(isStrict: true))
        }
    }

    @Test("C28: patches larger than an image are refused before anything is trained")
    func largePatches() throws {
        let folder = try TemporaryFolder()
        let data = try OSCDDataset(at: OSCDFixture(at: folder.path).root)
        expectRefusal(.configuration, "dubai", "24×20", "smaller patches") {
            _ = try OSCDPatches(data, indices: [0], tiling: PatchTiling(side: 21, stride: 10))
        }
        expectRefusal(.configuration, "stride") { _ = try PatchTiling(side: 0, stride: 10) }
    }

    @Test("The order of cities is that of their names, not the file system's (torchgeo: unsorted)")
    func order() throws {
        let folder = try TemporaryFolder()
        let fixture = try OSCDFixture(
            at: folder.path, train: ["paris", "bercy"], test: ["rio", "dubai"])
        let data = try DatasetRegistry.open("oscd", at: fixture.root)
        #expect((0..<data.count).map(data.key) == ["bercy", "dubai", "paris", "rio"])
    }
}
