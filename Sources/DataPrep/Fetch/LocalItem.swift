import Foundation
import Geo
import Manifests
import Raster

/// The STAC item beside the files that were fetched: the archive's own, with assets that lie here and cover less ground.
struct LocalItem {
    /// What the item is called in a scene's folder; it is written last, so that a folder with one is whole.
    static let fileName = "item.json"

    private static let extensions = ["file", "projection", "raster"]

    /// The item of a scene.
    static func json(_ item: STACItem, _ copies: [AssetCopy.Copy]) throws -> JSONValue {
        var members = item.json.object ?? [:]
        let sources = item.assets()
        var assets: [String: JSONValue] = [:]
        for copy in copies {
            guard let source = sources[copy.layer] else { continue }
            assets[source.key] = asset(source, copy)
        }
        members["assets"] = .object(assets)
        members["links"] = .array(links(members["links"]?.array ?? []))
        if let grid = copies.compactMap(\.grid).first { try place(&members, on: grid) }
        var extensions = (members["stac_extensions"]?.array ?? []).filter { known in
            !(known.string ?? "").contains("/file/")
        }
        extensions.append("https://stac-extensions.github.io/file/v2.1.0/schema.json")
        members["stac_extensions"] = .array(extensions)
        return .object(members)
    }

    /// SHA-256 as a multihash, as the file extension wants it.
    private static func checksum(_ digest: InputDigest) -> String { "1220\(digest.sha256.hex)" }

    private static func asset(_ source: STACAsset, _ copy: AssetCopy.Copy) -> JSONValue {
        var fields = source.json.object ?? [:]
        fields["href"] = .string("./\(copy.layer.fileName)")
        fields["file:size"] = .integer(Int64(copy.digest.bytes))
        fields["file:checksum"] = .string(checksum(copy.digest))
        fields["alternate"] = nil
        guard let grid = copy.grid else { return .object(fields) }
        fields["type"] = "image/tiff; application=geotiff; profile=cloud-optimized"
        fields["proj:shape"] = .array([
            .integer(Int64(grid.size.height)), .integer(Int64(grid.size.width)),
        ])
        let t = grid.transform
        fields["proj:transform"] = .array(
            [t.pixelWidth, t.rowRotation, t.originX, t.columnRotation, t.pixelHeight, t.originY]
                .map(JSONValue.number))
        let bounds = grid.bounds
        fields["proj:bbox"] = .array(
            [bounds.left, bounds.bottom, bounds.right, bounds.top].map(JSONValue.number))
        return .object(fields)
    }

    /// Links that still lead somewhere: to where the item came from.
    private static func links(_ links: [JSONValue]) -> [JSONValue] {
        links.compactMap { link in
            guard ["self", "canonical", "license"].contains(link["rel"]?.string ?? ""),
                let href = link["href"]?.string, href.contains("://"), !href.hasPrefix("file:")
            else { return nil }
            var fields = link.object ?? [:]
            fields["href"] = .string(Network.redacted(href))
            if fields["rel"]?.string == "self" { fields["rel"] = "derived_from" }
            return .object(fields)
        }
    }

    /// The outline of a grid in degrees, to seven digits (a centimetre).
    private static func place(_ members: inout [String: JSONValue], on grid: GeoGrid) throws {
        let transform = try CoordinateTransform(from: grid.crs, to: CRS(epsg: 4326))
        let corners = transform.map(grid.corners).compactMap(\.self)
        guard corners.count == 4, let box = MapBounds(around: corners), box.width < 180 else {
            return
        }
        func rounded(_ value: Double) -> JSONValue { .number((value * 1e7).rounded() / 1e7) }
        // GeoJSON goes round against the clock.
        let ring = (corners.reversed() + [corners[3]]).map {
            JSONValue.array([rounded($0.x), rounded($0.y)])
        }
        members["geometry"] = .object([
            "type": "Polygon", "coordinates": .array([.array(ring)]),
        ])
        members["bbox"] = .array([box.left, box.bottom, box.right, box.top].map(rounded))
    }

    /// Whether a scene's folder holds all that its item says, to the last byte.
    static func isWhole(_ folder: String, layers: Set<STACLayer>) throws -> Bool {
        let path = "\(folder)/\(fileName)"
        guard StoredFile(path).exists else { return false }
        guard let item = try? STACItem(contentsOf: path, base: folder) else { return false }
        let assets = item.assets()
        guard Set(assets.keys) == layers else { return false }
        return try assets.allSatisfy { layer, asset in
            guard StoredFile(asset.location).exists else { return false }
            let digest = try StoredFile(asset.location).digest(named: layer.fileName)
            return asset.json["file:checksum"]?.string == checksum(digest)
        }
    }
}
