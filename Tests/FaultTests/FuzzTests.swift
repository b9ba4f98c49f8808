import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// Table A, A14: what reads bytes of others ends in an answer or a line, whatever they are.
///
/// `MATTER_FUZZ` says how many draws each reader takes, `MATTER_FUZZ_SEED` where they begin: `script/fuzz` asks for many.
@Suite struct FuzzTests {
    enum Kind: String, CaseIterable, Sendable {
        case product, granule, checksums, archive, image, manifest, item
    }

    /// A sound file and what reads it.
    private struct Subject {
        let path: String
        let read: () throws -> Void

        init(_ kind: Kind, in folder: TemporaryFolder) throws {
            func product(_ part: String, _ use: @escaping (Scene) throws -> Void) throws -> Subject
            {
                let product = try Fixture.products(in: folder)[2]
                return Subject(path: try Fixture.file(part, in: product)) {
                    try SceneReader().scenes(at: [product]).forEach(use)
                }
            }
            func file(
                _ name: String, _ bytes: [UInt8], _ use: @escaping (String) throws -> Void
            ) throws -> Subject {
                let path = folder.path(name)
                try AtomicFile.write(bytes, to: path)
                return Subject(path: path) { try use(path) }
            }
            let scenes = { (path: String) in _ = try SceneReader().scenes(at: [path]) }
            switch kind {
            case .product: self = try product("MTD_MSIL2A.xml") { _ in }
            case .granule: self = try product("MTD_TL.xml") { _ = try $0.granule() }
            case .checksums: self = try product("manifest.safe") { _ = try $0.checksums() }
            case .archive:
                let zip = ForgedZip(entries: [.init("a.SAFE/MTD_MSIL2A.xml"), .init("b/c")])
                self = try file("x.zip", zip.bytes, scenes)
            case .image:
                try Fixture.image(folder.path("sound.tif"))
                let bytes = try WholeFile.read(folder.path("sound.tif"))
                self = try file("a.tif", bytes) { _ = try PlainTIFFReader().read($0) }
            case .manifest:
                self = try file("m.jsonl", JSONLinesReader.bytes(of: Self.lines)) {
                    _ = try JSONLinesReader.read(TileRecord.self, from: $0)
                }
            case .item: self = try file("item.json", Array(Self.item.utf8), scenes)
            }
        }

        private init(path: String, read: @escaping () throws -> Void) {
            self.path = path
            self.read = read
        }

        private static let lines = [1, 2].map { row in
            var record = TileRecord(
                id: "r/0_\(row)/d", region: "r", column: 0, row: row, date: "2020-06-01T10:30:00Z",
                path: "tiles/r/0_\(row)/d.tif", bytes: 9, sha256: SHA256Digest(of: [UInt8]()),
                width: 2, height: 3, bands: ["B02"], crs: "EPSG:32633",
                transform: [0, 10, 0, 0, 0, -10], validFraction: 1, cloudFraction: 0.25,
                shift: .init(rows: 0.5, columns: -1), aligned: true, reason: nil,
                source: .init(name: "S"), storeKey: "r/0_\(row)/d")
            (record.addedOffset, record.quantification) = ([-1000], [10000])
            return record
        }

        private static let item = """
            {"type":"Feature","stac_version":"1.1.0","id":"S2A_33TWL","bbox":[14.9,45.0,16.4,46.0],
            "properties":{"datetime":"2023-08-20T09:58:11.072Z","grid:code":"MGRS-33TWL",
            "s2:processing_baseline":"05.09","view:sun_elevation":50.5,"eo:cloud_cover":5},
            "assets":{"red":{"href":"./red.tif","raster:scale":0.0001,"raster:offset":-0.1,"nodata":0,
            "proj:code":"EPSG:32633","proj:shape":[8,8],"proj:transform":[10,0,499980,0,-10,5100000]},
            "scl":{"href":"./SCL.tif","file:checksum":"1220aa","file:size":12}}}
            """
    }

    private static func number(_ name: String, or usual: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap(Int.init).map { max(0, $0) } ?? usual
    }

    @Test(
        "A14: whatever is drawn, reading it ends in an answer or a line",
        arguments: Kind.allCases)
    func endsInAnAnswerOrALine(kind: Kind) throws {
        let folder = try TemporaryFolder()
        let subject = try Subject(kind, in: folder)
        let sound = try WholeFile.read(subject.path)
        // The archive holds no product.
        if kind != .archive { try subject.read() }
        let usual = 25
        let (draws, seed) = (
            Self.number("MATTER_FUZZ", or: usual), Self.number("MATTER_FUZZ_SEED", or: 1)
        )
        let task = "fuzz \(kind.rawValue): \(draws) draws from seed \(seed)"
        // Where a draw ends the process, its bytes lie there.
        if draws > usual { print("\(task), the last in \(subject.path)") }
        var refused = 0
        for draw in 0..<draws {
            var damage = Damage(seed: SplitMix64.derive(seed: UInt64(seed), UInt64(draw)))
            try Fixture.overwrite(subject.path, damage.done(to: sound))
            do {
                try subject.read()
            } catch let error as any ExitCoded where error.exitCode != .bug {
                refused += 1
            } catch {
                Issue.record("\(task), draw \(draw): \(error)")
            }
        }
        #expect(refused > 0)
        if draws > usual { print("\(task): \(refused) refused, \(draws - refused) read") }
    }
}
