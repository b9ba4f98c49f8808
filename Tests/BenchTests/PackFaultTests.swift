import Bench
import BenchFixtures
import Foundation
import Manifests
import Store
import TestSupport
import Testing

/// What meets a store that is there already: other pixels, journals that are torn, sidecars that lie.
struct PackFaultTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @discardableResult
    private func pack(
        _ dataset: any Dataset, to name: String, _ options: [String: String] = [:],
        split: String? = nil, shard: String? = nil
    ) throws -> PackSummary? {
        var plan = PackPlan(dataset: type(of: dataset).name)
        (plan.split, plan.options) = (split, options)
        plan.shard = try shard.map { try PackShard(argument: $0) }
        return try PackRun(dataset, plan: plan, to: folder.path(name)).run(threads: 2)
    }

    private func open(_ name: String) throws -> PackedStore {
        try PackedStore(at: folder.path(name), options: DatasetOptions())
    }

    private func bytes(_ name: String) throws -> [String: [UInt8]] {
        let files = folder.files().filter { $0.hasPrefix("\(name)/") }
        return Dictionary(
            uniqueKeysWithValues: try files.map {
                (String($0.dropFirst(name.count)), try WholeFile.read(folder.path($0)))
            })
    }

    // MARK: Other pixels

    @Test func pixelsOfOtherOptionsAreRefused() throws {
        let dataset = PackFixture()
        try pack(dataset, to: "store", split: "train")
        let before = try bytes("store")
        expectRefusal(.configuration, "packed with light=day, not light=night", "another folder") {
            try pack(dataset, to: "store", ["light": "night"], split: "test")
        }
        var other = dataset
        other.planes = ["B02"]
        expectRefusal(.configuration, "holds the planes B02, VV, not B02;") {
            try pack(other, to: "store", split: "test")
        }
        #expect(try bytes("store") == before)
        // What is as usual may be said, and samples be chosen in another way.
        let summary = try pack(
            dataset, to: "store", ["light": "day", "subset": "true"], split: "test")
        #expect(summary?.known == 0 && summary?.samples == 10)
        #expect(try open("store").count == 30)
    }

    /// The refusal comes before any file is made.
    @Test func aRefusedFolderStaysAsItIs() throws {
        try pack(PackFixture(), to: "store")
        let record = try WholeFile.read(folder.path("store/run.json"))
        try AtomicFile.makeFolder(at: folder.path("other"))
        try AtomicFile.write(record, to: folder.path("other/run.json"))
        expectRefusal(.configuration, "light=day") {
            try pack(PackFixture(), to: "other", ["light": "night"])
        }
        #expect(try bytes("other") == ["/run.json": record])
    }

    /// Packing that did not come to its end is not gone on with by other pixels.
    @Test func theFirstRecordsSayWhatTheyAreOf() throws {
        try begin("begun", shard: nil, samples: 15)
        var broken = PackFixture()
        broken.failing = 29
        #expect(throws: BenchError.self) { try pack(broken, to: "begun") }
        expectRefusal(.configuration, "packed with light=day, not light=night") {
            try pack(PackFixture(), to: "begun", ["light": "night"])
        }
        try pack(PackFixture(), to: "begun")
        try pack(PackFixture(), to: "whole")
        #expect(try bytes("begun") == bytes("whole"))
    }

    @Test func shardsOfOtherPixelsAreNoStore() throws {
        let chips = try SpaceNetFixture(at: folder.path("chips"))
        let all = ["allTouched": "true"]
        try pack(chips.open(all), to: "store", all, shard: "1/2")
        try pack(chips.open(), to: "store", shard: "2/2")
        expectRefusal(.badData, "packed with several options or planes") { _ = try open("store") }
        try FileManager.default.removeItem(atPath: folder.path("store/shards/2-of-2"))
        try pack(chips.open(all), to: "store", all, shard: "2/2")
        #expect(try open("store").count == 3)
    }

    private func expectOthersRefused(
        of dataset: String, at root: String, _ first: [String: String], _ second: [String: String],
        _ words: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        func data(_ options: [String: String]) throws -> any Dataset {
            try DatasetRegistry.open(dataset, at: root, options: DatasetOptions(options))
        }
        try pack(data(first), to: dataset, first)
        let before = try bytes(dataset)
        expectRefusal(.configuration, words, sourceLocation: sourceLocation) {
            try pack(data(second), to: dataset, second)
        }
        #expect(try bytes(dataset) == before, sourceLocation: sourceLocation)
        #expect(try pack(data(first), to: dataset, first)?.records == 0)
    }

    @Test func everyDataSetNamesWhatItsPixelsDependOn() throws {
        let chips = folder.path("chips")
        _ = try SpaceNetFixture(at: chips)
        try expectOthersRefused(
            of: "spacenet-2", at: chips, ["images": "MUL-PanSharpen"], ["allTouched": "true"],
            "allTouched=false, not allTouched=true")
        let cities = try OSCDFixture(at: folder.path("cities"), train: ["pisa"], test: ["rio"])
        try expectOthersRefused(
            of: "oscd", at: cities.root, [:], ["images": "native"], "images=rect, not images=native"
        )
        let patches = BigEarthNetFixture(at: folder.path("patches"))
        try patches.writeVersion2()
        try BigEarthNetV2Tests.copyTable("metadata", to: patches.root)
        try expectOthersRefused(
            of: "bigearthnet-v2", at: patches.root, [:], ["images": "s1"],
            "images=s2, not images=s1")
    }

    /// What is packed from a store is of the store's own data set and options.
    @Test func packingFromAStoreKeepsItsOptions() throws {
        let chips = try SpaceNetFixture(at: folder.path("chips"))
        let all = ["allTouched": "true"]
        try pack(chips.open(), to: "A")
        try pack(chips.open(all), to: "B", all)
        try pack(open("A"), to: "C")
        #expect(try PackRecord.read(in: folder.path("C"))?.dataset == "spacenet-2")
        expectRefusal(.configuration, "allTouched=false, not allTouched=true") {
            try pack(open("B"), to: "C")
        }
        #expect(try pack(chips.open(), to: "C")?.records == 0)
    }

    /// Two rules of which sample is in which part are not mixed in one store.
    @Test func anotherRuleOfSplitsIsRefused() throws {
        let chips = folder.path("chips")
        _ = try SpaceNetFixture(at: chips)
        try expectOthersRefused(
            of: "spacenet-2", at: chips, [:], ["split": "listing"],
            "split=hash, not split=listing")
    }

    /// A part of the splits in one shard is half of a split in the store.
    @Test func shardsOfOtherSplitsAreNoStore() throws {
        let dataset = PackFixture()
        for shard in ["1/2", "2/2"] {
            try pack(dataset, to: "store", split: "train", shard: shard)
        }
        #expect(try open("store").count == 20)
        try pack(dataset, to: "store", split: "test", shard: "1/2")
        expectRefusal(.badData, "2-of-2", "other splits") { _ = try open("store") }
        try pack(dataset, to: "store", split: "test", shard: "2/2")
        #expect(try open("store").count == 30)
        try FileManager.default.removeItem(atPath: folder.path("store/shards/2-of-2/run.json"))
        expectRefusal(.badData, "2-of-2", "without run.json") { _ = try open("store") }
    }

    // MARK: Torn journals

    /// Records of a part of the samples on the disk and told of, no tree, no list of samples: what a killed run leaves.
    private func begin(_ name: String, shard: String?, samples: Int = 30) throws {
        let dataset = PackFixture()
        let out = shard == nil ? name : "\(name)/shards/1-of-2"
        let writer = try StoreWriter(folder.path(out))
        var records: [EncodedRecord] = []
        for index in 0..<(shard == nil ? samples : 15) {
            for record in dataset.records(index) {
                try dataset.reader().read(index, planes: record.planes) { planes in
                    var encoder = RecordEncoder()
                    records.append(encoder.encode(planes, key: record.key))
                }
            }
        }
        try writer.commit(records)
    }

    @Test(
        "C23: torn anywhere in the journal, between two records of a sample too",
        arguments: [nil, "1/2"])
    func tornJournalsAreGoneOnWith(shard: String?) throws {
        try pack(PackFixture(), to: "whole", shard: shard)
        let whole = try bytes("whole")
        try begin("begun", shard: shard)
        let records = try #require(
            folder.files().first { $0.hasPrefix("begun/") && $0.hasSuffix("records.jsonl") })
        let lines = try WholeFile.readText(folder.path(records))
            .split(separator: "\n", omittingEmptySubsequences: true)
        #expect(lines.count == (shard == nil ? 60 : 30))
        for cut in lines.indices {
            let name = "torn-\(cut)"
            try FileManager.default.copyItem(
                atPath: folder.path("begun"), toPath: folder.path(name))
            let text = lines[..<cut].map { $0 + "\n" }.joined() + lines[cut].prefix(40)
            try AtomicFile.write(
                text, to: folder.path(records.replacing("begun/", with: "\(name)/")))
            let summary = try pack(PackFixture(), to: name, shard: shard)
            #expect(summary?.records == lines.count - cut && summary?.known == cut / 2)
            #expect(try bytes(name) == whole, "cut at \(cut)")
            try FileManager.default.removeItem(atPath: folder.path(name))
        }
    }

    // MARK: Sidecars that lie

    @Test(
        "C22: a journal's numbers are not believed",
        arguments: ["9223372036854775807", "-1", "4294967296"])
    func impossibleSizesAreRefused(bytes: String) throws {
        try begin("begun", shard: nil)
        let path = folder.path("begun/records.jsonl")
        let text = try WholeFile.readText(path)
        let lie = text.replacing(/"bytes":\d+/, with: "\"bytes\":\(bytes)", maxReplacements: 1)
        try AtomicFile.write(lie, to: path)
        expectRefusal(.badData, "records.jsonl", "\"bytes\" is \(bytes)") {
            try pack(PackFixture(), to: "begun")
        }
    }

    @Test("C22: targets of other classes, and a store whose run.json is not there yet")
    func targetsOutsideOfTheClasses() throws {
        try pack(PackFixture(), to: "store")
        let (run, samples) = (folder.path("store/run.json"), folder.path("store/samples.jsonl"))
        let (record, lines) = (try WholeFile.read(run), try WholeFile.readText(samples))
        try FileManager.default.removeItem(atPath: run)
        expectRefusal(.badData, "no run.json", "same matter-bench pack again") {
            _ = try open("store")
        }
        try AtomicFile.write(record, to: run)
        for target in ["25", "[1]", "[0,1,0,1]"] {
            let lie = lines.replacing(
                /"target":\[[01,]*\]/, with: "\"target\":\(target)", maxReplacements: 1)
            try AtomicFile.write(lie, to: samples)
            expectRefusal(.badData, "samples.jsonl, S2_1000", "run.json names 3") {
                _ = try open("store")
            }
        }
        try pack(PackFixture(), to: "store")
        #expect(try open("store").count == 30)
    }

    /// A damaged record of a shard is an error of its own, not a file that is missing.
    @Test func aDamagedShardIsBadData() throws {
        for shard in 1...3 { try pack(PackFixture(), to: "store", shard: "\(shard)/3") }
        let data = folder.path("store/shards/2-of-3/data.mdb")
        var bytes = try WholeFile.read(data)
        let header = Array("\"data_offsets\":[0,24]}}".utf8)
        let place = try #require(
            (0..<bytes.count - header.count).first { bytes[$0...].starts(with: header) })
        bytes[place + 30] ^= 1
        try AtomicFile.write(bytes, to: data)
        let store = try open("store")
        #expect(store.files(0) == ["shards/1-of-3/data.mdb"])
        let report = try #require(
            DatasetCheck(store, at: folder.path("store"), threads: 2).run())
        let errors = report.findings.filter { $0.level == .error }
        #expect(errors.count == 1 && errors.first?.kind == .unreadable, "\(errors)")
        expectRefusal(.badData, "1 errors") { try report.expectSound() }
    }

    /// A store that is cut off while its records are looked up is an error, no signal.
    @Test func aStoreThatShrinksWhileItIsPacked() throws {
        try pack(PackFixture(), to: "store")
        let store = try open("store")
        truncate(folder.path("store/data.mdb"), 4096)
        expectRefusal(.badData, "cut off") { _ = try store.records(29) }
    }
}
