import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import Store
import Tensors
import TestSupport
import Testing

/// Whole runs over a folder of tiles whose truth is known.
@Suite struct UnchangedRunTests {
    /// Folder, and the truth: 1 where the ground changed between the first and the last date.
    private struct Fixture {
        let folder: TemporaryFolder
        let truth: [UInt8]
    }

    private static let bands: [Sentinel2Band] = [
        .b02, .b03, .b04, .b05, .b06, .b07, .b08, .b8a, .b11, .b12,
    ]
    private static let size = 360

    private static let days = [
        SimulatedDay(2021, 5, 14), SimulatedDay(2021, 6, 8), SimulatedDay(2021, 8, 22),
        SimulatedDay(2022, 4, 19), SimulatedDay(2022, 7, 13), SimulatedDay(2022, 10, 11),
    ]

    /// Six dates of one simulated tile as `matter-prep run` leaves them: store and manifest.
    private static func fixture(seed: UInt64, region: Int = 0) throws -> Fixture {
        let folder = try TemporaryFolder()
        let scene = SimulatedScene.make(
            seed: seed, size: size, options: .region(region), dates: days.count,
            changedFraction: 0.012)
        var records: [TileRecord] = []
        let store = try SampleStore(folder.path("store"), for: .writing)
        for (index, day) in days.enumerated() {
            let image = scene.image(scene.acquisition(day: day, index: index), bands: bands)
            var arrays = [
                "valid": HostArray(
                    [UInt8](repeating: 1, count: size * size), shape: [size, size])
            ]
            for band in bands {
                arrays[band.rawValue] = HostArray(
                    (image.tenMetres(band) ?? []).map { max($0, 1) }, shape: [size, size])
            }
            let record = try record(day, region: "r\(region)")
            try store.put(arrays, for: record.storeKey)
            records.append(record)
        }
        try AtomicFile.write(
            JSONLinesReader.bytes(of: records), to: folder.path("manifest.jsonl"))
        return Fixture(folder: folder, truth: scene.changeMask(from: 0, to: days.count - 1))
    }

    private static func record(_ day: SimulatedDay, region: String) throws -> TileRecord {
        let id = "\(region)/0_0/\(day.compact())T101031"
        return TileRecord(
            id: id, region: region, column: 0, row: 0, date: "\(day.compact("-"))T10:10:31Z",
            path: "tiles/\(id).tif", bytes: 1, sha256: SHA256Digest(of: Array(id.utf8)),
            width: size, height: size, bands: bands.map(\.rawValue), crs: "EPSG:32633",
            transform: [300_000, 10, 0, 5_900_040, 0, -10], validFraction: 1, cloudFraction: 0,
            shift: nil, aligned: true, reason: nil, source: TileRecord.Source(name: "simulated"),
            storeKey: id)
    }

    private static func run(
        _ fixture: Fixture, _ change: (inout UnchangedSettings) -> Void = { _ in }
    ) throws -> UnchangedReport {
        var settings = UnchangedSettings()
        change(&settings)
        return try UnchangedRun(UnchangedPlan(folder: fixture.folder.path, settings: settings))
            .run()
    }

    private static func tree(_ folder: TemporaryFolder) throws -> [String: SHA256Digest] {
        var tree: [String: SHA256Digest] = [:]
        for file in folder.files() where file.hasPrefix("unchanged/") && !file.hasSuffix(".lock") {
            tree[file] = try SHA256Digest(ofFile: folder.path(file))
        }
        return tree
    }

    // MARK: Truth

    /// Recall of change at least 0.95 for at most 5 % of the unchanged ground, pooled over scenes that nothing was tuned on.
    @Test func findsWhatChangedAndKeepsWhatDidNot() throws {
        var (found, changed, lost, unchanged) = (0, 0, 0, 0)
        for seed in [101, 102, 103, 104] as [UInt64] {
            let all = (found, changed, lost, unchanged)
            let fixture = try Self.fixture(seed: seed, region: Int(seed % 3))
            let report = try Self.run(fixture)
            let path = try #require(report.tiles[0].path)
            let raster = try RasterFile(reading: fixture.folder.path("unchanged/\(path)"))
            #expect(
                raster.bandDescriptions == ["no-change probability", "unchanged", "clear dates"])
            let mask = try raster.read(bands: [1], as: UInt8.self).pixels
            for (truth, said) in zip(fixture.truth, mask) where said != 255 {
                if truth == 1 { changed += 1 } else { unchanged += 1 }
                if said == 0 { if truth == 1 { found += 1 } else { lost += 1 } }
            }
            // Each scene by itself.
            let recall = Double(found - all.0) / Double(changed - all.1)
            let loss = Double(lost - all.2) / Double(unchanged - all.3)
            #expect(recall >= 0.95 && loss <= 0.05, "seed \(seed): \(recall), \(loss)")
        }
        let (recall, loss) = (
            Double(found) / Double(changed), Double(lost) / Double(unchanged)
        )
        #expect(recall >= 0.95, "of \(changed) changed pixels")
        #expect(loss <= 0.05, "of \(unchanged) unchanged pixels")
    }

    // MARK: Tables

    @Test func listsPairsWithSeasonAndSun() throws {
        let fixture = try Self.fixture(seed: 101)
        let report = try Self.run(fixture) { $0.smallestScore = 0.5 }
        let tile = report.tiles[0]
        #expect(tile.selected && tile.pairsUsed == 15 && tile.known == 1)
        let pairs = try JSONLinesReader.read(
            TrainingPair.self, from: fixture.folder.path("unchanged/pairs.jsonl")
        ).records
        #expect(pairs.count == 15 && report.trainingPairs == 15)
        #expect(pairs.allSatisfy { $0.clear == 1 && $0.split == "train" })
        let first = try #require(pairs.first)
        #expect(first.keys == ["r0/0_0/20210514T101031", "r0/0_0/20210608T101031"])
        #expect(first.days == 25 && first.seasons == ["spring", "summer"])
        #expect((2...5).contains(first.sunElevationDifference))
        let record = try RunRecord(readingFrom: fixture.folder.path("unchanged"))
        #expect(record.program == "matter-prep unchanged" && record.inputs.count == 1)
        let strict = try Self.fixture(seed: 101)
        #expect(try Self.run(strict) { $0.smallestScore = 1 }.trainingPairs == 0)
    }

    /// A date that another one is made of by known lines is fitted back by them, into a copy.
    @Test func fitsDatesAndLeavesTilesAlone() throws {
        let fixture = try Self.fixture(seed: 101)
        let store = try SampleStore(fixture.folder.path("store"), for: .writing)
        let keys = try store.keys()
        let reference = try store.sample(keys[0])
        var random = SplitMix64(seed: 1)
        var hazy = reference
        for band in Self.bands {
            let values = try #require(try reference[band.rawValue]?.values(as: UInt16.self))
            hazy[band.rawValue] = HostArray(
                values.map { UInt16((0.8 * Double($0) + 300 + 4 * random.nextNormal()).rounded()) },
                shape: [Self.size, Self.size])
        }
        try store.put(hazy, for: keys[1])
        let before = try SHA256Digest(ofFile: fixture.folder.path("store/data.mdb"))
        let report = try Self.run(fixture) {
            $0.normalises = true
            $0.writesNormalised = true
        }
        let fit = try #require(report.tiles[0].fits.first)
        #expect(fit.date == "2021-06-08T10:10:31Z" && fit.reference == "2021-05-14T10:10:31Z")
        #expect(fit.bands.count == 10)
        for line in fit.bands {
            #expect(abs(line.slope - 1.25) < 0.01, "\(line)")
            #expect(abs(line.offset + 375) < 10, "\(line)")
        }
        let copy = try RasterFile(
            reading: fixture.folder.path("unchanged/normalised/\(keys[1]).tif"))
        let pixels = try copy.read(bands: [3], as: UInt16.self).pixels
        let wanted = try #require(try reference["B05"]?.values(as: UInt16.self))
        let errors = zip(pixels, wanted).map { abs(Int($0) - Int($1)) }.sorted()
        #expect(errors[errors.count / 2] <= 10)
        #expect(try SHA256Digest(ofFile: fixture.folder.path("store/data.mdb")) == before)
        #expect(!fixture.folder.files().contains { $0.hasPrefix("tiles/") })
    }

    // MARK: Resuming

    @Test func goesOnWhereItWas() throws {
        let fixture = try Self.fixture(seed: 101)
        #expect(try Self.run(fixture).written == 1)
        let before = try Self.tree(fixture.folder)
        #expect(before.count == 6)
        #expect(try Self.run(fixture).written == 0)
        let victim = fixture.folder.path("unchanged/tiles/r0/0_0.tif")
        var bytes = try WholeFile.read(victim)
        bytes[bytes.count / 2] ^= 1
        try Data(bytes).write(to: URL(filePath: victim))
        #expect(try Self.run(fixture).written == 1)
        #expect(try Self.tree(fixture.folder) == before)
        for table in ["scores.jsonl", "pairs.jsonl"] {
            try FileManager.default.removeItem(atPath: fixture.folder.path("unchanged/\(table)"))
            _ = try Self.run(fixture)
            #expect(try Self.tree(fixture.folder) == before)
        }
    }

    /// A date that comes to a place later is compared there, and nothing else; other settings are refused all the same.
    @Test(arguments: [false, true]) func takesInADateThatWasSetAside(isStopped: Bool) throws {
        struct Stop: Error {}
        let fixture = try Self.fixture(seed: 101)
        let manifest = fixture.folder.path("manifest.jsonl")
        var records = try JSONLinesReader.read(TileRecord.self, from: manifest).records
        // The same ground again, as the next place.
        let store = try SampleStore(fixture.folder.path("store"), for: .writing)
        for var record in records {
            record.id = record.id.replacing("/0_0/", with: "/1_0/")
            (record.column, record.path) = (1, "tiles/\(record.id).tif")
            record.transform[0] += Double(Self.size) * 10
            try store.put(store.sample(record.storeKey), for: record.id)
            record.storeKey = record.id
            records.append(record)
        }
        func run(_ change: (inout UnchangedSettings) -> Void = { _ in }) throws -> [String: Bool] {
            var settings = Self.copying(UnchangedSettings())
            change(&settings)
            var kept: [String: Bool] = [:]
            let plan = try UnchangedPlan(folder: fixture.folder.path, settings: settings)
            _ = try UnchangedRun(
                plan,
                onEvent: { if case .tile(let id, let isKept) = $0 { kept[id] = isKept } }
            ).run()
            return kept
        }
        let late = try #require(records.firstIndex { $0.column == 1 })
        let fewer = records.indices.filter { $0 != late }.map { records[$0] }
        try AtomicFile.write(JSONLinesReader.bytes(of: fewer), to: manifest)
        #expect(try run() == ["r0/0_0": false, "r0/1_0": false])
        try AtomicFile.write(JSONLinesReader.bytes(of: records), to: manifest)
        let error = #expect(throws: PrepError.self) { try run { $0.threshold = 0.2 } }
        #expect(error?.code == .configuration)
        if isStopped {
            let plan = try UnchangedPlan(
                folder: fixture.folder.path, settings: Self.copying(UnchangedSettings()))
            #expect(throws: Stop.self) {
                try UnchangedRun(plan, checkStop: { throw Stop() }).run()
            }
            // What is known is of another manifest: no scores until it ends.
            let scores = fixture.folder.path("unchanged/scores.jsonl")
            #expect(!FileManager.default.fileExists(atPath: scores))
        }
        #expect(try run() == ["r0/0_0": true, "r0/1_0": false])
        let grown = try Self.tree(fixture.folder)
        #expect(try run() == ["r0/0_0": true, "r0/1_0": true])
        try FileManager.default.removeItem(atPath: fixture.folder.path("unchanged"))
        _ = try run()
        #expect(try Self.tree(fixture.folder) == grown)
    }

    /// The same settings, and fitted copies written.
    private static func copying(_ settings: UnchangedSettings) -> UnchangedSettings {
        var settings = settings
        (settings.normalises, settings.writesNormalised) = (true, true)
        return settings
    }

    /// A sample that is not the one in the manifest is not compared: what was made of it would be kept.
    @Test func refusesASampleThatChanged() throws {
        let fixture = try Self.fixture(seed: 101)
        let store = try SampleStore(fixture.folder.path("store"), for: .writing)
        let manifest = fixture.folder.path("manifest.jsonl")
        var records = try JSONLinesReader.read(TileRecord.self, from: manifest).records
        for index in records.indices {
            records[index].sampleSHA256 = try store.digest(records[index].storeKey)
        }
        try AtomicFile.write(JSONLinesReader.bytes(of: records), to: manifest)
        #expect(try Self.run(fixture).written == 1)
        try FileManager.default.removeItem(atPath: fixture.folder.path("unchanged"))
        try store.put(store.sample(records[0].storeKey), for: records[1].storeKey)
        let error = #expect(throws: PrepError.self) { try Self.run(fixture) }
        #expect(error?.code == .badData && error?.path == records[1].id)
    }

    @Test func refusesAnotherRunsFolderAndNonsense() throws {
        let fixture = try Self.fixture(seed: 101)
        _ = try Self.run(fixture)
        func code(_ change: @escaping (inout UnchangedSettings) -> Void) -> PrepError.Code? {
            do { _ = try Self.run(fixture, change) } catch { return (error as? PrepError)?.code }
            return nil
        }
        #expect(code { $0.threshold = 0.2 } == .configuration)
        #expect(code { $0.seed = 2 } == .configuration)
        #expect(code { $0.threshold = 2 } == .usage)
        #expect(code { $0.smallestScore = .nan } == .usage)
        #expect(code { $0.window = 4 } == .usage)
        #expect(code { $0.leastCorrelation = -0.1 } == .usage)
        #expect(code { $0.seed = 1 << 63 } == .usage)
        let empty = try TemporaryFolder()
        let error = #expect(throws: PrepError.self) {
            try UnchangedPlan(folder: empty.path, settings: UnchangedSettings())
        }
        #expect(error?.code == .missing)
    }

    // MARK: Undecided

    /// Three places of 64 × 64 pixels on three bands: the first with two dates that differ by a little noise and one that has
    /// nothing in common with them, the second without the like of its first date, the third without the odd one.
    private static func oddDate() throws -> Fixture {
        let (folder, side, names) = (try TemporaryFolder(), 64, ["B02", "B03", "B04"])
        var random = SplitMix64(seed: 3)
        func plane(_ noise: Double, on ground: [Double]) -> [Double] {
            ground.map { $0 + noise * random.nextNormal() }
        }
        let flat = [Double](repeating: 5000, count: side * side)
        let first = names.map { _ in plane(400, on: flat) }
        let dates = [
            first, first.map { plane(40, on: $0) }, names.map { _ in plane(400, on: flat) },
        ]
        let store = try SampleStore(folder.path("store"), for: .writing)
        var records: [TileRecord] = []
        for (column, shown) in [[0, 1, 2], [0, 2], [0, 1]].enumerated() {
            for date in shown {
                var record = try record(days[date], region: "r0")
                record.id = record.id.replacing("/0_0/", with: "/\(column)_0/")
                (record.column, record.path) = (column, "tiles/\(record.id).tif")
                (record.width, record.height, record.bands) = (side, side, names)
                record.transform[0] += Double(column * side) * 10
                record.storeKey = record.id
                var arrays = [
                    "valid": HostArray(
                        [UInt8](repeating: 1, count: side * side), shape: [side, side])
                ]
                for (name, plane) in zip(names, dates[date]) {
                    arrays[name] = HostArray(
                        plane.map { UInt16($0.rounded()) }, shape: [side, side])
                }
                try store.put(arrays, for: record.storeKey)
                records.append(record)
            }
        }
        try AtomicFile.write(
            JSONLinesReader.bytes(of: records), to: folder.path("manifest.jsonl"))
        return Fixture(folder: folder, truth: [])
    }

    /// Dates that have nothing in common tell nothing, however often re-weighting looks for what agrees by chance; a sound pair
    /// beside them says what it says alone.
    @Test(arguments: [1, 30]) func datesWithNothingInCommonAreUndecided(rounds: Int) throws {
        let fixture = try Self.oddDate()
        let report = try Self.run(fixture) {
            ($0.rounds, $0.smallestScore, $0.normalises) = (rounds, 0, true)
        }
        let (both, odd, sound) = (report.tiles[0], report.tiles[1], report.tiles[2])
        #expect(both.pairs.map(\.isUndecided) == [false, true, true] && both.pairsUsed == 1)
        let told = both.pairs[1]
        #expect(told.refusal?.hasPrefix("undecided: ") == true && told.correlations.count == 3)
        #expect(told.correlations.allSatisfy { $0 < 0.2 }, "\(told.correlations)")
        #expect(odd.score == nil && !odd.selected && odd.path == nil && odd.known == 0)
        #expect(odd.fits.map(\.refusal) == odd.pairs.map(\.refusal))
        #expect(report.undecidedPairs == 3 && report.trainingPairs == 2)
        let trained = try JSONLinesReader.read(
            TrainingPair.self, from: fixture.folder.path("unchanged/pairs.jsonl")
        ).records
        #expect(trained.map(\.tile) == [both.tile, sound.tile])
        #expect(trained.allSatisfy { $0.dates == [sound.dates[0], sound.dates[1]] })
        // As if the odd date were not there.
        #expect(both.pairs[0] == sound.pairs[0] && both.score == sound.score && sound.known == 1)
        let masks = try [both, sound].map { tile in
            let path = try #require(tile.path)
            return try RasterFile(reading: fixture.folder.path("unchanged/\(path)"))
                .read(bands: [0, 1], as: UInt8.self).pixels
        }
        #expect(masks[0] == masks[1])
        // What IR-MAD makes of noise where any dates are compared: nearly all of it unchanged.
        try FileManager.default.removeItem(atPath: fixture.folder.path("unchanged"))
        let any = try Self.run(fixture) { ($0.rounds, $0.leastCorrelation) = (rounds, 0) }
        #expect(any.undecidedPairs == 0 && any.tiles[1].score != nil)
        #expect(any.tiles[1].selected || rounds > 1)
    }

    /// Dates that cannot be compared are said and left out; the tile then tells nothing, and is not selected.
    @Test func saysWhyDatesSayNothing() throws {
        let fixture = try Self.fixture(seed: 101)
        let store = try SampleStore(fixture.folder.path("store"), for: .writing)
        let keys = try store.keys()
        let first = try store.sample(keys[0])
        var hidden = first
        hidden["valid"] = HostArray(
            [UInt8](repeating: 0, count: Self.size * Self.size), shape: [Self.size, Self.size])
        try store.put(first, for: keys[1])
        for key in keys.dropFirst(2) { try store.put(hidden, for: key) }
        let tile = try Self.run(fixture).tiles[0]
        #expect(tile.leftOut.count == 4 && tile.leftOut[0].reason == "0 pixels are clear")
        #expect(tile.pairs.count == 1 && tile.pairs[0].refusal?.contains("equal") == true)
        #expect(!tile.selected && tile.score == nil && tile.path == nil && tile.known == 0)
        #expect(try Self.run(fixture).written == 0)
    }
}
