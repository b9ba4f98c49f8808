import Manifests
import Geo

/// Reads the polygons of a GeoJSON feature collection (RFC 7946, and the `crs` member of its 2008 forerunner).
///
/// A geometry is walked twice: once to learn its type, for `type` may stand behind `coordinates`, and once to read it.
package enum GeoJSONFootprints {
    /// Bytes of a file; far above any chip's.
    static let mostBytes = 1 << 27
    /// Geometry collections one inside another.
    static let deepestCollection = 8

    /// Reads a whole document.
    ///
    /// - Throws: `BenchError`, 65, with line and column for what is not JSON or not GeoJSON.
    package static func read(_ bytes: [UInt8], path: String) throws -> FootprintCollection {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw BenchError(.invalid, "\(path): is not UTF-8 text; fetch the file again")
        }
        return try bytes.withUnsafeBufferPointer { bytes in
            var cursor = JSONCursor(bytes)
            do throws(JSONFault) {
                let collection = try document(&cursor)
                try cursor.end()
                return collection
            } catch {
                let (line, column) = cursor.place
                throw BenchError(
                    .invalid,
                    "\(path): line \(line):\(column): not valid GeoJSON: \(error.reason); fetch the file again"
                )
            }
        }
    }

    private enum Key {
        static let type = JSONKey("type")
        static let crs = JSONKey("crs")
        static let features = JSONKey("features")
        static let id = JSONKey("id")
        static let geometry = JSONKey("geometry")
        static let properties = JSONKey("properties")
        static let name = JSONKey("name")
        static let coordinates = JSONKey("coordinates")
        static let geometries = JSONKey("geometries")
    }

    // MARK: The collection

    private static func document(
        _ cursor: inout JSONCursor
    ) throws(JSONFault) -> FootprintCollection {
        var collection = FootprintCollection()
        var (type, hasFeatures) = ("", false)
        cursor.skipSpace()
        try cursor.object { cursor, key throws(JSONFault) in
            switch key {
            case Key.type: type = try cursor.string()
            case Key.crs: collection.crs = try systemName(&cursor)
            case Key.features:
                hasFeatures = true
                try cursor.array { cursor throws(JSONFault) in
                    let index = collection.features.count
                    collection.features.append(try feature(&cursor, index: index))
                }
            default: try cursor.skip()
            }
        }
        guard type == "FeatureCollection", hasFeatures else {
            throw JSONFault(reason: "expected a FeatureCollection with features")
        }
        return collection
    }

    /// `{"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}`, or null.
    private static func systemName(_ cursor: inout JSONCursor) throws(JSONFault) -> String? {
        if try cursor.takeNull() { return nil }
        var name: String?
        try cursor.object { cursor, key throws(JSONFault) in
            guard key == Key.properties else { return try cursor.skip() }
            try cursor.object { cursor, key throws(JSONFault) in
                if key == Key.name { name = try cursor.string() } else { try cursor.skip() }
            }
        }
        guard let name else { throw JSONFault(reason: "a crs without a name") }
        return name
    }

    private static func feature(
        _ cursor: inout JSONCursor, index: Int
    ) throws(JSONFault) -> FootprintFeature {
        var feature = FootprintFeature(index: index)
        var (type, hasGeometry) = ("", false)
        try cursor.object { cursor, key throws(JSONFault) in
            switch key {
            case Key.type: type = try cursor.string()
            case Key.id:
                let start = cursor.index
                try cursor.skip()
                let text = String(
                    decoding: cursor.bytes[start..<cursor.index].prefix(40), as: UTF8.self)
                feature.id = text.filter { $0 != "\"" }
            case Key.geometry:
                hasGeometry = true
                if try cursor.takeNull() {
                    feature.remark = "null geometry"
                } else {
                    try geometry(&cursor, into: &feature, depth: 0)
                }
            default: try cursor.skip()
            }
        }
        guard type == "Feature", hasGeometry else {
            throw JSONFault(reason: "feature \(index) is no Feature with a geometry")
        }
        return feature
    }

    // MARK: Geometries

    private static func geometry(
        _ cursor: inout JSONCursor, into feature: inout FootprintFeature, depth: Int
    ) throws(JSONFault) {
        guard depth <= deepestCollection else {
            throw JSONFault(
                reason: "geometry collections nested deeper than \(deepestCollection)")
        }
        var type = ""
        var (coordinates, geometries): (Int?, Int?) = (nil, nil)
        try cursor.object { cursor, key throws(JSONFault) in
            switch key {
            case Key.type: type = try cursor.string()
            case Key.coordinates:
                coordinates = cursor.index
                try cursor.skip()
            case Key.geometries:
                geometries = cursor.index
                try cursor.skip()
            default: try cursor.skip()
            }
        }
        let end = cursor.index
        guard let start = type == "GeometryCollection" ? geometries : coordinates else {
            throw JSONFault(reason: "a geometry of type \"\(type)\" without its coordinates")
        }
        cursor.index = start
        try parts(&cursor, of: type, into: &feature, depth: depth)
        cursor.index = end
    }

    private static func parts(
        _ cursor: inout JSONCursor, of type: String, into feature: inout FootprintFeature,
        depth: Int
    ) throws(JSONFault) {
        switch type {
        case "Polygon":
            add(try polygon(&cursor), to: &feature)
        case "MultiPolygon":
            try cursor.array { cursor throws(JSONFault) in
                add(try polygon(&cursor), to: &feature)
            }
        case "GeometryCollection":
            try cursor.array { cursor throws(JSONFault) in
                try geometry(&cursor, into: &feature, depth: depth + 1)
            }
        case "Point", "MultiPoint", "LineString", "MultiLineString":
            try cursor.skip()
            feature.fault = "a \(type) has no area; left out"
        default:
            throw JSONFault(reason: "a geometry of type \"\(type)\" is not known")
        }
        if feature.polygons.isEmpty, feature.fault == nil { feature.remark = "empty geometry" }
    }

    private static func add(_ polygon: [[Position]], to feature: inout FootprintFeature) {
        guard !polygon.isEmpty else { return }
        feature.polygons.append(polygon)
        feature.remark = nil
    }

    private static func polygon(_ cursor: inout JSONCursor) throws(JSONFault) -> [[Position]] {
        var rings: [[Position]] = []
        cursor.skipSpace()
        try cursor.array { cursor throws(JSONFault) in
            var ring: [Position] = []
            try cursor.array { cursor throws(JSONFault) in
                ring.append(try position(&cursor))
            }
            if !ring.isEmpty { rings.append(ring) }
        }
        return rings
    }

    /// Two numbers; a third (height) and a fourth are allowed and not used.
    private static func position(_ cursor: inout JSONCursor) throws(JSONFault) -> Position {
        var place = Position(x: 0, y: 0)
        var count = 0
        try cursor.array { cursor throws(JSONFault) in
            let value = try cursor.number()
            if count == 0 { place.x = value }
            if count == 1 { place.y = value }
            count += 1
        }
        guard (2...4).contains(count) else {
            throw JSONFault(reason: "a position of \(count) numbers")
        }
        return place
    }
}
