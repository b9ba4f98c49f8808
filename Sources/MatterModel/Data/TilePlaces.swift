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
    /// Which two of the keys may be drawn together, by their numbers; nil for any two.
    var pairs: [[Int]]?
    /// The pixels that patches may be centred on; nil for all.
    var ground: PixelMask?
}

extension TilePlace {
    /// The places of a store that two or more dates show, sorted.
    ///
    /// With `records`, the tile manifest beside the store, tiles that are not aligned are left out; with `unchanged`, all but its
    /// pairs of dates.
    /// - Throws: `TrainingError` (`noPairs`) if there is none; `StoreError`; `ManifestError` for a mask that cannot be read.
    static func all(
        in store: SampleStore, records: [TileRecord]?, crop: Int, unchanged: UnchangedGround? = nil
    ) throws -> [TilePlace] {
        let aligned = records.map { Set($0.filter(\.aligned).map(\.storeKey)) }
        let stored = try store.keys()
        try unchanged?.require(in: Set(stored))
        let keys = stored.filter { aligned?.contains($0) ?? true }
        let groups = Dictionary(grouping: keys) { key in
            key.split(separator: "/").dropLast().joined(separator: "/")
        }
        let places = try groups.sorted { $0.key < $1.key }.compactMap { name, keys in
            guard let unchanged else {
                return try place(name, keys.sorted(), in: store, crop: crop)
            }
            return try place(name, Set(keys), on: unchanged, in: store, crop: crop)
        }
        guard !places.isEmpty else {
            throw TrainingError.noPairs(
                store: store.path, samples: try store.keys().count, usable: keys.count, crop: crop)
        }
        return places
    }

    /// The place with the dates that its pairs name, where both dates of a pair are usable.
    private static func place(
        _ name: String, _ keys: Set<String>, on unchanged: UnchangedGround, in store: SampleStore,
        crop: Int
    ) throws -> TilePlace? {
        let pairs = (unchanged.pairs[name] ?? []).filter { $0.allSatisfy(keys.contains) }
        let dates = Set(pairs.joined()).sorted()
        guard var place = try place(name, dates, in: store, crop: crop) else { return nil }
        place.pairs = pairs.map { pair in pair.compactMap { dates.firstIndex(of: $0) } }
        place.ground = try unchanged.mask(of: name, size: place.size)
        return place
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
