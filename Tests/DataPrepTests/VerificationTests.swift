import DataPrep
import Foundation
import Geo
import Manifests
import Store
import TestSupport
import Testing

/// `verify` finds whatever is not as it was left, and a re-run puts just that right.
@Suite struct VerificationTests {
    private static func finished(in folder: TemporaryFolder) throws -> PrepJob {
        var settings = PrepJobTests.settings
        settings.normalises = true
        settings.writesNormalised = true
        let job = try PrepJobTests.job(in: folder, unchanged: settings)
        _ = try job.run()
        return job
    }

    private static func faults(_ folder: TemporaryFolder) throws -> [String] {
        let proof = try PrepVerification(folder: folder.path("out"))
        #expect(!proof.isUnfinished)
        return proof.faults
    }

    /// A bit of every single file but LMDB's own pages and the lock: found, and named.
    @Test func aFlippedBitOfAnyFileIsFound() throws {
        let folder = try TemporaryFolder()
        _ = try Self.finished(in: folder)
        #expect(try Self.faults(folder).isEmpty)
        var generator = SplitMix64(seed: 3)
        let files = folder.files().filter {
            $0.hasPrefix("out/") && !$0.hasSuffix(".mdb") && !$0.hasSuffix(".log")
        }
        #expect(files.count > 80)
        for file in files {
            let path = folder.path(file)
            let whole = try WholeFile.read(path)
            guard !whole.isEmpty else { continue }
            var bytes = whole
            bytes[Int(generator.next() % UInt64(bytes.count))] ^= 1 << (generator.next() % 8)
            try AtomicFile.write(bytes, to: path)
            let found = Result { try PrepVerification(folder: folder.path("out")) }
            if case .success(let proof) = found {
                #expect(!proof.faults.isEmpty || proof.isUnfinished, "\(file)")
            }
            try AtomicFile.write(whole, to: path)
        }
        #expect(try Self.faults(folder).isEmpty)
    }

    /// What is damaged is rebuilt with its own bytes, and nothing else is touched.
    @Test(arguments: [
        "tiles/r/0_0/20210602T101031.tif", "quicklooks/r/1_0/20210601T101031.png",
        "leftout.jsonl", "alignment/r.json", "unchanged/tiles/r/0_1.tif",
        "unchanged/quicklooks/r/0_1.png", "unchanged/pairs.jsonl", "unchanged/normalisation.jsonl",
        "unchanged/normalised/r/0_0/20210602T101031.tif", "published/stac/collection.json",
        "published/peo/r/crop_0001/20210602T101031/B04.tif",
        "published/peo/r/crop_0001/unchanged.tif",
    ]) func aReRunRebuildsWhatIsDamaged(victim: String) throws {
        let folder = try TemporaryFolder()
        let job = try Self.finished(in: folder)
        let before = try SmallSeries.tree(folder, below: "out/")
        let path = folder.path("out/\(victim)")
        for isGone in [false, true] where !isGone || victim.hasSuffix(".tif") {
            if isGone {
                try FileManager.default.removeItem(atPath: path)
            } else {
                var bytes = try WholeFile.read(path)
                if bytes.isEmpty { bytes = [10] } else { bytes[bytes.count / 2] ^= 1 }
                try AtomicFile.write(bytes, to: path)
            }
            let faults = try Self.faults(folder)
            let name = victim.hasPrefix("tiles/") ? "r/0_0/20210602T101031" : victim
            #expect(faults.contains { $0.hasPrefix(name) }, "\(faults)")
            let report = try job.run()
            #expect(report.tiles.written <= (victim.hasPrefix("unchanged") ? 0 : 1))
            #expect((report.unchanged?.written ?? 9) <= 1)
            #expect(try SmallSeries.tree(folder, below: "out/") == before)
            #expect(try Self.faults(folder).isEmpty)
        }
    }

    /// A list that cannot be read proves nothing, so that all is made anew; a record that was changed is told.
    @Test func aDamagedListOrRecordIsTold() throws {
        let folder = try TemporaryFolder()
        let job = try PrepJobTests.job(in: folder, unchanged: nil, formats: [])
        _ = try job.run()
        let before = try SmallSeries.tree(folder, below: "out/")
        try AtomicFile.write("no list\n", to: folder.path("out/files.jsonl"))
        #expect(try job.run().tiles.written == 16)
        #expect(try SmallSeries.tree(folder, below: "out/") == before)
        let path = folder.path("out/run.json")
        let text = try WholeFile.readText(path)
        try AtomicFile.write(
            text.replacing("\"tileSize\": 128", with: "\"tileSize\": 129"), to: path)
        #expect(try WholeFile.readText(path) != text)
        let error = #expect(throws: PrepError.self) { try job.run() }
        #expect(error?.code == .configuration)
        #expect(error?.message.contains("which was changed since the run") == true)
    }

    /// A folder of scenes is none of tiles.
    @Test func aFolderOfAnotherProgramIsRefused() throws {
        let folder = try TemporaryFolder()
        try RunRecord(program: "matter-prep fetch", plan: [:]).write(to: folder.path)
        let error = #expect(throws: PrepError.self) { try PrepVerification(folder: folder.path) }
        #expect(error?.message.contains("matter-prep fetch") == true)
    }

    /// A sample that is another, gone, or of no tile.
    @Test func damageInTheStoreIsFoundAndRebuilt() throws {
        let folder = try TemporaryFolder()
        let job = try Self.finished(in: folder)
        let keys = ["r/0_0/20210601T101031", "r/0_1/20210602T101031"]
        do {
            let store = try SampleStore(folder.path("out/store"), for: .writing)
            try store.put(store.sample("r/1_1/20210601T101031"), for: keys[0])
            try store.remove(keys[1])
            try store.put(store.sample(keys[0]), for: "r/9_9/20210601T101031")
        }
        let faults = try Self.faults(folder)
        #expect(faults.count == 3, "\(faults)")
        #expect(faults.contains { $0.hasPrefix("store: the sample \(keys[0]) is not the one") })
        #expect(faults.contains { $0.hasPrefix("\(keys[1]): not in the training store") })
        #expect(faults.contains { $0.contains("r/9_9/20210601T101031 is none of a tile") })
        #expect(try job.run().tiles.written == 2)
        #expect(try Self.faults(folder).count == 1)
    }

    @Test func missingAndForeignFilesAreNamed() throws {
        let folder = try TemporaryFolder()
        _ = try Self.finished(in: folder)
        try AtomicFile.write("x", to: folder.path("out/tiles/notes.txt"))
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("out/link"), withDestinationPath: "/etc")
        try FileManager.default.removeItem(
            atPath: folder.path("out/unchanged/quicklooks/r/0_0.png"))
        try FileManager.default.removeItem(
            atPath: folder.path("out/published/stac/r/0_0/20210601T101031.json"))
        let faults = try Self.faults(folder)
        #expect(faults.count == 4, "\(faults)")
        for name in [
            "tiles/notes.txt: is no part", "link: is no part", "unchanged/quicklooks/r/0_0.png: ",
            "published/stac/r/0_0/20210601T101031.json: ",
        ] { #expect(faults.contains { $0.hasPrefix(name) }, "\(name)") }
    }

    /// Shards below the folder are proven too.
    @Test func shardsAreProven() throws {
        let folder = try TemporaryFolder()
        try PrepJobTests.write(to: folder.path("in"))
        for index in 1...2 {
            _ = try PrepRun(
                PrepPlan(
                    regions: [RegionInput(name: "r", paths: [folder.path("in")])],
                    settings: PrepJobTests.tiles, output: folder.path("out"),
                    shard: Shard(index: index, count: 2))
            ).run()
        }
        _ = try ShardMerge([folder.path("out")], to: folder.path("out")).run()
        #expect(try Self.faults(folder).isEmpty)
        let tile = "shards/2-of-2/tiles/r/0_0/20210603T101031.tif"
        try AtomicFile.write("damaged", to: folder.path("out/\(tile)"))
        let faults = try Self.faults(folder)
        #expect(faults.count == 1 && faults[0].hasPrefix("shards/2-of-2/r/0_0"), "\(faults)")
    }
}
