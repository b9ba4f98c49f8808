import Foundation
import Geo
import Manifests
import Raster
import TestSupport

/// A folder of tiles, two regions at three dates, and what `matter-prep unchanged` leaves in it.
enum UnchangedFixture {
    /// A line of the list: a region, the split that it is in, and two dates by their months.
    struct Pair {
        let region: String
        let split: String
        let months: [Int]
    }

    static let side = 48

    static func key(_ region: String, _ month: Int) -> String {
        "\(region)/0_0/2020-0\(month)-01T10:00:00Z"
    }

    /// Store and manifest, and nothing else.
    static func tiles(_ folder: TemporaryFolder) throws {
        try SyntheticStore.make(at: folder.path("tiles/store"), side: side)
        let digest = SHA256Digest(of: [UInt8]())
        let log = try JSONLinesWriter(appendingTo: folder.path("tiles/manifest.jsonl"))
        for region in ["east", "west"] {
            for month in 1...3 {
                let id = key(region, month)
                try log.append(
                    TileRecord(
                        id: id, region: region, column: 0, row: 0,
                        date: "2020-0\(month)-01T10:00:00Z", path: "tiles/\(id).tif", bytes: 0,
                        sha256: digest, width: side, height: side, bands: ["B02", "B03", "B04"],
                        crs: "EPSG:32633", transform: [600_000, 10, 0, 5_000_000, 0, -10],
                        validFraction: 1, cloudFraction: 0, shift: nil, aligned: true, reason: nil,
                        source: .init(name: "synthetic"), storeKey: id))
            }
        }
        try log.synchronize()
    }

    /// Whether the mask calls a pixel unchanged: neither the changed columns nor the unknown rows.
    static func isUnchanged(row: Int, column: Int) -> Bool { column >= 20 && row < 40 }

    /// Store, manifest, list, scores and masks.
    static func make(_ folder: TemporaryFolder, _ pairs: [Pair]) throws {
        try tiles(folder)
        let unchanged = folder.path("tiles/unchanged")
        try AtomicFile.makeFolder(at: unchanged)
        let manifest = try InputDigest(
            file: folder.path("tiles/manifest.jsonl"), named: "manifest.jsonl")
        try RunRecord(program: "matter-prep unchanged", plan: [:], seed: 1, inputs: [manifest])
            .write(to: unchanged)
        try lines(
            pairs.map { pair in
                [
                    "tile": .string("\(pair.region)/0_0"), "split": .string(pair.split),
                    "keys": .array(pair.months.map { .string(key(pair.region, $0)) }), "days": 31,
                ]
            }, to: "\(unchanged)/pairs.jsonl")
        try lines(
            ["east", "west"].map { region in
                let digest = try mask(of: "\(region)/0_0", in: unchanged)
                return [
                    "tile": .string("\(region)/0_0"), "path": .string("tiles/\(region)/0_0.tif"),
                    "sha256": .string(digest.hex), "score": 0.5,
                ]
            }, to: "\(unchanged)/scores.jsonl")
    }

    private static func lines(_ values: [JSONValue], to path: String) throws {
        try AtomicFile.write(values.map { $0.serialized() + "\n" }.joined(), to: path)
    }

    /// Writes a mask as `matter-prep unchanged` does: probability, unchanged, clear dates.
    private static func mask(of tile: String, in folder: String) throws -> SHA256Digest {
        let size = try PixelSize(width: side, height: side)
        let unchanged = (0..<size.count).map { pixel -> UInt8 in
            let (row, column) = (pixel / side, pixel % side)
            return isUnchanged(row: row, column: column) ? 1 : row < 40 ? 0 : 255
        }
        let percent = unchanged.enumerated().map { UInt8($0.offset % 101) }
        let dates = [UInt8](repeating: 3, count: size.count)
        let bytes = try RasterWriter.encode(
            RasterBuffer(size: size, bands: 3, pixels: percent + unchanged + dates),
            grid: GeoGrid(
                size: size,
                transform: AffineTransform(
                    originX: 600_000, originY: 5_000_000, resolution: 10), crs: CRS(epsg: 32633)),
            as: .cog(.deflate), nodata: 255)
        let path = "\(folder)/tiles/\(tile).tif"
        try AtomicFile.makeFolder(
            at: URL(fileURLWithPath: path).deletingLastPathComponent().path)
        try AtomicFile.write(bytes, to: path)
        return SHA256Digest(of: bytes)
    }
}
