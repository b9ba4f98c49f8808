import Foundation
import Geo
import Manifests

/// What `matter-prep unchanged` found in a folder of tiles: which two dates of a tile are to be trained on, and on which pixels.
///
/// Only what its split calls "train" is taken over. Masks are read without GDAL, each proven by the digest that the scores hold.
struct UnchangedGround {
    /// Pairs of keys by tile, in the order of the list.
    let pairs: [String: [[String]]]
    private let folder: String
    private let scores: [String: Score]

    private static let (pairsName, scoresName) = ("pairs.jsonl", "scores.jsonl")

    /// The band of a mask that says 1 where nothing changed, and how many bands there are.
    private static let (band, bands) = (1, 3)

    private struct Pair: Decodable {
        let tile, split: String
        let keys: [String]
    }

    private struct Score: Decodable {
        let tile: String
        let path: String?
        let sha256: SHA256Digest?
    }

    /// Reads list and scores.
    ///
    /// - Parameters:
    ///   - folder: the folder `unchanged` of the tiles.
    ///   - manifest: the tiles' manifest, of which it must have been made.
    /// - Throws: `ManifestError`: `missing` where nobody looked for unchanged ground, or has not ended; `configuration` where it was
    ///   made of another manifest; `invalid` for what cannot be read. `TrainingError` (`noUnchangedPairs`).
    init(folder: String, manifest: String?) throws {
        self.folder = folder
        try Self.requireWhole(folder)
        if let manifest {
            let digest = try SHA256Digest(ofFile: manifest)
            guard try RunRecord(readingFrom: folder).inputs.map(\.sha256) == [digest] else {
                throw ManifestError(
                    .configuration, path: folder,
                    "was made of another manifest; remove it and run matter-prep unchanged again")
            }
        }
        let path = "\(folder)/\(Self.pairsName)"
        let lines = try Self.lines(Pair.self, path)
        if let other = lines.first(where: { $0.keys.count != 2 || $0.keys[0] == $0.keys[1] }) {
            throw ManifestError(
                .invalid, path: path,
                "the tile \(other.tile) has a pair that is not of two dates; run matter-prep unchanged again"
            )
        }
        pairs = Dictionary(grouping: lines.filter { $0.split == "train" }, by: \.tile)
            .mapValues { $0.map(\.keys) }
        guard !pairs.isEmpty else { throw TrainingError.noUnchangedPairs(list: path) }
        scores = Dictionary(
            try Self.lines(Score.self, "\(folder)/\(Self.scoresName)").map { ($0.tile, $0) }
        ) { first, _ in first }
    }

    private static func requireWhole(_ folder: String) throws {
        // The scores are written last.
        for name in [RunRecord.fileName, pairsName, scoresName]
        where !FileManager.default.fileExists(atPath: "\(folder)/\(name)") {
            throw missing("\(folder)/\(name)")
        }
    }

    /// What is said where there is no list.
    static func missing(_ path: String) -> ManifestError {
        ManifestError(
            .missing, path: path,
            "data.pairs = \"unchanged\" needs what matter-prep unchanged TILES writes; run it and give --tiles TILES, or train "
                + "on all dates by --set data.pairs=all")
    }

    private static func lines<Line: Decodable>(_ type: Line.Type, _ path: String) throws -> [Line] {
        let lines = try JSONLinesReader.read(type, from: path)
        guard !lines.hasTornTail else {
            throw ManifestError(
                .invalid, path: path, "ends within a line; run matter-prep unchanged again")
        }
        return lines.records
    }

    /// How list and scores, and by them the masks, are proven.
    static func inputs(_ folder: String) throws -> [InputDigest] {
        try requireWhole(folder)
        return try [pairsName, scoresName].map {
            try InputDigest(file: "\(folder)/\($0)", named: "unchanged/\($0)")
        }
    }

    /// Proves that the store has all that the list names.
    ///
    /// - Throws: `ManifestError` (`invalid`).
    func require(in keys: Set<String>) throws {
        for (tile, pairs) in pairs.sorted(by: { $0.key < $1.key }) {
            guard let key = pairs.joined().first(where: { !keys.contains($0) }) else { continue }
            throw ManifestError(
                .invalid, path: "\(folder)/\(Self.pairsName)",
                "the tile \(tile) has the date \(key), which the store lacks; run matter-prep unchanged again"
            )
        }
    }

    /// The pixels of a tile that did not change.
    ///
    /// - Throws: `ManifestError`: `missing` or `invalid` for a mask that is not the one of the scores.
    func mask(of tile: String, size: PixelSize) throws -> PixelMask {
        guard let score = scores[tile], let relative = score.path, relative == "tiles/\(tile).tif"
        else {
            throw ManifestError(
                .invalid, path: "\(folder)/\(Self.scoresName)",
                "names no mask of the tile \(tile); run matter-prep unchanged again")
        }
        let path = "\(folder)/\(relative)"
        let bytes = try WholeFile.read(path)
        guard SHA256Digest(of: bytes) == score.sha256 else {
            throw ManifestError(
                .invalid, path: path,
                "is not the mask that was written; run matter-prep unchanged again")
        }
        let raster = try ByteRaster(
            bytes, path: path, bands: Self.bands, band: Self.band,
            kind: "a mask is what matter-prep unchanged writes; run it again")
        guard raster.size == size else {
            throw raster.failure("has \(raster.size) px where the tile has \(size)")
        }
        return PixelMask(count: size.count) { raster.pixels[$0] == 1 }
    }
}
