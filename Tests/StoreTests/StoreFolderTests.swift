import Foundation
import Manifests
import Store
import TestSupport
import Testing

/// RELIABILITY C22: folders of shards, and records, that are not what they say.
struct StoreFolderTests {
    private func expectRefusal(
        _ path: String, _ code: StoreError.Code, _ words: String,
        at place: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: StoreError.self, sourceLocation: place) {
            try StoreSource(path)
        }
        #expect(error?.code == code, sourceLocation: place)
        #expect(error?.message.contains(words) == true, "\(error as Any)", sourceLocation: place)
    }

    @Test(arguments: ["1-of-0", "0-of-3", "4-of-3", "-1-of-3", "1-of-99999999999"])
    func shardsThatCannotBe(name: String) throws {
        let folder = try TemporaryFolder()
        try AtomicFile.makeFolder(at: folder.path("store/shards/\(name)"))
        let isNone = name.hasPrefix("-")
        expectRefusal(
            folder.path("store"), isNone ? .missing : .invalid,
            isNone ? "neither data.mdb nor shards" : "shards/\(name) is no shard")
    }

    @Test func aStoreBesideShardsIsRefused() throws {
        let fixture = try PackedFixture()
        #expect(try StoreSource(fixture.path).file(3) == "data.mdb")
        try AtomicFile.makeFolder(at: "\(fixture.path)/shards/1-of-2")
        expectRefusal(fixture.path, .invalid, "data.mdb and shards")
    }

    /// C20: a level above or below the store.
    @Test func theWrongLevelNamesTheRightOne() throws {
        let fixture = try PackedFixture()
        let folder = try #require(fixture.folder)
        expectRefusal(folder.path, .missing, "one level below: use \(fixture.path)")
        try AtomicFile.makeFolder(at: "\(fixture.path)/inner")
        expectRefusal("\(fixture.path)/inner", .missing, "one level above: use \(fixture.path)")
        expectRefusal(folder.path("nothing"), .missing, "make one with matter-bench pack")
        let shard = StoreFolder.shard(1, of: 1, in: folder.path("whole"))
        try PackedFixture.pack(fixture.source, Array(0..<9), to: shard)
        expectRefusal(
            folder.path("whole/shards"), .missing, "one level above: use \(folder.path("whole"))")
    }

    @Test func planesWithoutAPixelAreRefused() throws {
        let folder = try TemporaryFolder()
        let writer = try StoreWriter(folder.path("store"))
        var encoder = RecordEncoder()
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        try writer.commit([
            encoder.encode(
                [SamplePlane(name: "B02", width: 5, height: 0, pixel: .uint16, bytes: nothing)],
                key: "a")
        ])
        try writer.finish([SampleLine(key: "a", split: nil, target: .none, records: ["a"])])
        let reader = try StoreSource(folder.path("store")).reader()
        let error = #expect(throws: StoreError.self) {
            try reader.read(0, planes: nil) { _ in Issue.record("was read") }
        }
        #expect(error?.code == .invalid && error?.message.contains("[0, 5]") == true)
    }
}
