import DataPrep
import Foundation
import Manifests
import Raster
import TestSupport
import Testing

/// Table A, archives and links: nothing outside of what was given is read or written.
@Suite struct ArchiveFaultTests {
    private func refused(_ zip: ForgedZip, _ words: String) throws {
        let folder = try TemporaryFolder()
        try AtomicFile.makeFolder(at: folder.path("in"))
        try AtomicFile.write(zip.bytes, to: folder.path("in/x.zip"))
        expectRefusal(.badData, "x.zip", words) {
            try Fixture.run([folder.path("in/x.zip")], into: folder.path("out"))
        }
        #expect(folder.files() == ["in/x.zip"])
    }

    /// A5, A6: names that lead out of the archive, also by a drive, a backslash or a NUL.
    @Test(arguments: ["../../x", "a/../../x", "/etc/x", "a\\..\\x", "a\0b", ".."])
    func a5a6NamesOutsideAreRefused(name: String) throws {
        try refused(ForgedZip(entries: [.init(name)]), "outside of itself")
    }

    /// A7: a symbolic link in an archive.
    @Test func a7LinksAreRefused() throws {
        var link = ForgedZip.Entry("a.SAFE/MTD_MSIL2A.xml", "/etc/passwd")
        link.mode = 0o120777
        try refused(ForgedZip(entries: [link]), "symbolic link")
    }

    /// A8: a symbolic link that leads out of a product is refused, one that stays inside is followed.
    @Test(arguments: ["_B04_10m", "MTD_MSIL2A.xml", "manifest.safe", "_SCL_20m", "MTD_TL.xml"])
    func a8LinksOutOfAProductAreRefused(part: String) throws {
        let folder = try TemporaryFolder()
        let product = try Fixture.products(in: folder)[0]
        let victim = try Fixture.file(part, in: product)
        let inside = product + "/GRANULE/elsewhere"
        try FileManager.default.moveItem(atPath: victim, toPath: inside)
        #expect(symlink(inside, victim) == 0)
        try Fixture.run([product], into: folder.path("out"))
        try FileManager.default.moveItem(atPath: inside, toPath: folder.path("outside"))
        try FileManager.default.removeItem(atPath: victim)
        #expect(symlink(folder.path("outside"), victim) == 0)
        expectRefusal(.badData, part, "symbolic link leads out of the product") {
            try Fixture.run([product], into: folder.path("out2"))
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path("out2")))
    }

    /// A9: two files of one name, also if they differ in case alone.
    @Test(arguments: ["a.SAFE/manifest.safe", "a.safe/MANIFEST.safe"])
    func a9TwinsAreRefused(second: String) throws {
        try refused(
            ForgedZip(entries: [.init("a.SAFE/manifest.safe"), .init(second)]), "two files")
    }

    /// A10: archives that unpack to far more than they hold: by ratio, by the size of an XML, by files that share bytes.
    @Test func a10BombsAreRefused() throws {
        var bomb = ForgedZip.Entry("a.SAFE/MTD_MSIL2A.xml", String(repeating: "a", count: 292_000))
        bomb.listedBytes = 300_000_000
        try refused(ForgedZip(entries: [bomb]), "says it is 300000000 bytes")
        var overlapping = ForgedZip.Entry("a.SAFE/b")
        overlapping.listedStart = 0
        overlapping.listedName = "a.SAFE/a"
        overlapping.name = "a.SAFE/b"
        let shared = ForgedZip(entries: [.init("a.SAFE/a"), overlapping])
        try refused(shared, "a.SAFE/a")
        // An archive within an archive is a file like any other: no scene.
        let folder = try TemporaryFolder()
        var inner = ForgedZip.Entry("inner.zip", "")
        inner.content = shared.bytes
        try AtomicFile.write(ForgedZip(entries: [inner]).bytes, to: folder.path("x.zip"))
        expectRefusal(.inputMissing, "no scene") {
            try Fixture.run([folder.path("x.zip")], into: folder.path("out"))
        }
    }

    /// A11: a directory that says something else than the files' own headers, encrypted files, numbers that lie.
    @Test func a11ContradictionsAreRefused() throws {
        var other = ForgedZip.Entry("a.SAFE/evil")
        other.listedName = "a.SAFE/good"
        try refused(ForgedZip(entries: [other]), "something else than the directory")
        var longer = ForgedZip.Entry("a.SAFE/x")
        longer.listedPacked = 5
        try refused(ForgedZip(entries: [longer]), "something else than the directory")
        var nowhere = ForgedZip.Entry("a.SAFE/x")
        nowhere.listedStart = 3
        try refused(ForgedZip(entries: [nowhere]), "does not begin where")
        var secret = ForgedZip.Entry("a.SAFE/x")
        secret.flags = 1
        try refused(ForgedZip(entries: [secret]), "encrypted")
        try refused(ForgedZip(entries: [.init("a")], count: 0xFFFF), "Zip64")
        try refused(ForgedZip(entries: [.init("a")], count: 400), "not in the file")
    }

    /// A11: whatever byte of a whole archive is changed, reading it ends in an answer or in one line.
    @Test func a11AnyByteMayBeWrong() throws {
        let folder = try TemporaryFolder()
        let bytes = ForgedZip(entries: [.init("a.SAFE/MTD_MSIL2A.xml"), .init("b/c")]).bytes
        for index in 4..<bytes.count {
            for value in [0, 0xFF, bytes[index] ^ 0x10] {
                var damaged = bytes
                damaged[index] = UInt8(value)
                try Fixture.overwrite(folder.path("x.zip"), damaged)
                do {
                    _ = try SceneReader().scenes(at: [folder.path("x.zip")])
                } catch let error as any ExitCoded {
                    #expect([.badData, .inputMissing].contains(error.exitCode), "\(error)")
                }
            }
        }
    }
}
