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
            "distribution": .array(distribution + unchangedFiles),
            "recordSet": .array([records] + unchangedRecords),
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

    private var distribution: [JSONValue] {
        [
            lines("manifest", "One tile of one date a line", export.catalogue.manifest),
            [
                "@type": "cr:FileSet", "@id": "tiles", "name": "tiles",
                "description":
                    "Cloud-optimised GeoTIFF, uint16, reflectance × 10000, 0 where there is no data",
                "encodingFormat": "image/tiff",
                "includes": .string(export.path(of: "tiles/**/*.tif")),
            ],
        ]
    }

    /// A file of JSON documents, one a line.
    private func lines(_ id: String, _ description: String, _ file: InputDigest) -> JSONValue {
        [
            "@type": "cr:FileObject", "@id": .string(id), "name": .string(id),
            "description": .string(description),
            "contentUrl": .string(export.path(of: file.path)),
            "contentSize": .string("\(file.bytes) B"),
            "encodingFormat": "application/jsonlines", "sha256": .string(file.sha256.hex),
        ]
    }

    private var unchangedFiles: [JSONValue] {
        guard let inputs = export.catalogue.unchanged?.inputs else { return [] }
        let pairs = lines("pairs", "Two dates of a tile to train on a line", inputs[1])
        return [
            lines("scores", "What all dates of a tile say together, a tile a line", inputs[0])
        ] + (hasPairs ? [pairs] : []) + [
            [
                "@type": "cr:FileSet", "@id": "masks", "name": "masks",
                "description":
                    "GeoTIFF, uint8: probability of no change in percent, unchanged (0, 1), clear dates; 255 unknown",
                "encodingFormat": "image/tiff",
                "includes": .string(export.path(of: "unchanged/tiles/**/*.tif")),
            ]
        ]
    }

    /// Readers of the card cannot read a file without lines.
    private var hasPairs: Bool { export.catalogue.unchanged?.inputs[1].bytes ?? 0 > 0 }

    private var unchangedRecords: [JSONValue] {
        guard export.catalogue.unchanged != nil else { return [] }
        let pairs = recordSet(
            "trainingPairs", of: "pairs", key: nil,
            [
                ("tile", "sc:Text", "Region, column and row"),
                ("split", "sc:Text", "train or val, by region"),
                ("days", "sc:Float", "Days between the dates"),
                ("sunElevationDifference", "sc:Float", "Degrees"),
                ("clear", "sc:Float", "Share of the tile that is clear on both"),
            ])
        return [
            recordSet(
                "unchanged", of: "scores", key: "tile",
                [
                    ("tile", "sc:Text", "Region, column and row"),
                    ("region", "sc:Text", "Name of the region"),
                    ("known", "sc:Float", "Share of the pixels of which anything is known"),
                    ("score", "sc:Float", "Share of the known pixels that did not change"),
                    ("selected", "sc:Boolean", "Whether the tile passes both limits"),
                    ("pairsUsed", "sc:Integer", "Date pairs that were compared"),
                    ("path", "sc:Text", "The mask, relative to the scores"),
                    ("bytes", "sc:Integer", "Size of the mask's file"),
                    ("sha256", "sc:Text", "SHA-256 of the mask's file"),
                ])
        ] + (hasPairs ? [pairs] : [])
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
        return recordSet("records", of: "manifest", key: "id", fields)
    }

    /// A record set whose records are the lines of a file; fields by name, type and description.
    private func recordSet(
        _ id: String, of file: String, key: String?, _ fields: [(String, String, String)]
    ) -> JSONValue {
        var set: [String: JSONValue] = [
            "@type": "cr:RecordSet", "@id": .string(id), "name": .string(id),
            "field": .array(
                fields.map { name, type, description in
                    [
                        "@type": "cr:Field", "@id": .string("\(id)/\(name)"),
                        "name": .string(name), "description": .string(description),
                        "dataType": .string(type),
                        "source": [
                            "fileObject": ["@id": .string(file)],
                            "extract": ["column": .string(name)],
                        ],
                    ]
                }),
        ]
        set["key"] = key.map { ["@id": .string("\(id)/\($0)")] }
        return .object(set)
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
