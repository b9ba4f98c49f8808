import Geo
import Manifests

/// A Croissant 1.1 card with the properties of GeoCroissant 1.0: `croissant.json`.
///
/// Its records are the lines of `manifest.jsonl`.
struct CroissantExport {
    let export: Export

    init(_ export: Export) { self.export = export }

    func write() throws -> [String] {
        [try export.put(card(), "croissant.json")]
    }

    private func card() throws -> JSONValue {
        let tiles = export.catalogue.tiles
        let dates = tiles.map(\.date).sorted()
        let resolutions = Set(tiles.map(\.resolution)).sorted()
        let about = export.about
        var card: [String: JSONValue] = [
            "@context": Self.context, "@type": "sc:Dataset", "name": .string(about.name),
            "description": .string(about.description), "license": .string(about.license),
            "url": .string(about.license), "citeAs": .string(about.citation),
            "version": .string(export.catalogue.run.version),
            "conformsTo": [
                "http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/geo/1.0",
            ],
            "keywords": ["Sentinel-2", "multispectral", "time series", "reflectance"],
            "temporalCoverage": .string("\(dates.first ?? "")/\(dates.last ?? "")"),
            "spatialCoverage": .array(try shapes()),
            "geocr:coordinateReferenceSystem": .string(
                Set(tiles.map(\.crs)).sorted().joined(separator: ", ")),
            "geocr:spatialResolution": quantity(resolutions.first ?? 0, "m"),
            "geocr:bandConfiguration": bandConfiguration,
            "geocr:spectralBandMetadata": .array(export.catalogue.bands.map(spectrum)),
            "distribution": distribution, "recordSet": [records],
        ]
        card["datePublished"] = about.published.map { .string($0) }
        return .object(card)
    }

    /// One box a region (south, west, north, east), two where it lies on both sides of the antimeridian.
    private func shapes() throws -> [JSONValue] {
        let regions = export.catalogue.regions.sorted { $0.key < $1.key }
        return try regions.flatMap { name, grid in
            try GlobeView(grid.crs).footprint(of: grid).rings.compactMap { ring -> JSONValue? in
                guard let box = MapBounds(around: ring) else { return nil }
                return [
                    "@type": "sc:Place", "name": .string(name),
                    "geo": [
                        "@type": "sc:GeoShape",
                        "box": .string("\(box.bottom) \(box.left) \(box.top) \(box.right)"),
                    ],
                ]
            }
        }
    }

    private var bandConfiguration: JSONValue {
        let bands = export.catalogue.bands
        return [
            "@type": "geocr:BandConfiguration", "geocr:totalBands": .integer(Int64(bands.count)),
            "geocr:bandNameList": .array(bands.map { .string($0.rawValue) }),
        ]
    }

    private func spectrum(_ band: Sentinel2Band) -> JSONValue {
        [
            "@type": "geocr:SpectralBand", "name": .string(band.rawValue),
            "geocr:centerWavelength": quantity(band.centreWavelengthInNanometres, "nm"),
            "geocr:bandwidth": quantity(band.bandwidthInNanometres, "nm"),
        ]
    }

    private func quantity(_ value: Double, _ unit: String) -> JSONValue {
        ["@type": "sc:QuantitativeValue", "value": .number(value), "unitText": .string(unit)]
    }

    // MARK: Files and records

    private var distribution: JSONValue {
        let manifest = export.catalogue.manifest
        return [
            [
                "@type": "cr:FileObject", "@id": "manifest", "name": "manifest",
                "description": "One tile of one date a line",
                "contentUrl": .string(export.path(of: manifest.path)),
                "contentSize": .string("\(manifest.bytes) B"),
                "encodingFormat": "application/jsonlines",
                "sha256": .string(manifest.sha256.hex),
            ],
            [
                "@type": "cr:FileSet", "@id": "tiles", "name": "tiles",
                "description":
                    "Cloud-optimised GeoTIFF, uint16, reflectance × 10000, 0 where there is no data",
                "encodingFormat": "image/tiff",
                "includes": .string(export.path(of: "tiles/**/*.tif")),
            ],
        ]
    }

    private var records: JSONValue {
        let fields: [(String, String, String)] = [
            ("id", "sc:Text", "Region, column and row, and date"),
            ("region", "sc:Text", "Name of the region"),
            ("column", "sc:Integer", "The tile's column in its region"),
            ("row", "sc:Integer", "The tile's row in its region"),
            ("date", "sc:DateTime", "Sensing time in UTC"),
            ("path", "sc:Text", "The raster, relative to the manifest"),
            ("bytes", "sc:Integer", "Size of the raster's file"),
            ("sha256", "sc:Text", "SHA-256 of the raster's file"),
            ("width", "sc:Integer", "Columns of the raster"),
            ("height", "sc:Integer", "Rows of the raster"),
            ("crs", "sc:Text", "The projection"),
            ("validFraction", "sc:Float", "Part of the pixels that are inside and clear"),
            ("cloudFraction", "sc:Float", "Part of the pixels that are cloud or shadow"),
            ("aligned", "sc:Boolean", "Whether the date lies on the reference's grid"),
        ]
        return [
            "@type": "cr:RecordSet", "@id": "records", "name": "records",
            "key": ["@id": "records/id"],
            "field": .array(
                fields.map { name, type, description in
                    [
                        "@type": "cr:Field", "@id": .string("records/\(name)"),
                        "name": .string(name), "description": .string(description),
                        "dataType": .string(type),
                        "source": [
                            "fileObject": ["@id": "manifest"],
                            "extract": ["column": .string(name)],
                        ],
                    ]
                }),
        ]
    }

    private static let context: JSONValue = [
        "@language": "en", "@vocab": "https://schema.org/", "sc": "https://schema.org/",
        "cr": "http://mlcommons.org/croissant/", "dct": "http://purl.org/dc/terms/",
        "geocr": "http://mlcommons.org/croissant/geo/",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "arrayShape": "cr:arrayShape", "citeAs": "cr:citeAs", "column": "cr:column",
        "conformsTo": "dct:conformsTo", "containedIn": "cr:containedIn",
        "data": ["@id": "cr:data", "@type": "@json"],
        "dataType": ["@id": "cr:dataType", "@type": "@vocab"],
        "equivalentProperty": "cr:equivalentProperty",
        "examples": ["@id": "cr:examples", "@type": "@json"], "extract": "cr:extract",
        "field": "cr:field", "fileObject": "cr:fileObject", "fileProperty": "cr:fileProperty",
        "fileSet": "cr:fileSet", "format": "cr:format", "includes": "cr:includes",
        "isArray": "cr:isArray", "isLiveDataset": "cr:isLiveDataset", "jsonPath": "cr:jsonPath",
        "key": "cr:key", "md5": "cr:md5", "parentField": "cr:parentField", "path": "cr:path",
        "recordSet": "cr:recordSet", "references": "cr:references", "regex": "cr:regex",
        "repeated": "cr:repeated", "replace": "cr:replace", "samplingRate": "cr:samplingRate",
        "separator": "cr:separator", "source": "cr:source", "subField": "cr:subField",
        "transform": "cr:transform",
    ]
}
