import Foundation
import Geo
import Manifests
import Raster

/// What an asset of an item holds that tiles need.
enum STACLayer: Hashable {
    case band(Sentinel2Band)
    case classification
    /// The granule's own metadata, `MTD_TL.xml`.
    case granule

    /// What the file is called beside its item.
    var fileName: String {
        switch self {
        case .band(let band): "\(band.rawValue).tif"
        case .classification: "SCL.tif"
        case .granule: "MTD_TL.xml"
        }
    }
}

/// A STAC item (1.0 or 1.1) of Sentinel-2, in the forms of earth-search, the Planetary Computer and stactools.
struct STACItem {
    let json: JSONValue
    let id: String
    let time: SensingTime
    let tile: MGRSTile?
    /// Where relative hrefs lead from: the item's folder or address.
    let base: String

    /// Takes a parsed item; `path` stands in messages.
    ///
    /// - Throws: `PrepError` (`badData`) for what is no item of a Sentinel-2 scene.
    init(_ json: JSONValue, path: String, base: String) throws {
        self.json = json
        self.base = base
        guard json["type"]?.string == "Feature", let id = json["id"]?.string, !id.isEmpty else {
            throw PrepError(.badData, path, "is no STAC item: type is not Feature, or no id")
        }
        let properties = json["properties"]
        let stamp = properties?["datetime"]?.string ?? properties?["start_datetime"]?.string ?? ""
        guard let time = SensingTime(stamp) else {
            throw PrepError(.badData, path, "properties.datetime is no time of a Sentinel-2 scene")
        }
        self.id = id
        self.time = time
        let code = properties?["grid:code"]?.string ?? properties?["s2:mgrs_tile"]?.string ?? ""
        let names = [properties?["s2:product_uri"]?.string, id].compactMap(\.self)
        tile =
            MGRSTile(code.hasPrefix("MGRS-") ? String(code.dropFirst(5)) : code)
            ?? names.lazy.compactMap { MGRSTile.found(in: $0) }.first
    }

    /// Reads an item's file, as long as it is one.
    init(contentsOf path: String, base: String) throws {
        let bytes = try StoredFile(path).read(limit: Self.largest)
        try self.init(JSONValue.parse(bytes, path: path), path: path, base: base)
    }

    /// The most bytes of an item.
    static let largest = 1 << 24

    // MARK: Properties

    func number(_ property: String) -> Double? { json["properties"]?[property]?.double }

    /// The processing baseline, "05.09".
    var baseline: String? {
        let properties = json["properties"]
        return properties?["s2:processing_baseline"]?.string
            ?? properties?["processing:version"]?.string
    }

    /// Cloud in percent, where the item says.
    var cloudCover: Double? { number("eo:cloud_cover") }

    /// The share of the tile that was seen in percent, where the item says.
    var dataCoverage: Double? {
        number("s2:nodata_pixel_percentage").map { 100 - $0 } ?? number("sentinel:data_coverage")
    }

    /// West, south, east, north in degrees.
    var bounds: MapBounds? {
        guard let box = json["bbox"]?.array?.compactMap(\.double), [4, 6].contains(box.count)
        else { return nil }
        let half = box.count / 2
        return MapBounds(left: box[0], bottom: box[1], right: box[half], top: box[half + 1])
    }

    /// Whether the item is of level 2A; nil where it does not say.
    var isSurfaceReflectance: Bool? {
        let names = [
            json["properties"]?["s2:product_type"]?.string, json["collection"]?.string, id,
        ].compactMap { $0?.uppercased() }
        // Whole names of the level: an id of satellite A holds "2A" whatever its level is.
        for name in names {
            if name.contains("L2A") || name.contains("MSI2A") { return true }
            if name.contains("L1C") || name.contains("MSI1C") { return false }
        }
        return nil
    }

    // MARK: Assets

    /// The asset of every layer, the one nearest to the layer's own resolution where there are several.
    func assets() -> [STACLayer: STACAsset] {
        var found: [STACLayer: STACAsset] = [:]
        for (key, value) in (json["assets"]?.object ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard let layer = Self.layer(key, value), let href = value["href"]?.string else {
                continue
            }
            let asset = STACAsset(
                key: key, json: value, location: Self.location(href, from: base), item: self,
                layer: layer)
            guard let other = found[layer] else {
                found[layer] = asset
                continue
            }
            if asset.distance < other.distance { found[layer] = asset }
        }
        return found
    }

    /// What an asset holds, by its band's name, its key, or its band's common name.
    private static func layer(_ key: String, _ asset: JSONValue) -> STACLayer? {
        let plain = key.lowercased()
        if plain == "scl" || plain.hasPrefix("scl_") || plain.hasPrefix("scl-") {
            return .classification
        }
        if ["granule_metadata", "granule-metadata"].contains(plain) { return .granule }
        let bands = asset["eo:bands"]?.array ?? asset["bands"]?.array ?? []
        guard bands.count <= 1 else { return nil }
        let stem = plain.split { "_-".contains($0) }.first.map(String.init) ?? plain
        let common = bands.first?["common_name"]?.string ?? bands.first?["eo:common_name"]?.string
        let named = [bands.first?["name"]?.string ?? "", stem].lazy
            .compactMap { Sentinel2Band(name: $0) }.first
        return (named ?? commonNames[stem] ?? common.flatMap { commonNames[$0] })
            .map(STACLayer.band)
    }

    /// Keys of earth-search; the common name "rededge" stands for three bands and is not among them.
    private static let commonNames: [String: Sentinel2Band] = [
        "coastal": .b01, "blue": .b02, "green": .b03, "red": .b04, "rededge1": .b05,
        "rededge2": .b06, "rededge3": .b07, "nir": .b08, "nir08": .b8a, "nir09": .b09,
        "cirrus": .b10, "swir16": .b11, "swir22": .b12,
    ]

    /// An href as a path or address.
    static func location(_ href: String, from base: String) -> String {
        if href.hasPrefix("file://") { return String(href.dropFirst(7)) }
        if href.contains("://") || href.hasPrefix("/") { return href }
        let relative = href.hasPrefix("./") ? String(href.dropFirst(2)) : href
        return "\(base)/\(relative)"
    }
}

/// An asset of an item.
struct STACAsset {
    let key: String
    let json: JSONValue
    /// Its path or address.
    let location: String
    let item: STACItem
    let layer: STACLayer

    /// How far from the layer's own resolution; a twin in JPEG 2000 comes behind its GeoTIFF.
    fileprivate var distance: Double {
        guard case .band(let band) = layer else { return key.hasSuffix("-jp2") ? 1 : 0 }
        let side = json["gsd"]?.double ?? raster?["spatial_resolution"]?.double
        let own = Double(band.nativeResolutionInMetres)
        return abs((side ?? own) - own) + (key.hasSuffix("-jp2") ? 0.5 : 0)
    }

    private var raster: JSONValue? { json["raster:bands"]?[0] ?? json["bands"]?[0] }

    private func number(_ name: String) -> Double? {
        raster?[name]?.double ?? raster?["raster:\(name)"]?.double
            ?? json["raster:\(name)"]?.double
    }

    /// How its numbers become reflectance.
    ///
    /// Products before baseline 04.00 have no offset, whatever an item says; earth-search says whether it has taken the
    /// offset out already; an item that says nothing of it hands the product's numbers on, with the offset in them.
    var radiometry: Radiometry {
        guard case .band = layer else { return .harmonised }
        let scale = number("scale") ?? 0.0001
        guard scale > 0, scale.isFinite else { return .harmonised }
        let properties = item.json["properties"]
        let isApplied = properties?["earthsearch:boa_offset_applied"]?.bool ?? false
        let baseline = item.baseline.flatMap(Double.init)
        let isEarly = baseline.map { $0 < 4 } ?? false
        let isLate = baseline.map { $0 >= 4 && $0 < 90 } ?? false
        let offset = isApplied || isEarly ? 0 : number("offset") ?? (isLate ? -0.1 : 0)
        return Radiometry(
            offset: (offset / scale).rounded(), quantification: (1 / scale).rounded())
    }

    /// The number that means "no data".
    var noData: UInt16 { number("nodata").flatMap { UInt16(exactly: $0) } ?? 0 }

    /// The ground that `proj:transform` and `proj:shape` say the asset covers.
    var ground: Ground? {
        let properties = item.json["properties"]
        func code(_ value: JSONValue?) -> Int? {
            value?["proj:epsg"]?.int
                ?? value?["proj:code"]?.string.flatMap {
                    $0.hasPrefix("EPSG:") ? Int($0.dropFirst(5)) : nil
                }
        }
        guard let epsg = code(json) ?? code(properties),
            let shape = json["proj:shape"]?.array?.compactMap(\.double), shape.count == 2,
            let numbers = json["proj:transform"]?.array?.compactMap(\.double), numbers.count >= 6,
            numbers[1] == 0, numbers[3] == 0
        else { return nil }
        let (left, top) = (numbers[2], numbers[5])
        let bounds = MapBounds(
            left: left, bottom: top + numbers[4] * shape[0], right: left + numbers[0] * shape[1],
            top: top)
        return bounds.width > 0 && bounds.height > 0
            ? Ground(bounds: bounds, crs: CRS(epsg: epsg)) : nil
    }

    /// The asset as a source of pixels; `path` where it lies now.
    ///
    /// - Throws: `PrepError` (`badData`) for a scale or an offset that no reflectance has.
    func source(_ path: String) throws -> BandSource {
        guard Radiometry.isSound(scale: number("scale"), offset: number("offset")) else {
            throw PrepError(
                .badData, Network.redacted(location),
                "the item says reflectance is number × \(number("scale") ?? 0.0001) + "
                    + "\(number("offset") ?? 0): a scale is 0.000001 to 1, an offset −10 to 10; correct the item"
            )
        }
        return BandSource(path: path, radiometry: radiometry, noData: noData, ground: ground)
    }
}
