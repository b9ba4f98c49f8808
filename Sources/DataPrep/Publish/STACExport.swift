import Geo
import Manifests

/// A STAC 1.1 collection with an item a tile and date: `collection.json`, `<region>/<column>_<row>/<date>.json`.
///
/// Extensions: projection 2.0, eo 2.0, raster 2.0, file 2.1, processing 1.2, and view 1.0 where angles are known. All links
/// are relative.
struct STACExport {
    let export: Export

    init(_ export: Export) { self.export = export }

    private static let extensions = [
        "eo/v2.0.0", "file/v2.1.0", "processing/v1.2.0", "projection/v2.0.0", "raster/v2.0.0",
    ]

    func write() throws -> [String] {
        var views: [String: GlobeView] = [:]
        var boxes: [String: [GeographicBox]] = [:]
        var files: [String] = []
        for place in export.catalogue.places {
            for tile in place.tiles {
                let view = try views[tile.crs] ?? GlobeView(CRS(wkt: tile.crs))
                views[tile.crs] = view
                let footprint = try view.footprint(of: tile.grid)
                boxes[tile.region, default: []].append(footprint.box)
                files.append(
                    try export.put(item(tile, footprint, in: place.name), "\(tile.id).json"))
            }
        }
        return files + [try export.put(collection(files, boxes), "collection.json")]
    }

    // MARK: Items

    private func item(_ tile: TileRecord, _ footprint: Footprint, in folder: String) -> JSONValue {
        [
            "type": "Feature", "stac_version": "1.1.0", "stac_extensions": extensions(of: tile),
            "id": .string(tile.flatName), "collection": .string(export.about.name),
            "geometry": footprint.geometry, "bbox": footprint.box.json,
            "properties": properties(tile),
            "links": .array(
                ["root", "parent", "collection"].map {
                    link($0, "../../collection.json", "application/json")
                }),
            "assets": assets(tile, in: folder),
        ]
    }

    private func extensions(of tile: TileRecord) -> JSONValue {
        // Its schema wants at least one of its fields.
        let names = Self.extensions + (view(tile).isEmpty ? [] : ["view/v1.0.0"])
        return .array(
            names.map { .string("https://stac-extensions.github.io/\($0)/schema.json") })
    }

    /// Where sun and sensor stood.
    private func view(_ tile: TileRecord) -> [String: JSONValue] {
        [
            "view:sun_elevation": tile.sunElevation, "view:sun_azimuth": tile.sunAzimuth,
            "view:incidence_angle": tile.viewIncidence, "view:azimuth": tile.viewAzimuth,
        ].compactMapValues { $0.map { .number($0) } }
    }

    private func assets(_ tile: TileRecord, in folder: String) -> JSONValue {
        var assets = ["tile": raster(tile, in: folder), "quicklook": picture(tile, in: folder)]
        if let mask = export.unchanged(tile)?.mask {
            assets["unchanged"] = unchanged(mask, tile, in: folder)
        }
        return .object(assets)
    }

    private func properties(_ tile: TileRecord) -> JSONValue {
        var properties: [String: JSONValue] = [
            "datetime": .string(tile.date), "constellation": "sentinel-2",
            "gsd": .number(tile.resolution),
            "eo:cloud_cover": .number(100 * tile.cloudFraction),
            "matter:region": .string(tile.region),
            "matter:valid_fraction": .number(tile.validFraction),
            "matter:aligned": .bool(tile.aligned),
            "matter:source": .string(tile.source.name),
            "processing:software": ["matter-prep": .string(export.catalogue.run.version)],
        ]
        properties["s2:processing_baseline"] = tile.baseline.map { .string($0) }
        properties["matter:added_offset"] = tile.addedOffset.map { .array($0.map { .number($0) }) }
        properties["matter:quantification"] = tile.quantification.map {
            .array($0.map { .number($0) })
        }
        if let shift = tile.shift {
            properties["matter:shift"] = [
                "rows": .number(shift.rows), "columns": .number(shift.columns),
            ]
        }
        properties.merge(view(tile)) { first, _ in first }
        if let unchanged = export.unchanged(tile) {
            properties["matter:unchanged"] = unchanged.summary
        }
        let code = CRS(wkt: tile.crs).epsg.map { JSONValue.string("EPSG:\($0)") }
        properties["proj:code"] = code ?? .null
        if code == nil { properties["proj:wkt2"] = .string(tile.crs) }
        return .object(properties)
    }

    private func raster(_ tile: TileRecord, in folder: String) -> JSONValue {
        var raster: [String: JSONValue] = [
            "href": .string(export.path(of: tile.path, from: folder)),
            "type": "image/tiff; application=geotiff; profile=cloud-optimized",
            "title": "Reflectance × 10000", "roles": ["data", "reflectance"],
            "proj:shape": .array([tile.height, tile.width].map { .integer(Int64($0)) }),
            "proj:transform": transform(tile), "bands": .array(tile.bands.map(band)),
            "data_type": "uint16", "nodata": 0,
            "raster:scale": 0.0001, "raster:offset": 0,
            "raster:spatial_resolution": .number(tile.resolution),
            "file:size": .integer(Int64(tile.bytes)),
            "file:checksum": .string("1220\(tile.sha256.hex)"),
        ]
        if export.catalogue.hasMasks {
            raster["description"] =
                "Valid by the internal mask: pixels with data in every band and nothing that hides the ground"
            raster["matter:mask"] = "internal"
        }
        return .object(raster)
    }

    /// What the dates of the tile's place say together; the same for each of them.
    private func unchanged(_ mask: String, _ tile: TileRecord, in folder: String) -> JSONValue {
        let bands: [(String, String)] = [
            ("no-change probability", "Probability of no change in percent"),
            ("unchanged", "1 unchanged, 0 changed"), ("clear dates", "Number of clear dates"),
        ]
        return [
            "href": .string(export.path(of: mask, from: folder)),
            "type": "image/tiff; application=geotiff; profile=cloud-optimized",
            "title": "Ground that did not change, by all dates", "roles": ["data", "unchanged"],
            "proj:shape": .array([tile.height, tile.width].map { .integer(Int64($0)) }),
            "proj:transform": transform(tile), "data_type": "uint8", "nodata": 255,
            "bands": .array(
                bands.map { ["name": .string($0.0), "description": .string($0.1)] }),
            "raster:spatial_resolution": .number(tile.resolution),
            "file:size": .integer(Int64(export.unchanged(tile)?.bytes ?? 0)),
            "file:checksum": .string("1220\(export.unchanged(tile)?.sha256?.hex ?? "")"),
        ]
    }

    /// STAC has the six numbers row by row, GDAL has each row's offset first.
    private func transform(_ tile: TileRecord) -> JSONValue {
        .array([1, 2, 0, 4, 5, 3].map { .number(tile.transform[$0]) })
    }

    private func band(_ name: String) -> JSONValue {
        guard let band = Sentinel2Band(name: name) else { return ["name": .string(name)] }
        return [
            "name": .string(name), "eo:common_name": .string(band.commonName),
            "eo:center_wavelength": .number(band.centreWavelengthInMicrometres),
            "eo:full_width_half_max": .number(band.bandwidthInMicrometres),
        ]
    }

    private func picture(_ tile: TileRecord, in folder: String) -> JSONValue {
        [
            "href": .string(export.path(of: TileFolder.quicklook(tile.id), from: folder)),
            "type": "image/png", "roles": ["overview"],
        ]
    }

    private func link(_ relation: String, _ href: String, _ type: String) -> JSONValue {
        ["rel": .string(relation), "href": .string(href), "type": .string(type)]
    }

    // MARK: The collection

    private func collection(
        _ items: [String], _ boxes: [String: [GeographicBox]]
    ) throws -> JSONValue {
        let regions = boxes.keys.sorted().compactMap { GeographicBox.around(boxes[$0] ?? []) }
        let whole = GeographicBox.around(regions)
        let spatial = regions.count > 1 ? [whole].compactMap(\.self) + regions : regions
        let dates = export.catalogue.tiles.map(\.date).sorted()
        return [
            "type": "Collection", "stac_version": "1.1.0", "stac_extensions": [],
            "id": .string(export.about.name), "description": .string(export.about.description),
            "license": "other",
            "extent": [
                "spatial": ["bbox": .array(spatial.map(\.json))],
                "temporal": [
                    "interval": [
                        [.string(dates.first ?? ""), .string(dates.last ?? "")]
                    ]
                ],
            ],
            "links": .array(
                [
                    link("root", "./collection.json", "application/json"),
                    link("license", export.about.license, "text/html"),
                ] + items.map { link("item", "./\($0)", "application/geo+json") }),
        ]
    }
}
