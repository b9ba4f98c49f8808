import Geo
import Manifests

/// A kwcoco file: a video a tile, an image a date, its raster an asset: `data.kwcoco.json`.
struct KwcocoExport {
    let export: Export

    init(_ export: Export) { self.export = export }

    func write() throws -> [String] {
        var videos: [JSONValue] = []
        var images: [JSONValue] = []
        for (number, place) in export.catalogue.places.enumerated() {
            var video: [String: JSONValue] = [
                "id": .integer(Int64(number + 1)), "name": .string(place.name),
            ]
            video["unchanged"] = export.unchanged(place.tiles[0])?.summary
            videos.append(.object(video))
            for (frame, tile) in place.tiles.enumerated() {
                images.append(
                    try image(tile, id: images.count + 1, video: number + 1, frame: frame))
            }
        }
        let document: JSONValue = [
            "info": [
                [
                    "type": "dataset", "name": .string(export.about.name),
                    "description": .string(export.about.description),
                    "license": .string(export.about.license),
                    "program": .string("matter-prep \(SuiteVersion.current)"),
                ]
            ],
            "licenses": [], "categories": [], "keypoint_categories": [], "annotations": [],
            "tracks": [], "videos": .array(videos), "images": .array(images),
        ]
        return [try export.put(document, "data.kwcoco.json")]
    }

    private func image(_ tile: TileRecord, id: Int, video: Int, frame: Int) throws -> JSONValue {
        [
            "id": .integer(Int64(id)), "name": .string(tile.flatName), "file_name": .null,
            "width": .integer(Int64(tile.width)), "height": .integer(Int64(tile.height)),
            "video_id": .integer(Int64(video)), "frame_index": .integer(Int64(frame)),
            "timestamp": .string(tile.date), "date_captured": .string(tile.date),
            "sensor_coarse": "S2", "valid_region": try validRegion(tile),
            "assets": .array([asset(tile)] + [mask(tile)].compactMap(\.self)),
        ]
    }

    private func asset(_ tile: TileRecord) -> JSONValue {
        [
            "file_name": .string(export.path(of: tile.path)),
            "channels": .string(tile.bands.joined(separator: "|")),
            "num_bands": .integer(Int64(tile.bands.count)),
            "width": .integer(Int64(tile.width)), "height": .integer(Int64(tile.height)),
            "warp_aux_to_img": ["type": "affine", "scale": 1],
            "quantization": [
                "orig_min": 0, "orig_max": 1, "orig_dtype": "float32", "quant_min": 0,
                "quant_max": 10000, "nodata": 0,
            ],
        ]
    }

    /// What the dates of the tile's place say together, as further channels; nil where they say nothing.
    private func mask(_ tile: TileRecord) -> JSONValue? {
        guard let mask = export.unchanged(tile)?.mask else { return nil }
        return [
            "file_name": .string(export.path(of: mask)),
            "channels": "no_change_probability|unchanged|clear_dates", "num_bands": 3,
            "width": .integer(Int64(tile.width)), "height": .integer(Int64(tile.height)),
            "warp_aux_to_img": ["type": "affine", "scale": 1],
        ]
    }

    /// The part of a tile that its region covers, in pixels of the tile: a padded tile reaches beyond.
    private func validRegion(_ tile: TileRecord) throws -> JSONValue {
        let size = try PixelSize(width: tile.width, height: tile.height)
        var inside = size.window
        if let region = export.catalogue.regions[tile.region] {
            let covered = try tile.grid.window(at: region.bounds)
            inside = inside.intersection(covered) ?? inside
        }
        let (left, top) = (inside.columns.lowerBound, inside.rows.lowerBound)
        let (right, bottom) = (inside.columns.upperBound, inside.rows.upperBound)
        let ring = [(left, top), (left, bottom), (right, bottom), (right, top)]
        return [
            [
                "exterior": .array(
                    ring.map { .array([.integer(Int64($0.0)), .integer(Int64($0.1))]) }),
                "interiors": [],
            ]
        ]
    }
}
