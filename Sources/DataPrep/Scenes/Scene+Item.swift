import Foundation
import Geo
import Manifests
import Raster

extension Scene {
    /// A scene by its STAC item.
    ///
    /// Files of the item's folder that are named like bands come first. What is not there is looked for where the item's
    /// assets lie: on disk, and on the network where that may be used.
    /// - Parameters:
    ///   - path: the item.
    ///   - folder: the folder that is this scene's own; nil for an item among others.
    /// - Throws: `PrepError` or `RasterError` for what is no item, or cannot be read.
    init(item path: String, folder: String?) throws {
        let base = Self.folder(of: path)
        let item = try STACItem(contentsOf: path, base: base)
        let assets = item.assets()
        var found: [STACLayer: BandSource] = [:]
        for (layer, asset) in assets where layer != .granule {
            let file = StoredFile(asset.location)
            guard file.isRemote ? Network.isAllowed : file.exists else { continue }
            found[layer] = try asset.source(asset.location)
        }
        if let folder {
            let files = try BandFiles(inFolder: folder)
            for (band, file) in files.bands {
                let layer = STACLayer.band(band)
                found[layer] =
                    try assets[layer]?.source(file)
                    ?? STACAsset(
                        key: band.rawValue, json: .object([:]), location: file, item: item,
                        layer: layer
                    ).source(file)
            }
            if let file = files.classification {
                found[.classification] =
                    try assets[.classification]?.source(file)
                    ?? BandSource(path: file, radiometry: .harmonised)
            }
        }
        let scene = folder ?? base
        let bands = Sentinel2Band.allCases.compactMap { band in
            found[.band(band)].map { (band, $0) }
        }
        let expected = assets.mapValues(\.location)
        let granule = Self.granule(assets[.granule]?.location, in: folder)
        self.init(
            name: item.id, folder: scene, time: item.time, tile: item.tile,
            baseline: item.baseline, bands: Dictionary(uniqueKeysWithValues: bands),
            expectedPath: { band in
                let place = expected[.band(band)] ?? "\(scene)/\(band.rawValue).tif"
                return StoredFile(place).isRemote
                    ? "\(Network.redacted(place)) (give --allow-network, or get it with matter-prep fetch)"
                    : place
            },
            classification: found[.classification],
            truthPath: Scene.truth(of: scene),
            granulePath: granule, isSurfaceReflectance: item.isSurfaceReflectance,
            describedBy: [path] + [granule].compactMap(\.self),
            itemChecksums: Self.checksums(of: assets.values, below: base), itemAngles: item.angles)
    }

    /// The folder that a file lies in, on disk or behind an address.
    private static func folder(of path: String) -> String {
        guard StoredFile(path).isRemote else {
            return URL(fileURLWithPath: path).deletingLastPathComponent().path
        }
        let place = path.prefix { $0 != "?" }
        return String(place.lastIndex(of: "/").map { place[..<$0] } ?? place)
    }

    /// The scene that an item will be when windows of it lie in a folder, for plans that are made before.
    /// - Throws: `PrepError` for a scale or an offset that no reflectance has.
    init(awaited item: STACItem, layers: [STACLayer], in folder: String) throws {
        let assets = item.assets()
        var found: [STACLayer: BandSource] = [:]
        for layer in layers where layer != .granule {
            found[layer] = try assets[layer]?.source("\(folder)/\(layer.fileName)")
        }
        let bands = Sentinel2Band.allCases.compactMap { band in
            found[.band(band)].map { (band, $0) }
        }
        self.init(
            name: item.id, folder: folder, time: item.time, tile: item.tile,
            baseline: item.baseline, bands: Dictionary(uniqueKeysWithValues: bands),
            expectedPath: { "\(folder)/\($0.rawValue).tif (add it to fetch.bands)" },
            classification: found[.classification], truthPath: nil,
            isSurfaceReflectance: item.isSurfaceReflectance)
    }

    /// What the item says of files that lie with it, as `matter-prep fetch` leaves them.
    private static func checksums(
        of assets: some Sequence<STACAsset>, below folder: String
    ) -> [String: FileChecksum] {
        var checksums: [String: FileChecksum] = [:]
        for asset in assets where asset.location.hasPrefix("\(folder)/") {
            // A multihash: 12 for SHA-256, 20 for its 32 bytes.
            guard let hash = asset.json["file:checksum"]?.string?.lowercased(), hash.count == 68,
                hash.hasPrefix("1220")
            else { continue }
            checksums[String(asset.location.dropFirst(folder.count + 1))] = FileChecksum(
                bytes: asset.json["file:size"]?.int, algorithm: "SHA-256",
                hex: String(hash.dropFirst(4)), origin: "the item")
        }
        return checksums
    }

    private static func granule(_ asset: String?, in folder: String?) -> String? {
        let beside = ["granule_metadata.xml", "MTD_TL.xml"].compactMap { name in
            folder.map { "\($0)/\(name)" }
        }
        return (beside + [asset].compactMap(\.self)).first { StoredFile($0).exists }
    }
}

/// Files of a folder that hold one band each and say so in their names: "B02.tif", "T33UUU_20170216T102101_B02.jp2".
struct BandFiles {
    var bands: [Sentinel2Band: String] = [:]
    var classification: String?
    var others: [String] = []
    /// Files that name a band which another has: the one taken, and the other.
    var twins: [(band: Sentinel2Band, taken: String, other: String)] = []

    init(inFolder folder: String) throws {
        let paths = try SceneReader.listing(folder).map { "\(folder)/\($0)" }
        self.init(paths.filter { SceneReader.Kind.isRaster($0) })
    }

    init(_ paths: [String]) {
        for path in paths.sorted() {
            let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
            let parts = name.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.map(
                String.init)
            if parts.contains("SCL") {
                classification = classification ?? path
            } else if let band = parts.reversed().lazy.compactMap({ Sentinel2Band(name: $0) }).first
            {
                if let taken = bands[band] { twins.append((band, taken, path)) }
                bands[band] = bands[band] ?? path
            } else {
                others.append(path)
            }
        }
    }
}
