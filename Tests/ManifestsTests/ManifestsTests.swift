import Foundation
import Glibc
import Manifests
import TestSupport
import Testing

@Suite struct AtomicFileTests {
    @Test func replacesAndLeavesNothingBeside() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("a.txt")
        try AtomicFile.write("one", to: path)
        try AtomicFile.write("two", to: path)
        #expect(try WholeFile.readText(path) == "two")
        #expect(folder.files() == ["a.txt"])
    }

    /// Large files go past the system's cache, in units of the disk; whatever is over goes as small ones do.
    @Test(arguments: [0, 1, 4095, 4096, 4097, 1 << 20, 3 << 20 | 123, 3 << 20 | 4096])
    func keepsFilesOfAnySize(more: Int) throws {
        let folders = ["/dev/shm", NSTemporaryDirectory()].filter {
            FileManager.default.isWritableFile(atPath: $0)
        }
        let bytes = (0..<(1 << 20) - 1 + more).map { UInt8(truncatingIfNeeded: $0 &* 40503 >> 9) }
        for folder in folders {
            let path = "\(folder)/matter-test-\(getpid())-\(more)"
            defer { unlink(path) }
            // What a killed writer left is longer.
            try Data(count: 2 * bytes.count).write(to: URL(filePath: "\(path).other"))
            rename("\(path).other", "\(folder)/.matter-test-\(getpid())-\(more).partial")
            try AtomicFile.write(bytes, to: path)
            #expect(try WholeFile.read(path) == bytes)
            let other = Array(bytes.dropLast().reversed())
            try AtomicFile.write(other, to: path)
            #expect(try SHA256Digest(ofFile: path) == SHA256Digest(of: other))
        }
    }

    @Test func writesOverWhatAKilledWriterLeft() throws {
        let folder = try TemporaryFolder()
        try Data("a long torn rest".utf8).write(to: URL(filePath: folder.path(".a.partial")))
        try AtomicFile.write("new", to: folder.path("a"))
        #expect(try WholeFile.readText(folder.path("a")) == "new")
        #expect(folder.files() == ["a"])
        try Data("x".utf8).write(to: URL(filePath: folder.path(".b.partial")))
        try AtomicFile.removeLeftovers(in: folder.path)
        #expect(folder.files() == ["a"])
    }

    /// The end of the last whole line is found from the end, however long what is torn is.
    @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 200_000])
    func cutsOffATornTail(length: Int) throws {
        let folder = try TemporaryFolder()
        let path = folder.path("a.jsonl")
        for whole in ["", "[1]\n[2]\n"] {
            let torn = String(repeating: "x", count: length)
            try Data((whole + torn).utf8).write(to: URL(filePath: path))
            try JSONLinesWriter(appendingTo: path).append(.integer(3))
            #expect(try WholeFile.readText(path) == whole + "3\n")
        }
    }

    @Test func keepsTheOldFileWhenItFails() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("a")
        try AtomicFile.write("old", to: path)
        // A folder with the partial file's name keeps any partial file from being made.
        try AtomicFile.makeFolder(at: folder.path(".a.partial"))
        let error = #expect(throws: ManifestError.self) { try AtomicFile.write("new", to: path) }
        #expect(error?.exitCode == .cannotCreate)
        #expect(try WholeFile.readText(path) == "old")
    }

    @Test func neverReplacesLinksDevicesOrFolders() throws {
        let folder = try TemporaryFolder()
        try AtomicFile.write("kept", to: folder.path("target"))
        let link = folder.path("link")
        #expect(symlink(folder.path("target"), link) == 0)
        for path in [link, folder.path] {
            let error = #expect(throws: ManifestError.self) { try AtomicFile.write("x", to: path) }
            #expect(error?.exitCode == .cannotCreate)
        }
        #expect(try WholeFile.readText(folder.path("target")) == "kept")
        try AtomicFile.write("gone", to: "/dev/null")
        let full = #expect(throws: ManifestError.self) {
            try AtomicFile.write("x", to: "/dev/full")
        }
        #expect(full?.exitCode == .io)
        var status = stat()
        #expect(lstat("/dev/full", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
    }

    @Test func namesTheFolderThatIsMissing() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("none/a")
        let error = #expect(throws: ManifestError.self) { try AtomicFile.write("x", to: path) }
        #expect(error?.exitCode == .cannotCreate)
        #expect(error?.path == path)
        let long = String(repeating: "n", count: 255)
        try AtomicFile.write("x", to: folder.path(long))
        #expect(folder.files() == [long])
    }

    @Test func manyWritersTakeTurns() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("a")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    for _ in 0..<10 {
                        try AtomicFile.write(String(repeating: "\(writer)", count: 9999), to: path)
                    }
                }
            }
            try await group.waitForAll()
        }
        let text = try WholeFile.readText(path)
        #expect(text.count == 9999 && Set(text).count == 1)
        #expect(folder.files() == ["a"])
    }
}

@Suite struct SHA256Tests {
    /// FIPS 180-2, appendix B.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func agreesWithTheStandard(text: String, hex: String) {
        #expect(SHA256Digest(of: Array(text.utf8)).hex == hex)
    }

    @Test func readsFilesInPieces() throws {
        let folder = try TemporaryFolder()
        let bytes = (0..<3_000_001).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try AtomicFile.write(bytes, to: folder.path("a"))
        #expect(try SHA256Digest(ofFile: folder.path("a")) == SHA256Digest(of: bytes))
        let error = #expect(throws: ManifestError.self) {
            try SHA256Digest(ofFile: folder.path("b"))
        }
        #expect(error?.exitCode == .inputMissing)
    }
}

@Suite struct FolderLockTests {
    @Test func letsOnlyOneIn() throws {
        let folder = try TemporaryFolder()
        let lock = try FolderLock(folder: folder.path)
        let error = #expect(throws: ManifestError.self) { try FolderLock(folder: folder.path) }
        #expect(error?.exitCode == .locked)
        #expect(error?.description.contains("process \(getpid())") == true)
        withExtendedLifetime(lock) {}
    }

    @Test func leavesNothingBehindAndTakesOverFromTheDead() throws {
        let folder = try TemporaryFolder()
        try AtomicFile.write("999999\n", to: folder.path(".lock"))
        do {
            let lock = try FolderLock(folder: folder.path)
            withExtendedLifetime(lock) {}
        }
        #expect(folder.files().isEmpty)
    }

    /// Another host's lock, as NFS shows it: named while it is held, taken over by its name when it is gone.
    @Test func namesAnotherHost() throws {
        let folder = try TemporaryFolder()
        let path = folder.path(".lock")
        try AtomicFile.write("4711 node7\n", to: path)
        let other = open(path, O_RDWR | O_CLOEXEC)
        #expect(flock(other, LOCK_EX | LOCK_NB) == 0)
        let error = #expect(throws: ManifestError.self) { try FolderLock(folder: folder.path) }
        #expect(error?.exitCode == .locked)
        #expect(error?.message.contains("in use by process 4711 on node7 for ") == true)
        close(other)
        let lock = try FolderLock(folder: folder.path)
        #expect(lock.formerHolder == "4711 on node7")
        #expect(try WholeFile.readText(path).hasPrefix("\(getpid()) "))
        withExtendedLifetime(lock) {}
    }
}

@Suite struct RecordTests {
    @Test(arguments: [nil, 0, 42, UInt64.max])
    func runRecordsReadBackAndSortTheirInputs(seed: UInt64?) throws {
        let folder = try TemporaryFolder()
        let digest = SHA256Digest(of: [1, 2, 3] as [UInt8])
        let record = RunRecord(
            program: "matter-prep run", plan: ["tile": 1096, "regions": ["b", "a"]], seed: seed,
            inputs: ["b", "a"].map { InputDigest(path: $0, bytes: 3, sha256: digest) })
        try record.write(to: folder.path)
        #expect(try RunRecord(readingFrom: folder.path) == record)
        var other = record
        other.libraries = ["GDAL": "3.6.2"]
        try other.write(to: folder.path)
        let read = try RunRecord(readingFrom: folder.path)
        #expect(read == record && read.hashValue == record.hashValue)
        #expect(read.libraries == other.libraries)
        #expect(record.inputs.map(\.path) == ["a", "b"])
    }

    @Test func tileRecordsWriteEveryField() throws {
        var record = TileRecord(
            id: "r/0_1/d", region: "r", column: 0, row: 1, date: "2020-06-01T10:30:00Z",
            path: "tiles/r/0_1/d.tif", bytes: 9, sha256: SHA256Digest(of: [] as [UInt8]),
            width: 2, height: 3, bands: ["B02"], crs: "EPSG:32633",
            transform: [0, 10, 0, 0, 0, -10], validFraction: 1, cloudFraction: 0, shift: nil,
            aligned: false, reason: nil, source: .init(name: "S"), storeKey: "r/0_1/d")
        let plain = try JSONValue.parse(encodeCanonicalJSON(record))
        #expect(plain["baseline"] == nil && plain["sunElevation"] == nil)
        #expect(plain["viewIncidence"] == nil)
        record.baseline = "05.09"
        (record.addedOffset, record.quantification) = ([-1000], [10000])
        (record.sunElevation, record.sunAzimuth) = (50.25, 150)
        (record.viewIncidence, record.viewAzimuth) = (8.5, 290)
        let bytes = try encodeCanonicalJSON(record)
        let json = try JSONValue.parse(bytes)
        #expect(json["shift"] == .null && json["reason"] == .null)
        #expect(try decodeStrictJSON(TileRecord.self, from: bytes) == record)
    }
}

@Suite struct SharedFileTests {
    /// However it is shared: the same bytes, nothing beside it, and neither file is bound to the other's fate.
    @Test func sharesAndKeepsBothWhole() throws {
        let folder = try TemporaryFolder()
        let (source, target) = (folder.path("source"), folder.path("target"))
        try AtomicFile.write("one", to: source)
        try Data("a torn rest".utf8).write(to: URL(filePath: folder.path(".target.partial")))
        let sharing = try AtomicFile.share(source, to: target)
        #expect(sharing != .copy)
        #expect(try AtomicFile.share(source, to: target) == sharing)
        #expect(folder.files() == ["source", "target"])
        try AtomicFile.write("two", to: source)
        #expect(try WholeFile.readText(target) == "one")
        try AtomicFile.share(source, to: target)
        #expect(try WholeFile.readText(target) == "two")
        try FileManager.default.removeItem(atPath: source)
        #expect(try WholeFile.readText(target) == "two")
    }

    private static let hasAnotherFileSystem: Bool = {
        func device(_ path: String) -> Int? {
            try? FileManager.default.attributesOfItem(atPath: path)[.systemNumber] as? Int
        }
        return FileManager.default.isWritableFile(atPath: "/dev/shm")
            && device("/dev/shm") != device(NSTemporaryDirectory())
    }()

    /// Onto another file system neither a clone nor a link is possible.
    @Test(.enabled(if: hasAnotherFileSystem, "needs /dev/shm beside the folder of temporary files"))
    func copiesOntoAnotherFileSystem() throws {
        let folder = try TemporaryFolder()
        let target = "/dev/shm/matter-test-\(getpid())"
        defer { unlink(target) }
        try AtomicFile.write("one", to: folder.path("source"))
        #expect(try AtomicFile.share(folder.path("source"), to: target) == .copy)
        #expect(try WholeFile.readText(target) == "one")
    }

    @Test func followsAndReplacesNoLink() throws {
        let folder = try TemporaryFolder()
        try AtomicFile.write("one", to: folder.path("source"))
        #expect(symlink(folder.path("source"), folder.path("link")) == 0)
        #expect(throws: ManifestError.self) {
            try AtomicFile.share(folder.path("link"), to: folder.path("target"))
        }
        #expect(throws: ManifestError.self) {
            try AtomicFile.share(folder.path("source"), to: folder.path("link"))
        }
        #expect(folder.files() == ["link", "source"])
    }
}
