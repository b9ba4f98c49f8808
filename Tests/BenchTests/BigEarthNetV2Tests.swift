import Bench
import BenchFixtures
import Foundation
import Manifests
import Store
import Testing
import TestSupport

struct BigEarthNetV2Tests {
    let folder: TemporaryFolder
    let fixture: BigEarthNetFixture

    private static let tables = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures/BigEarthNet")
    private static let names = BigEarthNetFixture.places.map { "\(BigEarthNetFixture.tile)_\($0)" }

    init() throws {
        folder = try TemporaryFolder()
        fixture = BigEarthNetFixture(at: folder.path)
        try fixture.writeVersion2()
        try table("metadata")
    }

    private func table(_ name: String) throws { try Self.copyTable(name, to: folder.path) }

    /// Puts one of the stored tables into a folder.
    static func copyTable(_ name: String, to root: String) throws {
        let target = URL(filePath: root).appending(path: "metadata.parquet")
        try? FileManager.default.removeItem(at: target)
        try FileManager.default.copyItem(at: tables.appending(path: "\(name).parquet"), to: target)
    }

    private func open(_ options: [String: String] = [:]) throws -> BigEarthNetV2 {
        try BigEarthNetV2(at: folder.path, options: DatasetOptions(options))
    }

    private static func classes(_ data: BigEarthNetV2, _ index: Int) -> [String] {
        guard case .categories(let bits) = data.target(index) else { return ["no vector"] }
        return zip(data.classes, bits).filter { $0.1 == 1 }.map(\.0)
    }

    @Test(arguments: ["metadata", "large"])
    func theTableSaysWhichPatchesThereAre(name: String) throws {
        try table(name)
        let data = try open()
        // In the order of bytes, whatever the table's: "10_2" before "1_2", since "0" is before "_".
        #expect((0..<4).map(data.key) == Self.names)
        #expect(data.splits == ["train": [0, 1], "val": [2], "test": [3]])
        #expect(Self.classes(data, 0) == ["Arable land", "Pastures"])
        #expect(
            Self.classes(data, 2) == [
                "Urban fabric", "Mixed forest", "Transitional woodland, shrub",
            ])
        #expect(Self.classes(data, 3) == [])
        #expect(data.remarks.count == 2)
        #expect(data.remarks.last?.contains("another version") == true)
        let strict = #expect(throws: BenchError.self) {
            try BigEarthNetV2(at: folder.path, options: DatasetOptions(isStrict: true))
        }
        #expect(strict?.exitCode == .badData)
        #expect(strict?.description.contains("metadata.parquet") == true)
        #expect(strict?.description.contains("published: 408911df") == true)
    }

    @Test func aTableInCSVServesAsWell() throws {
        try FileManager.default.removeItem(atPath: folder.path("metadata.parquet"))
        let radar = BigEarthNetFixture.radarTile
        let labels = [
            "\"['Pastures', 'Arable land']\"", "\"['Marine waters']\"",
            "\"['Urban fabric' 'Mixed forest'\n 'Transitional woodland, shrub']\"", "[]",
        ]
        let parts = ["train", "train", "validation", "test"]
        let rows = (0..<4).map {
            "\(Self.names[$0]),\(labels[$0]),\(parts[$0]),\(radar)_33UUP_\(BigEarthNetFixture.places[$0])\r\n"
        }
        try fixture.write(
            "\u{FEFF}patch_id,labels,split,s1_name\r\n" + rows.joined() + "\r\n", to: "metadata.csv"
        )
        let data = try open(["images": "s1s2"])
        #expect((0..<4).map(data.key) == Self.names)
        #expect(Self.classes(data, 0) == ["Arable land", "Pastures"])
        #expect(Self.classes(data, 2).count == 3)
        try fixture.write(
            "patch_id,labels,split,s1_name\n\(Self.names[0]),\"[\n", to: "metadata.csv")
        refused(.invalid, "metadata.csv: line 2: a quotation mark without its partner")
        try fixture.write(
            "patch_id,labels,split,s1_name\n\(Self.names[0]),[]\n", to: "metadata.csv")
        refused(.invalid, "metadata.csv: line 2: 2 fields where the header has 4")
    }

    @Test func sentinel1StaysFloatingPoint() throws {
        let data = try open(["images": "s1s2"])
        #expect(data.planes.suffix(2) == ["VV", "VH"])
        try data.reader().read(1, planes: ["VH", "B02"]) { planes in
            #expect(planes[0].pixel == .float32 && planes[1].pixel == .uint16)
            let pixels = planes[0].bytes.withMemoryRebound(to: Float.self) { Array($0) }
            #expect(pixels == pixels.indices.map { BigEarthNetFixture.decibels(1, $0) })
            #expect(Set(pixels).count == 251)
        }
    }

    @Test func c3CodesOutsideOfThe19ClassesAreIgnored() throws {
        let codes = try open(["map": "codes"])
        try codes.reader().read(0, planes: ["reference_map"]) { planes in
            let pixels = planes[0].bytes.withMemoryRebound(to: UInt16.self) { Array($0) }
            #expect(pixels == pixels.indices.map(BigEarthNetFixture.code))
        }
        let classes = try open(["map": "classes"])
        try classes.reader().read(0, planes: ["mask"]) { planes in
            #expect(planes[0].pixel == .uint8)
            #expect(Array(planes[0].bytes.prefix(5)) == [2, 9, 255, 18, 255])
        }
    }

    @Test func c3CodesThatCORINEDoesNotHaveAreCounted() throws {
        let name = Self.names[0]
        var codes = (0..<14400).map(BigEarthNetFixture.code)
        (codes[5], codes[6], codes[7]) = (7, 7, 40000)
        try fixture.write(
            codes, side: 120,
            to: "Reference_Maps/\(BigEarthNetFixture.tile)/\(name)/\(name)_reference_map.tif")
        let reader = try open(["map": "codes"]).reader()
        let error = #expect(throws: BenchError.self) { try reader.read(0, planes: nil) { _ in } }
        #expect(error?.code == .invalid)
        #expect(error?.description.contains("7 (2 pixels), 40000 (1 pixels)") == true)
    }

    @Test func c9NumbersThatAreNoneAreRefused() throws {
        let name = "\(BigEarthNetFixture.radarTile)_33UUP_1_2"
        var pixels = (0..<14400).map { BigEarthNetFixture.decibels(0, $0) }
        (pixels[3], pixels[9]) = (.nan, -.infinity)
        try fixture.write(
            pixels, side: 120,
            to: "BigEarthNet-S1/\(BigEarthNetFixture.radarTile)/\(name)/\(name)_VV.tif")
        let error = #expect(throws: BenchError.self) {
            try open(["images": "s1"]).reader().read(1, planes: nil) { _ in }
        }
        #expect(error?.description.contains("VV.tif: 2 pixels are NaN or infinite") == true)
        try open(["images": "s1", "nan": "keep"]).reader().read(1, planes: nil) { _ in }
    }

    @Test(arguments: ["codes", "classes"])
    func aMapIsSoundInTheFolderAndInAStore(map: String) throws {
        let data = try open(["map": map])
        let report = try #require(DatasetCheck(data, at: folder.path, threads: 2).run())
        // The fixture's patches all lie at one place.
        let errors = report.findings.filter { $0.level == .error && $0.kind != .leak }
        #expect(errors.isEmpty, "\(errors)")
        let codes = report.planes.first { $0.name == "mask" }?.codes
        #expect(codes.map { Set($0.keys) } == (map == "codes" ? nil : ["2", "9", "18", "255"]))
        var plan = PackPlan(dataset: BigEarthNetV2.name)
        plan.options = ["map": map]
        _ = try PackRun(data, plan: plan, to: folder.path("store")).run(threads: 2)
        let store = try PackedStore(at: folder.path("store"), options: DatasetOptions())
        let packed = try #require(DatasetCheck(store, at: folder.path("store"), threads: 2).run())
        #expect(packed.isSound, "\(packed.findings)")
        #expect(packed.planes.first { $0.name == "mask" }?.codes == codes)
    }

    // MARK: Countries

    @Test(arguments: ["parquet", "csv"])
    func countriesChoosePatches(form: String) throws {
        try table("countries")
        if form == "csv" { try writeCountries() }
        let all = try open()
        #expect((0..<4).map { all.country($0) } == ["Austria", "Finland", "Austria", "Ireland"])
        // Nothing published proves a table in CSV.
        #expect(all.remarks.count == (form == "csv" ? 1 : 2))
        let some = try open(["country": "Finland,Ireland"])
        #expect((0..<some.count).map(some.key) == [Self.names[1], Self.names[3]])
        #expect(some.splits == ["train": [0], "val": [], "test": [1]])
        #expect(some.remarks.contains { $0.hasPrefix("2 of 4 patches lie in Finland,Ireland") })
        for name in ["finland", "Malta", "Finland,", ""] {
            refused(
                .configuration, "there are Austria, Finland, Ireland", ["country": name])
        }
        // Of a country that was not chosen nothing need be there.
        try FileManager.default.removeItem(
            atPath: folder.path("BigEarthNet-S2/\(BigEarthNetFixture.tile)/\(Self.names[1])"))
        #expect(try open(["country": "Austria"]).count == 2)
        refused(.missing, "expected 3 patches, found 2", ["country": "Austria,Finland"])
        let report = try #require(
            DatasetCheck(try open(["country": "Austria,Ireland"]), at: folder.path, threads: 1)
                .run())
        #expect(report.countries == ["Austria": 2, "Ireland": 1])
        let statistics = try StatisticsRun(try open(["country": "Austria"]), split: "train").run()
        #expect(statistics?.countries == ["Austria": 1])
    }

    /// The table of countries as CSV.
    private func writeCountries() throws {
        try FileManager.default.removeItem(atPath: folder.path("metadata.parquet"))
        let radar = BigEarthNetFixture.radarTile
        let rows = zip(
            Self.names,
            zip(
                ["train", "train", "validation", "test"],
                ["Austria", "Finland", "Austria", "Ireland"])
        )
        .enumerated().map { number, row in
            "\(row.1.1),\(row.0),[],\(row.1.0),\(radar)_33UUP_\(BigEarthNetFixture.places[number])\n"
        }
        try fixture.write(
            "country,patch_id,labels,split,s1_name\n" + rows.joined(), to: "metadata.csv")
    }

    @Test func aTableWithoutCountriesSaysSo() throws {
        refused(.invalid, "has no column country", ["country": "Austria"])
        #expect(try open().country(0) == nil)
        #expect(DatasetCheck(try open(), at: folder.path, threads: 1).run()?.countries == nil)
    }

    // MARK: Faults

    @Test("C16: a pipe in the table's place is no table, and is not waited for")
    func c16APipe() throws {
        try FileManager.default.removeItem(atPath: folder.path("metadata.parquet"))
        #expect(mkfifo(folder.path("metadata.parquet"), 0o644) == 0)
        expectRefusal(.badData, "metadata.parquet", "not a regular file") { _ = try open() }
    }

    @Test("C21: a table that may not be read is 77", .enabled(if: geteuid() != 0, "root reads all"))
    func c21ATableThatMayNotBeRead() throws {
        chmod(folder.path("metadata.parquet"), 0)
        expectRefusal(.notPermitted, "metadata.parquet") { _ = try open() }
    }

    private func refused(
        _ code: BenchError.Code, _ text: String, _ options: [String: String] = [:],
        at place: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: BenchError.self, sourceLocation: place) { try open(options) }
        #expect(error?.code == code, sourceLocation: place)
        #expect(error?.description.contains(text) == true, "\(error as Any)", sourceLocation: place)
    }

    @Test(arguments: [
        ("null", "column split: a text is null"), ("number", "column labels: it holds"),
        ("unknown", "row 1: \"Roads\" where one of the 19 classes"), ("part", "row 1: \"all\""),
        ("path", "row 1: \"S2A/../../etc\""),
        ("twice", "10_2 is there twice, in train and in test"),
        ("column", "has no column s1_name"), ("empty", "lists no patch at all"),
    ])
    func c16TablesThatAreWrong(name: String, text: String) throws {
        try table(name)
        refused(.invalid, text)
    }

    @Test func c16AMissingTable() throws {
        try FileManager.default.removeItem(atPath: folder.path("metadata.parquet"))
        refused(.missing, "metadata.parquet: not there, nor metadata.csv")
    }

    @Test func c16ADamagedTableNamesTheAlternative() throws {
        let path = folder.path("metadata.parquet")
        let sound = Array(try Data(contentsOf: URL(filePath: path)))
        try Data(sound.prefix(sound.count / 2)).write(to: URL(filePath: path))
        refused(.invalid, "metadata.csv")
        var generator = SystemLikeGenerator(state: 7)
        for _ in 0..<300 {
            var bytes = sound
            for _ in 0..<3 {
                bytes[generator.next(below: bytes.count)] = UInt8(generator.next(below: 256))
            }
            try Data(bytes).write(to: URL(filePath: path))
            // An error of one line, or the table: never anything else.
            do { _ = try open() } catch { #expect(error is BenchError, "\(error)") }
        }
    }

    private struct SystemLikeGenerator {
        var state: UInt64
        mutating func next(below bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
    }

    @Test func c1PartnersAndMapsThatAreMissing() throws {
        let radar = BigEarthNetFixture.radarTile
        try FileManager.default.removeItem(
            atPath: folder.path("BigEarthNet-S1/\(radar)/\(radar)_33UUP_1_2"))
        #expect(try open().count == 4)
        refused(
            .missing, "expected 4 patches, found 3: missing \(radar)_33UUP_1_2 in BigEarthNet-S1",
            ["images": "s1s2"])
        #expect(try open(["images": "s1s2", "subset": "true"]).count == 3)
    }

    @Test func c27NothingIsLeft() throws {
        try FileManager.default.removeItem(
            atPath: folder.path("BigEarthNet-S2/\(BigEarthNetFixture.tile)"))
        refused(.missing, "expected 4 patches, found 0", ["subset": "true"])
    }
}
