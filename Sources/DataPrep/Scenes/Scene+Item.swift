import Foundation
import Geo
import Manifests
import Raster

extension Scene {
    /// A folder of band files with a STAC item, as today's cloud archives hand them out.
    init(item path: String, folder: String) throws {
        let item: JSONValue
        do {
            item = try JSONValue.parse(WholeFile.read(path, limit: 1 << 24))
        } catch let error as ManifestError {
            throw error.at(path: path)
        }
        let properties = item["properties"]
        guard let stamp = properties?["datetime"]?.string, let time = SensingTime(stamp) else {
            throw PrepError(.badData, path, "properties.datetime is no time of a Sentinel-2 scene")
        }
        let files = try BandFiles(inFolder: folder)
        let applied = properties?["earthsearch:boa_offset_applied"]?.bool ?? false
        let epsg = properties?["proj:epsg"]?.int
        func source(_ file: String, isReflectance: Bool) -> BandSource {
            let asset = Scene.asset(of: file, in: item["assets"])
            let isHarmonised = applied || !isReflectance
            return BandSource(
                path: file, radiometry: isHarmonised ? .harmonised : Scene.radiometry(of: asset),
                ground: Scene.ground(of: asset, epsg: epsg))
        }
        var bands: [Sentinel2Band: BandSource] = [:]
        for (band, file) in files.bands { bands[band] = source(file, isReflectance: true) }
        self.init(
            name: item["id"]?.string ?? URL(fileURLWithPath: folder).lastPathComponent,
            folder: folder, time: time, tile: Scene.tile(properties),
            baseline: properties?["s2:processing_baseline"]?.string, bands: bands,
            expectedPath: { "\(folder)/\($0.rawValue).tif" },
            classification: files.classification.map { source($0, isReflectance: false) },
            checksums: [:], truthPath: Scene.truth(of: folder),
            granulePath: ["granule_metadata.xml", "MTD_TL.xml"].map { "\(folder)/\($0)" }
                .first { StoredFile($0).exists }, isSurfaceReflectance: true)
    }

    /// The grid tile from the MGRS properties, or from the product's own name.
    private static func tile(_ properties: JSONValue?) -> MGRSTile? {
        if let code = properties?["grid:code"]?.string, code.hasPrefix("MGRS-") {
            return MGRSTile(String(code.dropFirst(5)))
        }
        return properties?["s2:product_uri"]?.string.flatMap { MGRSTile.found(in: $0) }
    }

    /// The asset that a file was fetched for, by its name.
    private static func asset(of file: String, in assets: JSONValue?) -> JSONValue? {
        let name = "/" + URL(fileURLWithPath: file).lastPathComponent
        let entries = (assets?.object ?? [:]).sorted { $0.key < $1.key }
        return entries.first { ("/" + ($0.value["href"]?.string ?? "")).hasSuffix(name) }?.value
    }

    /// The asset's `raster:bands` scale and offset: reflectance = number · scale + offset.
    private static func radiometry(of asset: JSONValue?) -> Radiometry {
        guard let band = asset?["raster:bands"]?.array?.first,
            let scale = band["scale"]?.double, scale > 0, scale.isFinite
        else { return .harmonised }
        let offset = band["offset"]?.double ?? 0
        return Radiometry(
            offset: (offset / scale).rounded(), quantification: (1 / scale).rounded())
    }

    /// The ground that `proj:transform` and `proj:shape` say the asset covers.
    private static func ground(of asset: JSONValue?, epsg: Int?) -> Ground? {
        guard let asset, let epsg = asset["proj:epsg"]?.int ?? epsg,
            let shape = asset["proj:shape"]?.array?.compactMap(\.double), shape.count == 2,
            let numbers = asset["proj:transform"]?.array?.compactMap(\.double), numbers.count >= 6,
            numbers[1] == 0, numbers[3] == 0
        else { return nil }
        let (left, top) = (numbers[2], numbers[5])
        let bounds = MapBounds(
            left: left, bottom: top + numbers[4] * shape[0], right: left + numbers[0] * shape[1],
            top: top)
        return bounds.width > 0 && bounds.height > 0
            ? Ground(bounds: bounds, crs: CRS(epsg: epsg)) : nil
    }
}

/// Files of a folder that hold one band each and say so in their names: "B02.tif", "T33UUU_20170216T102101_B02.jp2".
struct BandFiles {
    var bands: [Sentinel2Band: String] = [:]
    var classification: String?
    var others: [String] = []

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
                bands[band] = bands[band] ?? path
            } else {
                others.append(path)
            }
        }
    }
}
