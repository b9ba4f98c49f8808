import Bench
import Foundation
import Geo
import Manifests
import Raster
import Store
import TestSupport
import Testing

/// Our own tiles as a data set.
@Suite struct TilesTests {
    /// Two regions, one tile each, two dates.
    private func tiles(_ folder: TemporaryFolder, bands: [String] = ["B04", "B02"]) throws
        -> [TileRecord]
    {
        var records: [TileRecord] = []
        let size = try PixelSize(width: 12, height: 12)
        for (number, region) in ["berlin", "ankara"].enumerated() {
            for day in 1...2 {
                let transform = try AffineTransform(
                    originX: 500_000 + Double(number) * 10_000, originY: 5_000_000, resolution: 10)
                let path = "tiles/\(region)/0_0/2020-06-0\(day).tif"
                let pixels = (0..<2 * size.count).map { UInt16($0 + day * 1000 + number) }
                let bytes = try RasterWriter.encode(
                    RasterBuffer(size: size, bands: 2, pixels: pixels),
                    grid: GeoGrid(size: size, transform: transform, crs: CRS(epsg: 32633)),
                    as: .cog(), nodata: 0)
                let place = URL(filePath: folder.path(path))
                try AtomicFile.makeFolder(at: place.deletingLastPathComponent().path)
                try AtomicFile.write(bytes, to: folder.path(path))
                records.append(
                    TileRecord(
                        id: "\(region)/0_0/2020-06-0\(day)", region: region, column: 0, row: 0,
                        date: "2020-06-0\(day)T10:00:00Z", path: path, bytes: bytes.count,
                        sha256: SHA256Digest(of: bytes), width: 12, height: 12, bands: bands,
                        crs: "EPSG:32633", transform: transform.gdal, validFraction: 1,
                        cloudFraction: 0,
                        shift: nil, aligned: true, reason: nil, source: .init(name: "made"),
                        storeKey: "\(region)/0_0/2020-06-0\(day)"))
            }
        }
        try write(records, to: folder)
        return records
    }

    private func write(_ records: [TileRecord], to folder: TemporaryFolder) throws {
        try AtomicFile.write(JSONLinesReader.bytes(of: records), to: folder.path("manifest.jsonl"))
    }

    private func open(_ folder: TemporaryFolder) throws -> TilesDataset {
        try TilesDataset(at: folder.path, options: DatasetOptions())
    }

    @Test func tilesAreSamplesInTheOrderOfTheirIds() throws {
        let folder = try TemporaryFolder()
        _ = try tiles(folder)
        let data = try open(folder)
        #expect(
            (0..<data.count).map(data.key) == [
                "ankara/0_0/2020-06-01", "ankara/0_0/2020-06-02", "berlin/0_0/2020-06-01",
                "berlin/0_0/2020-06-02",
            ])
        #expect(data.planes == ["B04", "B02"])
        #expect(data.splits == ["train": [0, 1, 2, 3]])
        try data.reader().read(1, planes: ["B02", "B04"]) { planes in
            #expect(planes.map(\.name) == ["B02", "B04"])
            #expect(planes[0].bytes.loadUnaligned(as: UInt16.self) == 144 + 2001)
            #expect(planes[1].bytes.loadUnaligned(as: UInt16.self) == 2001)
        }
        try data.reader().read(0, planes: nil) { #expect($0.map(\.name) == ["B02", "B04"]) }
        #expect(DatasetCheck(data, at: folder.path).run()?.isSound == true)
        #expect(try data.footprint(2)?.bounds == [500_000, 4_999_880, 500_120, 5_000_000])
    }

    @Test func theSplitIsThatOfThePairs() throws {
        let folder = try TemporaryFolder()
        _ = try tiles(folder)
        try AtomicFile.makeFolder(at: folder.path("unchanged"))
        let lines = [
            #"{"tile": "berlin/0_0", "split": "train"}"#,
            #"{"tile": "ankara/0_0", "split": "val"}"#,
        ]
        try AtomicFile.write(
            lines.joined(separator: "\n") + "\n", to: folder.path("unchanged/pairs.jsonl"))
        #expect(try open(folder).splits == ["val": [0, 1], "train": [2, 3]])
        try AtomicFile.write(
            (lines + [#"{"tile": "ankara/1_0", "split": "train"}"#]).joined(separator: "\n") + "\n",
            to: folder.path("unchanged/pairs.jsonl"))
        expectRefusal(.badData, "pairs.jsonl", "ankara", "in val and in train") {
            _ = try open(folder)
        }
    }

    @Test(
        "C1, C6, C7, C17, C20: tiles that are missing, of another size or band, named twice, or elsewhere"
    )
    func brokenTiles() throws {
        let folder = try TemporaryFolder()
        let records = try tiles(folder)
        expectRefusal(.inputMissing, "manifest.jsonl", "one level above: use \(folder.path)") {
            _ = try TilesDataset(at: folder.path("tiles"), options: DatasetOptions())
        }
        var changed = records
        changed[0].bands = ["B03", "B02"]
        try write(changed, to: folder)
        expectRefusal(.badData, "berlin/0_0/2020-06-01", "B03, B02") { _ = try open(folder) }
        try write(records + [records[0]], to: folder)
        expectRefusal(.badData, "berlin/0_0/2020-06-01 stands twice") { _ = try open(folder) }
        changed = records
        changed[0].path = "../elsewhere.tif"
        try write(changed, to: folder)
        expectRefusal(.badData, "leaves the folder") { _ = try open(folder) }
        changed = records
        changed[0].width = 13
        try write(changed, to: folder)
        expectRefusal(.badData, "12×12 pixels", "13×12") { try open(folder).readAll() }
        try write([], to: folder)
        expectRefusal(.badData, "names no tile") { _ = try open(folder) }
        try write(records, to: folder)
        try FileManager.default.removeItem(atPath: folder.path(records[0].path))
        expectRefusal(.inputMissing, records[0].path) { try open(folder).readAll() }
        expectRefusal(.configuration, "has no option x") {
            _ = try TilesDataset(at: folder.path, options: DatasetOptions(["x": "y"]))
        }
    }

    // MARK: Labels

    private func labels(_ lines: [String], _ folder: TemporaryFolder) throws -> TilesDataset {
        let path = folder.path("labels.jsonl")
        try AtomicFile.write(lines.map { $0 + "\n" }.joined(), to: path)
        return try TilesDataset(
            at: folder.path, options: DatasetOptions(["labels": path]))
    }

    @Test func labelsMakeTilesALabelledDataSet() throws {
        let folder = try TemporaryFolder()
        _ = try tiles(folder)
        let one = try labels(
            [
                #"{"tile": "berlin/0_0/2020-06-01", "label": "water", "split": "test"}"#,
                #"{"tile": "ankara/0_0/2020-06-02", "label": "forest"}"#,
            ], folder)
        #expect(one.classes == ["forest", "water"])
        #expect((0..<4).map(one.target) == [.none, .category(0), .category(1), .none])
        #expect(one.splits == ["train": [1], "test": [2]])
        #expect(one.remarks.contains { $0.hasPrefix("2 tiles have no label") })
        let many = try labels(
            [#"{"tile": "berlin/0_0/2020-06-01", "labels": ["water", "forest"]}"#], folder)
        #expect(many.target(2) == .categories([1, 1]))
    }

    /// All dates of a tile are one place: no interval takes them for witnesses of their own.
    @Test func theDatesOfATileAreOneGroup() throws {
        let folder = try TemporaryFolder()
        _ = try tiles(folder)
        let path = folder.path("labels.jsonl")
        let lines = [("ankara", "train"), ("berlin", "test")].flatMap { region, split in
            (1...2).map { day in
                #"{"tile": "\#(region)/0_0/2020-06-0\#(day)", "label": "\#(day)", "split": "\#(split)"}"#
            }
        }
        try AtomicFile.write(lines.map { $0 + "\n" }.joined(), to: path)
        var plan = TaskPlan(.classification)
        (plan.data.dataset, plan.data.crop, plan.data.validation) = ("tiles", 12, .none)
        plan.data.options = ["labels": path]
        plan.head.kind = .knn
        (plan.encoder.strides, plan.encoder.stem) = ([2], .method)
        _ = try TaskRun(
            plan: plan, paths: TaskPaths(data: folder.path, output: folder.path("RUN"))
        ).run()
        let task = try JSONValue.parse(WholeFile.read(folder.path("RUN/task.json")))
        #expect(
            task["items"]?.array?.map { $0["group"]?.string } == ["berlin/0_0", "berlin/0_0"])
    }

    /// Files whose last line was cut, or has no end, are never read as shorter ones.
    @Test func linesWithoutAnEndAreRefused() throws {
        let folder = try TemporaryFolder()
        _ = try tiles(folder)
        let path = folder.path("labels.jsonl")
        try AtomicFile.write(#"{"tile": "berlin/0_0/2020-06-01", "label": "water"}"#, to: path)
        expectRefusal(.badData, "labels.jsonl", "last line") {
            _ = try TilesDataset(at: folder.path, options: DatasetOptions(["labels": path]))
        }
        let manifest = try WholeFile.readText(folder.path("manifest.jsonl"))
        try AtomicFile.write(String(manifest.dropLast(9)), to: folder.path("manifest.jsonl"))
        expectRefusal(.badData, "manifest.jsonl", "last line") { _ = try open(folder) }
    }

    /// Tiles without a label are in no split, rightly.
    @Test func partlyLabelledTilesAreSound() throws {
        let folder = try TemporaryFolder()
        _ = try tiles(folder)
        let data = try labels(
            [#"{"tile": "berlin/0_0/2020-06-01", "label": "water"}"#], folder)
        let report = try #require(DatasetCheck(data, at: folder.path, threads: 1).run())
        #expect(report.isSound, "\(report.findings)")
        #expect(report.findings.contains { $0.text == "3 samples belong to no split" })
    }

    @Test(arguments: [
        ([#"{"tile": "rome/0_0/2020-06-01", "label": "a"}"#], "rome"),
        ([#"{"tile": "berlin/0_0/2020-06-01"}"#], "labels"),
        (
            [
                #"{"tile": "berlin/0_0/2020-06-01", "label": "a"}"#,
                #"{"tile": "berlin/0_0/2020-06-01", "label": "a"}"#,
            ], "twice"
        ),
    ])
    func wrongLabelsAreRefused(_ lines: [String], _ word: String) throws {
        let folder = try TemporaryFolder()
        _ = try tiles(folder)
        expectRefusal(.badData, "labels.jsonl", word) { _ = try labels(lines, folder) }
    }
}
