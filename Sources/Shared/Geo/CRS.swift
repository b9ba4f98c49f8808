/// A coordinate reference system: an EPSG code, or WKT where there is none.
public struct CRS: Hashable, Sendable, CustomStringConvertible {
    /// What GDAL's `OSRSetFromUserInput` takes: "EPSG:32633" or WKT.
    public let definition: String

    /// A system of the EPSG registry.
    public init(epsg: Int) {
        definition = "EPSG:\(epsg)"
    }

    /// A system given as WKT, or as any other definition ("EPSG:32633" is understood as a code).
    public init(wkt: String) {
        definition = wkt
    }

    /// Longitude and latitude on WGS 84.
    public static let wgs84 = CRS(epsg: 4326)

    /// The UTM zone (1…60) on WGS 84, in the northern or the southern hemisphere.
    /// - Throws: `GeoError` if there is no such zone.
    public static func utm(zone: Int, isNorthern: Bool) throws -> CRS {
        guard (1...60).contains(zone) else {
            throw GeoError("UTM zone \(zone): zones are 1…60")
        }
        return CRS(epsg: (isNorthern ? 32600 : 32700) + zone)
    }

    /// The EPSG code if the system was given by one.
    public var epsg: Int? {
        guard definition.hasPrefix("EPSG:") else { return nil }
        return Int(definition.dropFirst(5))
    }

    /// The definition; of WKT only its beginning.
    public var description: String {
        definition.count <= 60 ? definition : definition.prefix(57) + "..."
    }
}

extension CRS: Codable {
    /// Decodes the definition.
    public init(from decoder: any Decoder) throws {
        definition = try String(from: decoder)
    }

    /// Encodes the definition.
    public func encode(to encoder: any Encoder) throws {
        try definition.encode(to: encoder)
    }
}
