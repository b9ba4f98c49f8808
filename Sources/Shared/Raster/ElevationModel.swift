import Geo

/// Rasters of heights, and how they become metres above the ellipsoid.
public struct ElevationModel: Hashable, Codable, Sendable {
    /// GeoTIFFs, SRTM tiles (.hgt, by their size), GDAL VRTs, and zip archives of the first two; together one raster.
    public var paths: [String]
    /// Metres to add to the heights: the geoid's height where they are above the geoid.
    public var offset: Double
    /// The height taken where the rasters have none; nil leaves such ground without data.
    ///
    /// It is told as the rasters' own heights are: `offset` is added to it too.
    public var voidHeight: Double?

    /// Heights that are used as they are, unless an offset says otherwise.
    public init(paths: [String], offset: Double = 0, voidHeight: Double? = nil) {
        (self.paths, self.offset, self.voidHeight) = (paths, offset, voidHeight)
    }

    /// The heights of one file.
    public init(path: String, offset: Double = 0, voidHeight: Double? = nil) {
        self.init(paths: [path], offset: offset, voidHeight: voidHeight)
    }

    /// The height above the ellipsoid at places; nil where the rasters have none.
    ///
    /// That of the nearest pixel.
    /// - Throws: `RasterError` when a raster cannot be read or has no georeference.
    public func heights(longitudes: [Double], latitudes: [Double]) throws -> [Double?] {
        let places = zip(longitudes, latitudes).map { Position(x: $0, y: $1) }
        guard let patch = try HeightPatch(self, around: places) else {
            return places.map { _ in nil }
        }
        return try patch.heights(at: places)
    }

    /// What errors name: the file, or the first and how many there are beside it.
    public var name: String {
        paths.count == 1 ? paths[0] : "\(paths[0]) and \(paths.count - 1) more"
    }
}
