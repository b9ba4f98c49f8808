import Bench
import BenchFixtures
import Foundation
import Geo
import Manifests
import Raster
import Testing
import TestSupport

/// What is broken on purpose, and the line that must tell of it.
struct Fault: Sendable, CustomTestStringConvertible {
    let name: String
    let exitCode: ExitCode
    let words: [String]
    let damage: @Sendable (OSCDFixture) throws -> Void

    init(
        _ name: String, _ exitCode: ExitCode, _ words: String...,
        damage: @escaping @Sendable (OSCDFixture) throws -> Void
    ) {
        self.name = name
        self.exitCode = exitCode
        self.words = words
        self.damage = damage
    }

    var testDescription: String { name }

    static func remove(_ path: String) throws {
        try FileManager.default.removeItem(atPath: path)
    }

    /// Puts a chunk behind a PNG's header, in which the colour type may be changed.
    static func insert(
        _ name: String, _ content: [UInt8], _ path: String, colourType: UInt8? = nil
    ) throws {
        var bytes = Array(try Data(contentsOf: URL(filePath: path)))
        if let colourType { bytes[25] = colourType }
        bytes.replaceSubrange(29..<33, with: checksum(bytes[12..<29]))
        let body = Array(name.utf8) + content
        let length = (0..<4).map { UInt8(truncatingIfNeeded: content.count >> (24 - 8 * $0)) }
        bytes.insert(contentsOf: length + body + checksum(body[...]), at: 33)
        try Data(bytes).write(to: URL(filePath: path))
    }

    /// PNG's CRC-32, highest byte first.
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var rest: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            rest ^= UInt32(byte)
            for _ in 0..<8 { rest = rest & 1 == 1 ? rest >> 1 ^ 0xEDB8_8320 : rest >> 1 }
        }
        return (0..<4).map { UInt8(truncatingIfNeeded: ~rest >> (24 - 8 * $0)) }
    }

    static func truncate(_ path: String, to share: Double) throws {
        let data = try Data(contentsOf: URL(filePath: path))
        try data.prefix(Int(Double(data.count) * share)).write(to: URL(filePath: path))
    }
}

struct OSCDFaultTests {
    static let missing: [Fault] = [
        Fault("a band", .inputMissing, "rio", "B05", "imgs_2_rect/B05.tif") {
            try Fault.remove($0.band(.b05, of: "rio", date: 2))
        },
        Fault("a city", .inputMissing, "expected 3 cities, found 2", "missing dubai") {
            try Fault.remove("\($0.images)/dubai")
        },
        Fault("the PNG label", .inputMissing, "rio", "cm/cm.png") {
            try Fault.remove("\($0.labels(of: "rio"))/cm.png")
        },
        Fault("the TIFF label", .inputMissing, "pisa", "pisa-cm.tif") {
            try Fault.remove("\($0.labels(of: "pisa"))/pisa-cm.tif")
        },
        Fault("the days", .inputMissing, "dubai", "dates.txt") {
            try Fault.remove("\($0.images)/dubai/dates.txt")
        },
        Fault("one of the lists", .inputMissing, "test.txt") {
            try Fault.remove("\($0.images)/test.txt")
        },
        Fault("the test labels", .inputMissing, "Test Labels", "unpack") {
            try Fault.remove("\($0.root)/Onera Satellite Change Detection dataset - Test Labels")
        },
    ]

    static let broken: [Fault] = [
        Fault("a label of another size", .badData, "cm.png", "20×24", "24×20") {
            try $0.writeLabels(
                of: "rio", codes: OSCDFixture.truth(of: "rio"), width: 20, height: 24)
        },
        Fault("an unknown code", .badData, "cm.png", "7: 1", "0 (no change) and 255") {
            var codes = OSCDFixture.truth(of: "rio").map { $0 * 255 }
            codes[5] = 7
            try OSCDFixture.writeLabel(
                codes, size: PixelSize(width: 24, height: 20),
                to: "\($0.labels(of: "rio"))/cm.png")
        },
        Fault("labels that contradict each other", .badData, "rio-cm.tif", "differ in 3 of 480") {
            var codes = OSCDFixture.truth(of: "rio").map { $0 + 1 }
            for index in 0..<3 { codes[index] = 2 }
            try OSCDFixture.writeLabel(
                codes, size: PixelSize(width: 24, height: 20),
                to: "\($0.labels(of: "rio"))/rio-cm.tif")
        },
        Fault("a label in colours", .badData, "cm.png", "colours") {
            let codes = OSCDFixture.truth(of: "rio").map { $0 * 255 }
            try OSCDFixture.writeLabel(
                codes + codes.reversed() + codes, bands: 3,
                size: PixelSize(width: 24, height: 20), to: "\($0.labels(of: "rio"))/cm.png")
        },
        Fault("a label of 16 bits", .badData, "cm.png", "uint16", "uint8") {
            try OSCDFixture.writeImage(
                [UInt16](repeating: 255, count: 480), size: PixelSize(width: 24, height: 20),
                as: .png, to: "\($0.labels(of: "rio"))/cm.png")
        },
        Fault("an animated label", .badData, "cm.png", "animated") {
            try Fault.insert("acTL", [0, 0, 0, 2, 0, 0, 0, 0], "\($0.labels(of: "rio"))/cm.png")
        },
        Fault("a label of palette colours", .badData, "cm.png", "palette") {
            let path = "\($0.labels(of: "rio"))/cm.png"
            try Fault.insert("PLTE", [UInt8](repeating: 7, count: 768), path, colourType: 3)
        },
        Fault("an empty label", .badData, "cm.png") {
            try $0.write("", to: "\($0.labels(of: "rio"))/cm.png")
        },
        Fault("a truncated band", .badData, "B03.tif") {
            try Fault.truncate($0.band(.b03, of: "rio", date: 1), to: 0.6)
        },
        Fault("a truncated label", .badData, "cm.png") {
            try Fault.truncate("\($0.labels(of: "rio"))/cm.png", to: 0.5)
        },
        Fault("a web page for a band", .badData, "B04.tif") {
            try $0.write("<html>404</html>", to: $0.band(.b04, of: "rio", date: 2))
        },
        Fault("a band of another size", .badData, "B08.tif", "10×10", "24×20") {
            try OSCDFixture.writeImage(
                [UInt16](repeating: 9, count: 100), size: PixelSize(width: 10, height: 10),
                to: $0.band(.b08, of: "rio", date: 1))
        },
        Fault("a band of bytes", .badData, "B02.tif", "uint8", "uint16") {
            try OSCDFixture.writeLabel(
                [UInt8](repeating: 9, count: 480), size: PixelSize(width: 24, height: 20),
                to: $0.band(.b02, of: "rio", date: 1))
        },
        Fault("days of no use", .badData, "dates.txt", "two days") {
            try $0.write("date_1: 20161322\n", to: "\($0.images)/rio/dates.txt")
        },
        Fault("two files for a band", .badData, "B1.tif", "B01") {
            try FileManager.default.copyItem(
                atPath: $0.band(.b01, of: "rio", date: 1),
                toPath: "\($0.images)/rio/imgs_1_rect/B1.tif")
        },
        Fault("a city in both lists", .badData, "test.txt", "pisa", "train.txt") {
            try $0.write("rio,dubai,pisa", to: "\($0.images)/test.txt")
        },
        Fault("a city twice", .badData, "test.txt:2", "rio") {
            try $0.write("rio,dubai\nrio\n", to: "\($0.images)/test.txt")
        },
        Fault("a city outside", .badData, "test.txt:1", "no city's name") {
            try $0.write("../../etc", to: "\($0.images)/test.txt")
        },
        Fault("an empty list", .badData, "test.txt", "names no city") {
            try $0.write("\n", to: "\($0.images)/test.txt")
        },
    ]

    @Test("C1 to C4, C6, C17, C18: each fault is one line", arguments: missing + broken)
    func saysWhatIsWrongInOneLine(fault: Fault) throws {
        let folder = try TemporaryFolder()
        let fixture = try OSCDFixture(at: folder.path)
        try fault.damage(fixture)
        let error = #expect(throws: (any Error).self) {
            let dataset = try OSCDDataset(at: fixture.root)
            for city in dataset.cities {
                _ = try dataset.load(city, bands: Sentinel2Band.allCases)
            }
        }
        #expect((error as? any ExitCoded)?.exitCode == fault.exitCode)
        let text = error.map { String(describing: $0) } ?? ""
        #expect(!text.contains("\n"))
        for word in fault.words { #expect(text.contains(word), "\(text)") }
    }

    @Test(
        "C6: native bands of another size than their own",
        arguments: [
            (Sentinel2Band.b03, 22, 20), (.b11, 12, 8), (.b05, 24, 20), (.b01, 6, 4), (.b09, 4, 6),
        ])
    func nativeBandsHaveTheirOwnSize(band: Sentinel2Band, width: Int, height: Int) throws {
        let folder = try TemporaryFolder()
        let fixture = try OSCDFixture(at: folder.path)
        let dataset = try OSCDDataset(at: fixture.root, images: .native)
        _ = try dataset.load("rio", bands: Sentinel2Band.allCases)
        let path = fixture.nativeBand(band, of: "rio", date: 1)
        // One pixel more or less is how cities were cut out.
        let scale = band.nativeResolutionInMetres / 10
        try OSCDFixture.writeImage(
            [UInt16](repeating: 9, count: (24 / scale + 1) * (20 / scale)),
            size: PixelSize(width: 24 / scale + 1, height: 20 / scale), to: path)
        _ = try dataset.load("rio", bands: [band])
        try OSCDFixture.writeImage(
            [UInt16](repeating: 9, count: width * height),
            size: PixelSize(width: width, height: height), to: path)
        expectRefusal(
            .badData, "_\(band.rawValue).tif: \(width)×\(height) pixels of \(scale * 10) m", "24×20"
        ) { _ = try dataset.load("rio", bands: Sentinel2Band.allCases) }
    }

    @Test func theWrongLevelNamesTheRightOne() throws {
        let folder = try TemporaryFolder()
        let fixture = try OSCDFixture(at: folder.path("OSCD"))
        let above = #expect(throws: BenchError.self) { try OSCDDataset(at: folder.path) }
        #expect(above?.exitCode == .inputMissing)
        #expect(above?.description.contains("one level below: use \(fixture.root)") == true)
        let below = #expect(throws: BenchError.self) { try OSCDDataset(at: fixture.images) }
        #expect(below?.description.contains("one level above: use \(fixture.root)") == true)
        let nowhere = #expect(throws: BenchError.self) {
            try OSCDDataset(at: folder.path("nothing"))
        }
        #expect(nowhere?.exitCode == .inputMissing)
    }

    @Test func greyLabelsInThreeColoursAreLabels() throws {
        let folder = try TemporaryFolder()
        let fixture = try OSCDFixture(at: folder.path)
        let codes = OSCDFixture.truth(of: "rio").map { $0 * 255 }
        try OSCDFixture.writeLabel(
            codes + codes + codes, bands: 3, size: PixelSize(width: 24, height: 20),
            to: "\(fixture.labels(of: "rio"))/cm.png")
        let city = try OSCDDataset(at: fixture.root).load("rio", bands: [.b02])
        #expect(city.truth == OSCDFixture.truth(of: "rio"))
    }
}
