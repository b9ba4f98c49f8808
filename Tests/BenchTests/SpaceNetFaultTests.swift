import Bench
import Foundation
import Geo
import Manifests
import Raster
import Store
import TestSupport
import Testing

/// Table C, for SpaceNet: footprints and folders that are broken on purpose.
@Suite struct SpaceNetFaultTests {
    /// Writes the first chip's footprints and reads its mask.
    private func mask(
        _ text: String, strict: Bool = false, _ options: [String: String] = [:]
    ) throws -> (mask: [UInt8], repairs: [String]) {
        let folder = try TemporaryFolder()
        let fixture = try SpaceNetFixture(at: folder.path)
        try fixture.write(text, chip: 1)
        let data = try fixture.open(options, strict: strict)
        return (try data.bytes("mask", of: 0), try data.repairs(0))
    }

    private func collection(_ geometries: String...) -> String {
        SpaceNetFixture.collection(geometries.map { SpaceNetFixture.feature($0) })
    }

    private func polygon(_ rings: [(Double, Double)]...) -> String {
        SpaceNetFixture.polygon(rings.map { $0.map { SpaceNetFixture.place(1, $0.0, $0.1) } })
    }

    private let square = [(3.0, 2.0), (9, 2), (9, 7), (3, 7), (3, 2)]

    @Test("C1: every file of a half-extracted folder is missed")
    func everyFileIsMissed() throws {
        let whole = try fixtureFolder()
        let paths = try FileManager.default.subpathsOfDirectory(atPath: whole.path)
        for path in paths where path.hasSuffix(".tif") || path.hasSuffix(".geojson") {
            let folder = try fixtureFolder()
            try FileManager.default.removeItem(atPath: folder.path(path))
            expectRefusal(
                .inputMissing,
                path.hasSuffix(".tif") ? "image" : "expected 3 footprint files, found 2",
                "AOI_2_Sim_img"
            ) {
                _ = try SpaceNetDataset<SpaceNet2>(at: folder.path, options: DatasetOptions())
            }
        }
    }

    private func fixtureFolder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        _ = try SpaceNetFixture(at: folder.path)
        return folder
    }

    @Test("C4, C6: images that are empty, no image, of other bands, or that lie nowhere")
    func brokenImages() throws {
        let damages: [(String, (SpaceNetFixture) throws -> Void)] = [
            ("is empty", { try Data().write(to: URL(filePath: $0.image(1))) }),
            ("MUL-PanSharpen", { try Fault.truncate($0.image(1), to: 0.6) }),
            (
                "starts with",
                { try Data("<html>404</html>".utf8).write(to: URL(filePath: $0.image(1))) }
            ),
            (
                "3 bands of uint16; expected 8",
                {
                    try SpaceNetFixture.writeImage(
                        to: $0.image(1), grid: SpaceNetFixture.grid(1), bands: 3)
                }
            ),
            (
                "does not say where it lies",
                {
                    try SpaceNetFixture.writeImage(
                        to: $0.image(1), grid: nil, size: PixelSize(width: 20, height: 16))
                }
            ),
        ]
        for (words, damage) in damages {
            let folder = try TemporaryFolder()
            let fixture = try SpaceNetFixture(at: folder.path)
            try damage(fixture)
            expectRefusal(.badData, words, "img1.tif") { try fixture.open().readAll() }
        }
    }

    @Test(
        "C5, C13: footprints of another chip, swapped, in UTM, or in another system than they say")
    func footprintsElsewhere() throws {
        let other = SpaceNetFixture.collection([
            SpaceNetFixture.feature([SpaceNetFixture.square(2)]),
            SpaceNetFixture.feature([SpaceNetFixture.square(3)]),
        ])
        expectRefusal(.badData, "img1.geojson", "0 of 2 polygons intersect the image", "another") {
            _ = try mask(other)
        }
        let swapped = SpaceNetFixture.collection([
            SpaceNetFixture.feature([SpaceNetFixture.square(1).map { ($0.1, $0.0) }])
        ])
        expectRefusal(.badData, "0 of 1 polygons", "longitude and latitude are swapped") {
            _ = try mask(swapped)
        }
        let utm = SpaceNetFixture.feature([
            [
                (664_000, 3_985_000), (664_010, 3_985_000), (664_010, 3_985_010),
                (664_000, 3_985_000),
            ]
        ])
        expectRefusal(.badData, "0 of 1 polygons") {
            _ = try mask(SpaceNetFixture.collection([utm]))
        }
        expectRefusal(.badData, "reference system", "urn:x:local") {
            _ = try mask(SpaceNetFixture.collection([utm], crs: "urn:x:local"))
        }
        // Said rightly, UTM is brought to the image's system.
        let corners = try CoordinateTransform(from: .wgs84, to: CRS(epsg: 32611)).map(
            SpaceNetFixture.square(1).map { Position(x: $0.0, y: $0.1) })
        let ring = corners.compactMap(\.self).map { ($0.x, $0.y) }
        let found = try mask(
            SpaceNetFixture.collection(
                [SpaceNetFixture.feature([ring])], crs: "urn:ogc:def:crs:EPSG::32611"))
        #expect(found.mask.count { $0 == 1 } == 30)
    }

    @Test("C10: a bow-tie is filled by the even-odd rule and told with its area, or refused")
    func bowTies() throws {
        let tie = collection(polygon([(0, 0), (10, 10), (10, 0), (0, 10), (0, 0)]))
        let found = try mask(tie)
        #expect(found.repairs.count == 1)
        #expect(found.repairs[0].contains("feature 0"))
        #expect(found.repairs[0].contains("crosses itself in 1 places"))
        #expect(found.repairs[0].contains("area is 50.0 square pixels instead of 0.0"))
        let filled = found.mask.count { $0 == 1 }
        #expect((45...55).contains(filled))
        expectRefusal(.badData, "img1.geojson", "feature 0", "crosses itself") {
            _ = try mask(tie, strict: true)
        }
    }

    @Test("C11: no features, null and empty geometries are empty masks, counted and named")
    func emptyFootprints() throws {
        for strict in [false, true] {
            let none = try mask(SpaceNetFixture.collection([]), strict: strict)
            #expect(none.mask.allSatisfy { $0 == 0 })
            #expect(none.repairs.isEmpty)
            let null = try mask(
                collection("null", polygon(square), #"{"type": "Polygon", "coordinates": []}"#),
                strict: strict)
            #expect(null.mask.count { $0 == 1 } == 30)
            #expect(null.repairs == ["feature 0: null geometry", "feature 2: empty geometry"])
        }
        let line = collection(#"{"type": "LineString", "coordinates": [[0, 0], [1, 1]]}"#)
        #expect(try mask(line).repairs == ["feature 0: a LineString has no area; left out"])
        expectRefusal(.badData, "LineString") { _ = try mask(line, strict: true) }
    }

    @Test(
        "C12: rings that are not closed, doubled, too short, or whose hole lies outside are mended and told"
    )
    func mendedRings() throws {
        let open = try mask(collection(polygon(Array(square.dropLast()))))
        #expect(open.mask.count { $0 == 1 } == 30)
        #expect(open.repairs == ["feature 0: ring 0 is not closed; closed"])
        let doubled = try mask(collection(polygon(square.flatMap { [$0, $0] })), strict: true)
        #expect(doubled.mask == open.mask)
        #expect(doubled.repairs.isEmpty)
        let hole = [(4.0, 3.0), (6, 3), (6, 5), (4, 5), (4, 3)]
        #expect(
            try mask(collection(polygon(square, hole)), strict: true).mask.count { $0 == 1 } == 26)
        let outside = hole.map { ($0.0 + 8, $0.1 + 6) }
        let mended = try mask(collection(polygon(square, outside)))
        #expect(mended.mask == open.mask)
        #expect(mended.repairs == ["feature 0: hole 1 lies outside of its outline; left out"])
        for count in [1, 2] {
            let short = collection(
                polygon(square), polygon(Array(square.prefix(count)) + [square[0]]))
            #expect(
                try mask(short).repairs == [
                    "feature 1: outline of \(count) points has no area; left out"
                ])
            expectRefusal(.badData, "feature 1", "has no area") {
                _ = try mask(short, strict: true)
            }
        }
    }

    @Test("C12: collections in collections, up to a depth")
    func nestedCollections() throws {
        func nested(_ depth: Int) -> String {
            (0..<depth).reduce(polygon(square)) { inner, _ in
                #"{"geometries": [\#(inner)], "type": "GeometryCollection"}"#
            }
        }
        #expect(try mask(collection(nested(3))).mask.count { $0 == 1 } == 30)
        expectRefusal(.badData, "img1.geojson", "nested deeper than 8") {
            _ = try mask(collection(nested(9)))
        }
        expectRefusal(.badData, "nested deeper than 128") { _ = try mask(collection(nested(500))) }
    }

    @Test("C12: absurd coordinates are refused with their feature")
    func absurdCoordinates() throws {
        for text in ["1e308", "-1e300", "1e9"] {
            let far =
                #"{"type": "Polygon", "coordinates": [[[\#(text), 36], [1, 2], [3, 4], [\#(text), 36]]]}"#
            expectRefusal(.badData, "img1.geojson", "feature 1", "pixels from the image") {
                _ = try mask(collection(polygon(square), far))
            }
        }
        expectRefusal(.badData, "0 of 1 polygons") {
            _ = try mask(
                collection(
                    #"{"type": "Polygon", "coordinates": [[[1e308, 1e308], [0, 1e308], [1e308, 0], [1e308, 1e308]]]}"#
                ))
        }
    }

    @Test("C12: a million vertices take seconds at most, entangled ones are refused")
    func aMillionVertices() throws {
        let start = ContinuousClock.now
        let round = (0..<1_000_000).map { step -> (Double, Double) in
            let angle = Double(step) / 1_000_000 * 2 * .pi
            return (10 + 6 * cos(angle), 8 + 6 * sin(angle))
        }
        let found = try mask(collection(polygon(round + [round[0]])))
        let filled = Double(found.mask.count { $0 == 1 })
        let area = Double.pi * 36
        #expect(abs(filled - area) < 6)
        let wild = (0..<300_000).map { step -> (Double, Double) in
            let (x, y) = (step * 7 % 19, step * 11 % 15)
            return (Double(x), Double(y))
        }
        expectRefusal(.badData, "feature 0", "too often") {
            _ = try mask(collection(polygon(wild + [wild[0]])))
        }
        #expect(ContinuousClock.now - start < .seconds(60))
    }

    @Test("C14: what is not JSON is refused with line and column")
    func brokenJSON() throws {
        let good = collection(polygon(square))
        let broken: [(String, String)] = [
            (String(repeating: "[", count: 1_000_000), "line 1:1: not valid GeoJSON: expected {"),
            (#"{"a": "# + String(repeating: "[", count: 1_000_000), "nested deeper than 128"),
            (
                good.replacing(#""Id": 0"#, with: #""Id": 0, "Id": 1"#),
                "the key \"Id\" stands twice"
            ),
            (good.replacing(#""Id": 0"#, with: #""Id": 0, "\u0049d": 1"#), "stands twice"),
            (good.replacing(#""Id": 0"#, with: #""Id": NaN"#), "line 2:"),
            (good.replacing(#""Id": 0"#, with: #""Id": 18446744073709551616"#), "64 bits"),
            (good.replacing(#""Id": 0"#, with: #""Id": 1e999"#), "too large"),
            (good.replacing(#""Id": 0"#, with: #""Id": 01"#), "expected"),
            (good.replacing(#""Id": 0"#, with: #""Id": "\ud800""#), "not valid GeoJSON: expected"),
            (good.replacing(#""Id": 0"#, with: "\"Id\": \"a\tb\""), "control character"),
            (good + " {}", "something follows"), ("", "ends too early"),
            (String(good.dropLast(3)), "ends too early"),
            ("\u{feff}" + good, "line 1:1"),
            (good.replacing("Polygon", with: "Prism"), "type \"Prism\""),
            (good.replacing("FeatureCollection", with: "Collection"), "FeatureCollection"),
            (good.replacing(#""type": "Feature","#, with: ""), "no Feature"),
            (good.replacing(#"[[["#, with: #"[[[1], ["#), "a position of 1 numbers"),
        ]
        for (text, words) in broken {
            expectRefusal(.badData, "img1.geojson", words) { _ = try mask(text) }
        }
        expectRefusal(.badData, "UTF-8") {
            _ = try GeoJSONFootprints.read([0xFF, 0xFE], path: "x.geojson")
        }
        let many = (0..<100_000).map { #""k\#($0)": \#($0)"# }.joined(separator: ",")
        #expect(try mask(good.replacing(#""Id": 0"#, with: many)).mask.count { $0 == 1 } == 30)
        expectRefusal(.badData, "stands twice") {
            _ = try mask(good.replacing(#""Id": 0"#, with: many + #", "k7": 1"#))
        }
    }

    @Test("C18: CSV files with marks, returns, quotes and blanks; torn ones by their line")
    func tables() throws {
        let wkt = "POLYGON ((3 2 0,9 2 0,9 7 0,3 7 0,3 2 0))"
        let header = "ImageId,BuildingId,PolygonWKT_Pix,PolygonWKT_Geo"
        let lines = [
            header, "AOI_2_Sim_img1,1,\"\(wkt)\",\"\(wkt)\"",
            "PAN_AOI_2_Sim_img2,7,\"MULTIPOLYGON (((1 1,2 1,2 2,1 1)))\",x",
            "AOI_2_Sim_img3,-1,\"POLYGON ((0 0, 0 0, 0 0, 0 0))\",POLYGON EMPTY", "", "",
        ]
        let path = "AOI_2_Sim_Train/summaryData/AOI_2_Sim_Train_Building_Solutions.csv"
        func open(_ text: String) throws -> SpaceNetDataset<SpaceNet2> {
            let folder = try TemporaryFolder()
            let fixture = try SpaceNetFixture(at: folder.path)
            try AtomicFile.makeFolder(at: folder.path("AOI_2_Sim_Train/summaryData"))
            try AtomicFile.write(text, to: folder.path(path))
            let data = try fixture.open(["labels": "csv"])
            #expect(try data.bytes("mask", of: 0).count { $0 == 1 } == 30)
            #expect(try data.buildings(1).count == 1)
            #expect(try data.buildings(2).isEmpty)
            return data
        }
        _ = try open("\u{feff}" + lines.joined(separator: "\r\n"))
        #expect(
            try open((lines.dropLast(2) + [lines[1]]).joined(separator: "\n")).remarks.count == 1)
        expectRefusal(.badData, ".csv:4", "3 fields where the header has 4") {
            _ = try open((lines[..<3] + ["AOI_2_Sim_img3,-1,x"]).joined(separator: "\n"))
        }
        expectRefusal(.badData, ".csv:2", "quotation marks") {
            _ = try open([header, "AOI_2_Sim_img1,1,\"\(wkt)"].joined(separator: "\n"))
        }
        expectRefusal(.badData, ".csv:1", "no column ImageId") { _ = try open("a,b\n1,2\n") }
        expectRefusal(.inputMissing, "names 2 of 3 images", "missing AOI_2_Sim_img3") {
            _ = try open(lines[..<3].joined(separator: "\n"))
        }
        expectRefusal(
            .inputMissing, "AOI_2_Sim_Train_Building_Solutions.csv",
            "MUL-PanSharpen AOI_2_Sim_img4 is missing, 2 of 5 are"
        ) {
            let more = ["AOI_2_Sim_img5,-1,x,x", "AOI_2_Sim_img4,-1,x,x", "AOI_2_Sim_img4,-1,x,x"]
            _ = try open((lines[..<4] + more).joined(separator: "\n"))
        }
        expectRefusal(.badData, ".csv:2", "not valid WKT") {
            _ = try open(lines.joined(separator: "\n").replacing("3 2 0,9", with: "3 x 0,9"))
        }
        let folder = try TemporaryFolder()
        _ = try SpaceNetFixture(at: folder.path)
        expectRefusal(.configuration, "labels=csv", "pixels of MUL") {
            try FileManager.default.moveItem(
                atPath: folder.path("AOI_2_Sim_Train/MUL-PanSharpen"),
                toPath: folder.path("AOI_2_Sim_Train/MUL"))
            for chip in 1...3 {
                let name = SpaceNetFixture.key(chip)
                try FileManager.default.moveItem(
                    atPath: folder.path("AOI_2_Sim_Train/MUL/MUL-PanSharpen_\(name).tif"),
                    toPath: folder.path("AOI_2_Sim_Train/MUL/MUL_\(name).tif"))
            }
            _ = try SpaceNetDataset<SpaceNet2>(
                at: folder.path, options: DatasetOptions(["images": "MUL", "labels": "csv"]))
        }
    }

    @Test("C19: a part of a release, or another version, is told with both numbers, or refused")
    func otherVersions() throws {
        let folder = try TemporaryFolder()
        let grid = try SpaceNetFixture.grid(1)
        let outline = SpaceNetFixture.collection([
            SpaceNetFixture.feature([SpaceNetFixture.square(1)])
        ])
        let root = folder.path("SN1_buildings/train")
        try SpaceNetFixture.writeImage(to: "\(root)/8band/8band_AOI_1_RIO_img1.tif", grid: grid)
        try AtomicFile.makeFolder(at: "\(root)/geojson")
        try AtomicFile.write(outline, to: "\(root)/geojson/Geo_AOI_1_RIO_img1.geojson")
        let data = try SpaceNetDataset<SpaceNet1>(at: root, options: DatasetOptions())
        #expect(
            data.remarks == [
                "1 labelled images where the release has 6940: a part, or another version"
            ])
        #expect(try data.bytes("mask", of: 0).count { $0 == 1 } == 30)
        expectRefusal(.badData, "1 labelled images", "6940", "--strict") {
            _ = try SpaceNetDataset<SpaceNet1>(at: root, options: DatasetOptions(isStrict: true))
        }
    }

    @Test("C20: the wrong level names the right one")
    func wrongLevels() throws {
        let folder = try TemporaryFolder()
        let fixture = try SpaceNetFixture(at: folder.path("deep/SN2_buildings"))
        func open(_ root: String) throws {
            _ = try SpaceNetDataset<SpaceNet2>(at: root, options: DatasetOptions())
        }
        expectRefusal(.inputMissing, "one level below: use \(fixture.root)") {
            try open(folder.path("deep"))
        }
        expectRefusal(.inputMissing, "one level above: use \(fixture.root)/AOI_2_Sim_Train") {
            try open("\(fixture.root)/AOI_2_Sim_Train/MUL-PanSharpen")
        }
        expectRefusal(.inputMissing, "no such folder") { try open(folder.path("nothing")) }
        expectRefusal(.inputMissing, "expected MUL-PanSharpen/MUL-PanSharpen_") {
            try open(folder.path)
        }
        try open("\(fixture.root)/AOI_2_Sim_Train/")
    }

    @Test(
        "C21: many files are listed in bounded time; a folder that may not be listed is one error")
    func manyFilesAndClosedFolders() throws {
        let folder = try TemporaryFolder()
        let fixture = try SpaceNetFixture(at: folder.path)
        let images = folder.path("AOI_2_Sim_Train/MUL-PanSharpen")
        for number in 0..<20_000 {
            try #require(
                FileManager.default.createFile(atPath: "\(images)/\(number).aux.xml", contents: nil)
            )
        }
        let start = ContinuousClock.now
        #expect(try fixture.open().count == 3)
        #expect(ContinuousClock.now - start < .seconds(10))
        guard geteuid() != 0 else { return }
        try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: images)
        defer {
            try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: images)
        }
        expectRefusal(.notPermitted, "cannot list") { _ = try fixture.open() }
    }

    @Test("Two images or footprints of one name are refused")
    func namesTwice() throws {
        let folder = try TemporaryFolder()
        let fixture = try SpaceNetFixture(at: folder.path)
        try FileManager.default.copyItem(
            atPath: folder.path("AOI_2_Sim_Train"), toPath: folder.path("AOI_2_Sim_Train copy"))
        expectRefusal(.badData, "AOI_2_Sim_img1", "remove one") { _ = try fixture.open() }
    }
}
