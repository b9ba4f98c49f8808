import Manifests

/// How images without a published split are dealt to "train", "val" and "test".
enum SpaceNetSplit: String {
    /// By the SHA-256 of each place's name: 70 : 10 : 20.
    case hash
    /// The first 70 % of the sorted keys, and the rest as "val": what MATTER's development code did.
    case listing
    /// The published lists; places that they do not name by their hash.
    case published

    init(_ choice: String) {
        self = SpaceNetSplit(rawValue: choice) ?? .hash
    }

    /// The rules of a release, the usual one first.
    static func choices(of release: any SpaceNetRelease.Type) -> [String] {
        release.name == SpaceNet7.name ? ["published", "hash", "listing"] : ["hash", "listing"]
    }

    /// Indices by split, for keys in their order.
    func indices(
        of keys: [String], _ release: any SpaceNetRelease.Type
    ) -> [String: [Int]] {
        var splits: [String: [Int]] = [:]
        for (index, key) in keys.enumerated() {
            splits[name(of: key, at: index, of: keys.count, release), default: []].append(index)
        }
        return splits
    }

    private func name(
        of key: String, at index: Int, of count: Int, _ release: any SpaceNetRelease.Type
    ) -> String {
        let place = release.place(of: key)
        switch self {
        case .listing: return index < count * 7 / 10 ? "train" : "val"
        case .published: return release.publishedSplit(of: place) ?? Self.dealt(place)
        case .hash: return Self.dealt(place)
        }
    }

    /// The first 32 bits of the digest as a share of all that there are.
    private static func dealt(_ place: String) -> String {
        let digest = SHA256Digest(of: Array(place.utf8)).hex
        let share = Double(UInt32(digest.prefix(8), radix: 16) ?? 0) / 4_294_967_296
        return share < 0.7 ? "train" : share < 0.8 ? "val" : "test"
    }
}

/// What a release's own numbers say of a folder.
enum SpaceNetVersion {
    /// A line for each part whose number of images is another.
    static func differences(of keys: [String], from counts: [SpaceNetForm.Count]) -> [String] {
        counts.compactMap { count in
            let found = keys.count { $0.hasPrefix(count.prefix) }
            guard found > 0, found != count.images else { return nil }
            let which = count.prefix.isEmpty ? "" : " of \(count.prefix)…"
            return
                "\(found) labelled images\(which) where the release has \(count.images): a part, or another version"
        }
    }
}
