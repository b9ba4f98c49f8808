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
        let records = try JSONLinesReader.read(TileRecord.self, from: path).records
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
}

/// The pixels of a tile.
enum TileImage {
    /// Float32 (1, bands, height, width), as stored: reflectance × 10000.
    static func read(
        _ record: TileRecord, bands: [String], from store: SampleStore
    ) throws -> Tensor {
        let planes = try store.withSample(record.storeKey) { sample in
            try bands.flatMap { try sample.pixels($0, as: UInt16.self) }
        }
        return Tensor(
            planes.map { Float($0) }, shape: [1, bands.count, record.height, record.width])
    }
}
