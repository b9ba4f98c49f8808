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

    @Test(
        "A5, A6: names that lead out of the archive, also by a drive, a backslash or a NUL",
        arguments: ["../../x", "a/../../x", "/etc/x", "a\\..\\x", "a\0b", ".."])
    func namesOutsideAreRefused(name: String) throws {
        try refused(ForgedZip(entries: [.init(name)]), "outside of itself")
    }

    @Test("A7: a symbolic link in an archive") func linksAreRefused() throws {
        var link = ForgedZip.Entry("a.SAFE/MTD_MSIL2A.xml", "/etc/passwd")
        link.mode = 0o120777
        try refused(ForgedZip(entries: [link]), "symbolic link")
    }

    @Test(
        "A8: a symbolic link out of a product is refused, one that stays inside is followed",
        arguments: ["_B04_10m", "MTD_MSIL2A.xml", "manifest.safe", "_SCL_20m", "MTD_TL.xml"])
    func linksOutOfAProductAreRefused(part: String) throws {
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

    @Test(
        "A9: two files of one name, also if they differ in case alone",
        arguments: ["a.SAFE/manifest.safe", "a.safe/MANIFEST.safe"])
    func twinsAreRefused(second: String) throws {
        try refused(
            ForgedZip(entries: [.init("a.SAFE/manifest.safe"), .init(second)]), "two files")
    }

    @Test("A10: archives that unpack to more than they hold, or whose files share bytes")
    func bombsAreRefused() throws {
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

    @Test("A11: headers unlike the directory, encrypted files, numbers that lie")
    func contradictionsAreRefused() throws {
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

    @Test("A11: whatever byte of an archive is changed, reading it ends in an answer or a line")
    func anyByteMayBeWrong() throws {
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
