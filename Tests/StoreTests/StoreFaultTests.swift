import Foundation
import Geo
import Manifests
import Store
import TestSupport
import Testing

/// RELIABILITY C22, C24, C26: stores that are damaged, and what happens to them while they are read.
struct StoreFaultTests {
    private static func readAll(_ path: String) throws -> [String: [UInt8]] {
        try PackedFixture.contents(of: StoreSource(path))
    }

    private static func code(_ body: () throws -> Void) -> ExitCode? {
        do {
            try body()
            return nil
        } catch { return (error as? any ExitCoded)?.exitCode ?? .bug }
    }

    /// C22: cut off anywhere.
    @Test func aStoreThatIsCutOffIsRefused() throws {
        let fixture = try PackedFixture()
        let whole = try WholeFile.read(fixture.data)
        for part in 0..<64 {
            try AtomicFile.write(Array(whole[..<(whole.count * part / 64)]), to: fixture.data)
            #expect(Self.code { _ = try StoreSource(fixture.path) } == .badData, "\(part)/64")
        }
    }

    /// C22: heads, pages and entries that lie: whatever is flipped, nothing is read that was not packed.
    @Test func flippedBytesAreNeverBelieved() throws {
        let fixture = try PackedFixture(count: 60, group: 20)
        let whole = try WholeFile.read(fixture.data)
        let contents = try Self.readAll(fixture.path)
        var generator = SplitMix64(seed: 3)
        var refused = 0
        for round in 0..<400 {
            var bytes = whole
            // Heads and tree are a few pages only: half of the flips go to the two at the front and the two at the back.
            let reach = round % 2 == 0 ? min(whole.count, 4 * 4096) : whole.count
            for _ in 0..<(1 + round % 3) {
                var place = generator.nextInt(below: reach)
                if place >= 2 * 4096 { place += whole.count - reach }
                bytes[place] ^= UInt8(1 + generator.nextInt(below: 255))
            }
            try AtomicFile.write(bytes, to: fixture.data)
            let found: [String: [UInt8]]
            do { found = try Self.readAll(fixture.path) } catch {
                #expect((error as? any ExitCoded)?.exitCode == .badData, "round \(round): \(error)")
                refused += 1
                continue
            }
            #expect(found == contents, "round \(round)")
        }
        #expect(refused > 50)
    }

    /// C22: what is no LMDB file of ours.
    @Test func strangeFilesAreRefused() throws {
        let fixture = try PackedFixture()
        let whole = try WholeFile.read(fixture.data)
        for bytes in [[], Array("SQLite format 3".utf8), [UInt8](repeating: 0xFF, count: 20000)] {
            try AtomicFile.write(bytes as [UInt8], to: fixture.data)
            #expect(Self.code { _ = try StoreSource(fixture.path) } == .badData)
        }
        for (offset, value) in [(16, 0), (20, 2), (16 + 24, 3), (16 + 120, 255)] {
            var bytes = whole
            for head in [0, 4096] { bytes[head + offset] = UInt8(value) }
            try AtomicFile.write(bytes, to: fixture.data)
            #expect(Self.code { _ = try StoreSource(fixture.path) } == .badData, "\(offset)")
        }
        try FileManager.default.removeItem(atPath: fixture.data)
        #expect(Self.code { _ = try StoreSource(fixture.path) } == .inputMissing)
    }

    /// C22: the medium is read-only, or belongs to somebody else: reading needs no lock and writes nothing.
    @Test func readingWritesNothing() throws {
        let fixture = try PackedFixture()
        let before = fixture.folder?.files()
        chmod(fixture.data, 0o444)
        chmod(fixture.path, 0o555)
        defer { chmod(fixture.path, 0o755) }
        #expect(try Self.readAll(fixture.path).count == 45)
        #expect(try StoreVerification(fixture.path).run()?.faults == [])
        #expect(fixture.folder?.files() == before)
    }

    /// C22: a stale lock of a process that died is no obstacle.
    @Test func aStaleLockIsTakenOver() throws {
        let fixture = try PackedFixture()
        try AtomicFile.write("4711 elsewhere\n", to: "\(fixture.path)/.lock")
        let more = MadeSource(count: 12)
        try PackedFixture.pack(more, Array(0..<12), to: fixture.path)
        #expect(try StoreSource(fixture.path).count == 12)
        let first = try StoreWriter(fixture.path)
        let error = #expect(throws: ManifestError.self) { try StoreWriter(fixture.path) }
        #expect(error?.exitCode == .locked)
        withExtendedLifetime(first) {}
    }

    /// C24: a record whose bytes changed is stopped at, as often as was asked for.
    @Test func aChangedRecordIsNotRead() throws {
        let fixture = try PackedFixture()
        var bytes = try WholeFile.read(fixture.data)
        let planes = try #require(fixture.source.bytes(5, "B02")?.bytes)
        let place = try #require(
            (0..<bytes.count - planes.count).first {
                bytes[$0..<$0 + planes.count].elementsEqual(planes)
            })
        bytes[place + 100] ^= 4
        try AtomicFile.write(bytes, to: fixture.data)
        for proof in [StoreProof.first, .always] {
            let reader = try StoreSource(fixture.path, proof: proof).reader()
            try reader.read(4, planes: nil) { _ in }
            for _ in 0..<2 {
                let error = #expect(throws: StoreError.self) {
                    try reader.read(5, planes: nil) { _ in Issue.record("was read") }
                }
                #expect(error?.exitCode == .badData && error?.key == "sample-1005")
            }
        }
        try StoreSource(fixture.path, proof: .never).reader().read(5, planes: nil) { _ in }
        let faults = try #require(try StoreVerification(fixture.path).run()).faults
        #expect(faults.count == 1 && faults[0].contains("sample-1005"))
    }

    /// Packing that was not finished has no list of samples; what its sidecars do not know is not read.
    @Test func halfAStoreIsNoStore() throws {
        let fixture = try PackedFixture()
        let lines = try WholeFile.readText("\(fixture.path)/records.jsonl")
        try FileManager.default.removeItem(atPath: "\(fixture.path)/samples.jsonl")
        #expect(Self.code { _ = try StoreSource(fixture.path) } == .badData)
        try PackedFixture.pack(fixture.source, Array(0..<9), to: fixture.path)
        #expect(try StoreSource(fixture.path).count == 9)
        let shorter = lines.split(separator: "\n").dropFirst().joined(separator: "\n") + "\n"
        try AtomicFile.write(shorter, to: "\(fixture.path)/records.jsonl")
        #expect(Self.code { _ = try StoreSource(fixture.path) } == .badData)
        try AtomicFile.write(lines + "{\"key\":3}\n", to: "\(fixture.path)/records.jsonl")
        #expect(Self.code { _ = try StoreSource(fixture.path) } == .badData)
    }

    /// A list of samples that was cut off, and targets that are no flags.
    @Test func aCutOrStrangeListOfSamplesIsRefused() throws {
        let fixture = try PackedFixture()
        let path = "\(fixture.path)/samples.jsonl"
        let lines = try WholeFile.readText(path)
        try AtomicFile.write(String(lines.dropLast()), to: path)
        #expect(Self.code { _ = try StoreSource(fixture.path) } == .badData)
        try AtomicFile.write(String(lines.dropLast(5)), to: path)
        #expect(Self.code { _ = try StoreSource(fixture.path) } == .badData)
        let strange = lines.replacing(/"target":\d/, with: "\"target\":[0,7,0]", maxReplacements: 1)
        try AtomicFile.write(strange, to: path)
        #expect(Self.code { _ = try StoreSource(fixture.path) } == .badData)
        try AtomicFile.write(strange.replacing("[0,7,0]", with: "[0,1,0]"), to: path)
        #expect(try StoreSource(fixture.path).target(0) == .categories([0, 1, 0]))
    }

    /// What may not be read is no store that is missing, and nothing to be packed anew.
    @Test(.enabled(if: getuid() != 0, "root may read everything"))
    func whatIsNotPermittedIsSaid() throws {
        let fixture = try PackedFixture()
        chmod(fixture.data, 0)
        #expect(Self.code { _ = try StoreSource(fixture.path) } == .notPermitted)
        chmod(fixture.data, 0o644)
        chmod(fixture.path, 0)
        defer { chmod(fixture.path, 0o755) }
        #expect(Self.code { _ = try StoreSource(fixture.path) } == .notPermitted)
    }

    /// C26: another file takes the store's name while it is read.
    @Test func aReplacedStoreIsReadToItsEnd() throws {
        let fixture = try PackedFixture()
        let contents = try Self.readAll(fixture.path)
        let store = try StoreSource(fixture.path, proof: .always)
        try AtomicFile.write([UInt8](repeating: 1, count: 9000), to: fixture.data)
        #expect(try PackedFixture.contents(of: store) == contents)
    }

    /// C26: the store is cut short while it is read: an error, no signal.
    @Test func aStoreThatShrinksIsAnError() throws {
        let fixture = try PackedFixture(count: 200)
        let store = try StoreSource(fixture.path)
        truncate(fixture.data, 16 * 4096)
        let reader = store.reader()
        let codes = (0..<200).map { index in
            Self.code { try reader.read(index, planes: nil) { _ in } }
        }
        #expect(codes.contains(.badData))
        #expect(codes.allSatisfy { $0 == nil || $0 == .badData })
    }
}
