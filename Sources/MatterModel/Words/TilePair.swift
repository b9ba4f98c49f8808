import Geo
import Manifests
import Store
import Tensors

/// One place of the ground at two dates, as raw bands.
struct TilePair {
    /// "<region>/<column>_<row>".
    let place: String
    /// The two tiles' records.
    let records: [TileRecord]

    /// The pair of a place, or of the first place that two aligned dates show; the dates are the two with most clear pixels.
    /// - Throws: `ManifestError`: `missing` or `badData`, naming the manifest.
    init(_ place: String?, in tiles: String) throws {
        let path = "\(tiles)/manifest.jsonl"
        let records = try TileManifest.read(path)
        let groups = Dictionary(grouping: records.filter(\.aligned)) {
            "\($0.region)/\($0.column)_\($0.row)"
        }.filter { $0.value.count >= 2 }
        guard let name = place ?? groups.keys.min(), let found = groups[name] else {
            let what = place.map { "no place \($0) with" } ?? "no place with"
            throw ManifestError(
                .invalid, path: path,
                "has \(what) two aligned dates; places with two: "
                    + "\(groups.keys.sorted().prefix(5).joined(separator: ", "))")
        }
        self.place = name
        let best = found.sorted { ($1.validFraction, $0.id) < ($0.validFraction, $1.id) }
        self.records = best.prefix(2).sorted { $0.id < $1.id }
    }

    /// A date's pixels: float32 (1, bands, height, width).
    func image(_ index: Int, bands: [String], from store: SampleStore) throws -> Tensor {
        try TileImage.read(records[index], bands: bands, from: store)
    }

    /// Whether a date's places, `stride` pixels apart, are clear.
    func clear(_ index: Int, stride: Int, from store: SampleStore) throws -> [Bool] {
        let record = records[index]
        let valid = try store.withSample(record.storeKey) { sample in
            try TileImage.requireSize(record, of: "valid", in: sample)
            return try sample.pixels("valid", as: UInt8.self)
        }
        return Swift.stride(from: 0, to: record.height, by: stride).flatMap { row in
            Swift.stride(from: 0, to: record.width, by: stride).map {
                valid[row * record.width + $0] != 0
            }
        }
    }
}

/// The pixels of a tile.
enum TileImage {
    /// Float32 (1, bands, height, width), as stored: reflectance × 10000.
    static func read(
        _ record: TileRecord, bands: [String], from store: SampleStore
    ) throws -> Tensor {
        let planes = try store.withSample(record.storeKey) { sample in
            try bands.flatMap { band in
                try requireSize(record, of: band, in: sample)
                return try sample.pixels(band, as: UInt16.self)
            }
        }
        return Tensor(
            planes.map { Float($0) }, shape: [1, bands.count, record.height, record.width])
    }

    /// Float32 (1, 1, height, width): 1 where a pixel is clear.
    static func valid(_ record: TileRecord, from store: SampleStore) throws -> Tensor {
        let valid = try store.withSample(record.storeKey) { sample in
            try requireSize(record, of: "valid", in: sample)
            return try sample.pixels("valid", as: UInt8.self)
        }
        return Tensor(
            valid.map { $0 == 0 ? Float(0) : 1 }, shape: [1, 1, record.height, record.width])
    }

    /// - Throws: `ManifestError` (`invalid`) if a plane has another size than its tile in the manifest.
    static func requireSize(
        _ record: TileRecord, of name: String, in sample: StoredSample
    ) throws {
        let size = try sample.size(of: name)
        guard size.width == record.width, size.height == record.height else {
            throw ManifestError(
                .invalid, path: record.storeKey,
                "has \(size.width)×\(size.height) px of \(name) in the store, but "
                    + "\(record.width)×\(record.height) px in the manifest; prepare the tiles again"
            )
        }
    }
}
