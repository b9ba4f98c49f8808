import Foundation
import Geo
import Manifests
import Raster
import Store
import Tensors
import TestSupport
import Testing

struct StoreSourceTests {
    @Test func samplesComeBackAsTheyWere() throws {
        let fixture = try PackedFixture()
        let store = try StoreSource(fixture.path)
        #expect(store.count == 9 && store.isProvable)
        #expect((0..<9).map(store.key) == (0..<9).map(fixture.source.key))
        #expect((0..<9).map(store.target) == (0..<9).map(fixture.source.target))
        #expect(store.splits == ["train": [0, 2, 4, 6, 8], "test": [1, 3, 5, 7]])
        #expect(
            try PackedFixture.contents(of: store) == PackedFixture.contents(of: fixture.source))
        let reader = store.reader()
        try reader.read(4, planes: ["VV", "B02"]) { planes in
            #expect(planes.map(\.name) == ["VV", "B02"])
        }
        let error = #expect(throws: StoreError.self) {
            try reader.read(4, planes: ["B13"]) { _ in }
        }
        #expect(error?.exitCode == .badData && error?.key == "sample-1004")
    }

    /// The proof that both ways of writing are one: `SampleStore` reads what was packed, and the other way round.
    @Test func theOtherStoreReadsIt() throws {
        let fixture = try PackedFixture()
        let store = try SampleStore(fixture.path, for: .reading)
        #expect(try store.keys() == (0..<9).map(fixture.source.key))
        let arrays = try store.sample("sample-1003")
        let (width, height, bytes) = try #require(fixture.source.bytes(3, "B02"))
        #expect(arrays["B02"]?.shape == [height, width] && arrays["B02"]?.bytes == bytes)
        let folder = try TemporaryFolder()
        let single = try SampleStore(folder.path("single"), for: .writing)
        for index in 0..<9 { try single.put(arrays, for: "k\(index)") }
        let source = try StoreSource(folder.path("single"))
        #expect(source.count == 9 && !source.isProvable && source.splits.isEmpty)
        try source.reader().read(8, planes: ["B02"]) { #expect(Array($0[0].bytes) == bytes) }
    }

    @Test func manySmallAndLargeRecordsAreFound() throws {
        let folder = try TemporaryFolder()
        let writer = try StoreWriter(folder.path("store"))
        let records = (0..<3000).map { index in
            EncodedRecord(
                key: "key-\((index * 7919) % 3000 + 10000)",
                bytes: [UInt8](repeating: UInt8(index % 251), count: index % 23 == 0 ? 9000 : 40))
        }
        for start in stride(from: 0, to: 3000, by: 500) {
            try writer.commit(Array(records[start..<start + 500]))
        }
        #expect(throws: StoreError.self) { try writer.commit([records[0]]) }
        try writer.finish([])
        let lmdb = try SampleStore(folder.path("store"), for: .reading)
        #expect(try lmdb.keys() == records.map(\.key).sorted())
        for record in records {
            #expect(try lmdb.digest(record.key) == record.proof.digest)
        }
        let result = try StoreVerification(folder.path("store")).run()
        // Repeated bytes are no safetensors documents: each is a fault of its own, and no digest is wrong.
        #expect(result?.records == 3000)
        #expect(result?.faults.allSatisfy { $0.contains("not a safetensors file") } == true)
    }

    /// The tree is one of LMDB's, over three levels; LMDB goes on writing where pages are listed as free, and we behind it.
    @Test func anotherProgramGoesOnWriting() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("store")
        let all = (0..<3001).map { index in
            EncodedRecord(
                key: String(repeating: "k", count: 180 + index % 200)
                    + String(10000 + (index * 7919) % 3001),
                bytes: [UInt8](repeating: UInt8(index % 251), count: 1 + index * 3 % 9000))
        }
        for part in [0..<1000, 1000..<2500, 2500..<3001] {
            let writer = try StoreWriter(path)
            try writer.commit(Array(all[part]))
            try writer.finish([])
        }
        func expectAll(_ others: [String]) throws {
            let lmdb = try SampleStore(path, for: .reading)
            #expect(try lmdb.keys() == (others + all.map(\.key)).sorted())
            for record in all { #expect(try lmdb.digest(record.key) == record.proof.digest) }
            #expect(try StoreVerification(path).count == 3001 + others.count)
        }
        try expectAll([])
        let before = try WholeFile.size(of: "\(path)/data.mdb")
        let arrays = ["B02": HostArray([Float](repeating: 1, count: 100), shape: [10, 10])]
        do {
            let lmdb = try SampleStore(path, for: .writing)
            for index in 0..<20 { try lmdb.put(arrays, for: "a\(10 + index)") }
        }
        // The first transaction may not yet use them: what it leaves could still be read.
        #expect(try WholeFile.size(of: "\(path)/data.mdb") <= before + 10 * 4096)
        let others = (0..<20).map { "a\(10 + $0)" }
        try expectAll(others)
        // Small values that LMDB keeps within its pages move to their own.
        let writer = try StoreWriter(path)
        try writer.commit([EncodedRecord(key: "z", bytes: [1, 2, 3])])
        try writer.finish([])
        try expectAll(others + ["z"])
        for other in others {
            #expect(try SampleStore(path, for: .reading).sample(other)["B02"]?.shape == [10, 10])
        }
    }

    /// A journal that tells of records that are not there, or are others, is believed up to the first of them.
    @Test func aJournalIsProvenByTheFile() throws {
        let folder = try TemporaryFolder()
        let source = MadeSource(count: 23)
        let path = folder.path("store")
        try PackedFixture.pack(source, Array(0..<23), to: folder.path("once"))
        for damage in ["cut", "gone", "other"] {
            try PackedFixture.pack(source, Array(0..<12), to: path, isStopped: true)
            let data = "\(path)/data.mdb"
            switch damage {
            case "cut": truncate(data, 9 * 4096)
            case "gone": try FileManager.default.removeItem(atPath: data)
            default:
                var bytes = try WholeFile.read(data)
                bytes[8 * 4096 + 12] ^= 1
                try AtomicFile.write(bytes, to: data)
            }
            try PackedFixture.pack(source, Array(0..<23), to: path)
            for file in ["data.mdb", "records.jsonl", "samples.jsonl"] {
                let bytes = try ["once", "store"].map {
                    try WholeFile.read(folder.path("\($0)/\(file)"))
                }
                #expect(bytes[0] == bytes[1], "\(damage), \(file)")
            }
            try FileManager.default.removeItem(atPath: path)
        }
    }

    @Test func bytesFollowFromTheRecords() throws {
        let folder = try TemporaryFolder()
        let source = MadeSource(count: 23)
        try PackedFixture.pack(source, Array(0..<23), to: folder.path("once"))
        // Stopped after two groups, between records and their lines, and in the middle of a line.
        let path = folder.path("parts")
        try PackedFixture.pack(source, Array(0..<8), to: path, isStopped: true)
        let lines = try WholeFile.readText("\(path)/records.jsonl")
        try AtomicFile.write(String(lines.dropLast(300)), to: "\(path)/records.jsonl")
        try PackedFixture.pack(source, Array(0..<23), to: path)
        for file in ["data.mdb", "records.jsonl", "samples.jsonl"] {
            let bytes = try ["once", "parts"].map {
                try WholeFile.read(folder.path("\($0)/\(file)"))
            }
            #expect(bytes[0] == bytes[1], "\(file)")
        }
        #expect(folder.files().count == 6)
    }

    @Test func anotherSplitIsAppended() throws {
        var source = MadeSource(count: 20)
        source.planes[0] = ("B02", 200, 200, .uint16)
        let folder = try TemporaryFolder()
        let path = folder.path("store")
        try PackedFixture.pack(
            source, stride(from: 1, to: 20, by: 2).map(\.self), to: path)
        let before = try StoreSource(path)
        let contents = try PackedFixture.contents(of: before)
        try PackedFixture.pack(
            source, stride(from: 0, to: 20, by: 2).map(\.self), to: path)
        // Who had it open goes on with what there was.
        #expect(before.count == 10)
        #expect(try PackedFixture.contents(of: before) == contents)
        let after = try StoreSource(path)
        #expect(
            try PackedFixture.contents(of: after) == PackedFixture.contents(of: source))
        #expect(try StoreVerification(path).run()?.faults == [])
        #expect(after.splits.mapValues(\.count) == ["train": 10, "test": 10])
    }

    @Test func shardsAreOneStore() throws {
        let fixture = try PackedFixture(count: 10)
        let folder = try TemporaryFolder()
        let path = folder.path("store")
        for (index, range) in [0..<3, 3..<7, 7..<10].enumerated() {
            try PackedFixture.pack(
                fixture.source, Array(range), to: StoreFolder.shard(index + 1, of: 3, in: path))
            guard index < 2 else { break }
            let error = #expect(throws: StoreError.self) { try StoreSource(path) }
            #expect(error?.exitCode == .inputMissing && error?.message.contains("3/3") == true)
        }
        #expect(
            try PackedFixture.contents(of: StoreSource(path))
                == PackedFixture.contents(of: fixture.source))
        #expect(try StoreVerification(path).run()?.records == 10)
    }

    /// C23: a shard whose first packing was stopped has its heads and no tree: no half of a store is the store.
    @Test func aShardThatWasNotFinishedIsNoStore() throws {
        let fixture = try PackedFixture(count: 10)
        let folder = try TemporaryFolder()
        let path = folder.path("store")
        try PackedFixture.pack(
            fixture.source, Array(0..<5), to: StoreFolder.shard(1, of: 2, in: path))
        let second = StoreFolder.shard(2, of: 2, in: path)
        try PackedFixture.pack(fixture.source, Array(5..<10), to: second, isStopped: true)
        let error = #expect(throws: StoreError.self) { try StoreSource(path) }
        #expect(error?.exitCode == .badData && error?.path == second)
        try PackedFixture.pack(fixture.source, Array(5..<10), to: second)
        #expect(try StoreSource(path).count == 10)
        #expect(
            try StoreSource(path).sampleCounts
                == [StoreFolder.shard(1, of: 2, in: path): 5, second: 5])
    }

    @Test func batchesComeOutOfAStore() throws {
        let fixture = try PackedFixture()
        var plan = BatchPlan(images: [[.init("B02"), .init("B05"), .init("VV")]], batch: 4)
        plan.isShuffled = true
        plan.masks = ["mask"]
        func all(_ source: some SampleSource) throws -> [[Float]] {
            try BatchStream(source, SampleSelection(all: source), plan, epochs: 0..<2).all().map {
                $0.images[0]
            }
        }
        #expect(try all(StoreSource(fixture.path)) == all(fixture.source))
    }

    // MARK: What others wrote

    private static let rico = SharedData.path("bigearthnet/v2/rico-hdl-lmdb")

    /// Every pixel of rico-hdl's store equals its TIFF, and our record of the same planes equals its record, byte for byte.
    @Test(.enabled(if: rico != nil, "needs the shared data"))
    func ricoHDLsStoreIsOurs() throws {
        let store = try StoreSource(try #require(Self.rico))
        #expect(store.count == 2 && !store.isProvable)
        let s2 = "S2A_MSIL2A_20170613T101031_N9999_R022_T33UUP"
        let s1 = "S1A_IW_GRDH_1SDV_20170613T165043"
        let folders = [
            "bigearthnet/v2/BigEarthNet-S1/\(s1)/\(store.key(0))",
            "bigearthnet/v2/BigEarthNet-S2/\(s2)/\(store.key(1))",
        ]
        let raw = try SampleStore(try #require(Self.rico), for: .reading)
        for (index, folder) in folders.enumerated() {
            try store.reader().read(index, planes: nil) { planes in
                #expect(planes.count == [2, 12][index])
                for plane in planes {
                    let path = try #require(
                        SharedData.path("\(folder)/\(store.key(index))_\(plane.name).tif"))
                    let file = try RasterFile(reading: path)
                    #expect(file.size.width == plane.width && file.size.height == plane.height)
                    switch plane.pixel {
                    case .uint16:
                        let pixels = try file.read(as: UInt16.self).pixels
                        #expect(pixels.withUnsafeBytes { $0.elementsEqual(plane.bytes) })
                    default:
                        let pixels = try file.read(as: Float.self).pixels
                        #expect(pixels.withUnsafeBytes { $0.elementsEqual(plane.bytes) })
                    }
                }
                var encoder = RecordEncoder()
                let ours = encoder.encode(planes, key: store.key(index))
                #expect(try raw.digest(ours.key) == ours.proof.digest)
            }
        }
    }
}
