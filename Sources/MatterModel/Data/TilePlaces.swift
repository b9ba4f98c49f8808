import Geo
import Manifests
import Store

/// One tile of the ground and the dates at which the store shows it.
struct TilePlace: Hashable, Sendable {
    /// The region's name.
    let region: String
    /// Keys of the samples, sorted by date; two or more.
    let keys: [String]
    /// Size in pixels, the same for all dates.
    let size: PixelSize
}

extension TilePlace {
    /// The places of a store that two or more dates show, sorted.
    ///
    /// With `records`, the tile manifest beside the store, tiles that are not aligned are left out.
    /// - Throws: `TrainingError` (`noPairs`) if there is none; `StoreError`.
    static func all(in store: SampleStore, records: [TileRecord]?, crop: Int) throws -> [TilePlace]
    {
        let aligned = records.map { Set($0.filter(\.aligned).map(\.storeKey)) }
        let keys = try store.keys().filter { aligned?.contains($0) ?? true }
        let groups = Dictionary(grouping: keys) { key in
            key.split(separator: "/").dropLast().joined(separator: "/")
        }
        let places = try groups.sorted { $0.key < $1.key }.compactMap { name, keys in
            try place(name, keys.sorted(), in: store, crop: crop)
        }
        guard !places.isEmpty else {
            throw TrainingError.noPairs(
                store: store.path, samples: try store.keys().count, usable: keys.count, crop: crop)
        }
        return places
    }

    private static func place(
        _ name: String, _ keys: [String], in store: SampleStore, crop: Int
    ) throws -> TilePlace? {
        guard keys.count >= 2 else { return nil }
        let sizes = try keys.map { try store.withSample($0) { try $0.size(of: "valid") } }
        guard sizes.allSatisfy({ $0 == sizes[0] }), sizes[0].width >= crop, sizes[0].height >= crop
        else { return nil }
        let region = name.split(separator: "/").first.map(String.init) ?? name
        return TilePlace(region: region, keys: keys, size: sizes[0])
    }
}
