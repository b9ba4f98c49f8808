/// One line of `manifest.jsonl`: a tile that `matter-prep` wrote, and how it is proven.
public struct TileRecord: Hashable, Codable, Sendable {
    /// How far a date's image lies from the reference: content of (row, column) is found at (row + rows, column + columns).
    public struct Shift: Hashable, Codable, Sendable {
        /// Pixels downwards.
        public var rows: Double
        /// Pixels to the right.
        public var columns: Double

        /// Makes a shift, in pixels of the tile.
        public init(rows: Double, columns: Double) {
            self.rows = rows
            self.columns = columns
        }
    }

    /// The product that a tile was cut from.
    public struct Source: Hashable, Codable, Sendable {
        /// The product's name.
        public var name: String
        /// SHA-256 of what identifies its content, if it was computed.
        public var sha256: SHA256Digest?

        /// Names a source.
        public init(name: String, sha256: SHA256Digest? = nil) {
            self.name = name
            self.sha256 = sha256
        }
    }

    /// "<region>/<column>_<row>/<date>"; unique in a manifest, which is sorted by it.
    public var id: String
    /// Name of the region.
    public var region: String
    /// The tile's column in the region's tile grid.
    public var column: Int
    /// The tile's row in the region's tile grid.
    public var row: Int
    /// Sensing time, ISO 8601 in UTC: "2020-06-01T10:30:00Z".
    public var date: String
    /// The raster, relative to the output folder.
    public var path: String
    /// Size of the raster's file.
    public var bytes: Int
    /// SHA-256 of the raster's file.
    public var sha256: SHA256Digest
    /// Columns of the raster.
    public var width: Int
    /// Rows of the raster.
    public var height: Int
    /// Names of the bands in the order of the raster.
    public var bands: [String]
    /// The coordinate reference system: "EPSG:32633" or WKT.
    public var crs: String
    /// Six numbers from pixels to map coordinates, in GDAL's order.
    public var transform: [Double]
    /// Part of the pixels that are inside of the scene and clear, 0…1.
    public var validFraction: Double
    /// Part of the pixels that are cloud or cloud shadow, 0…1.
    public var cloudFraction: Double
    /// The global shift that was found and taken out, or nil if none was.
    public var shift: Shift?
    /// Whether the tile lies on the reference's grid to a fraction of a pixel.
    public var aligned: Bool
    /// Why it is not aligned.
    public var reason: String?
    /// How the pixels became reflectance of the ground: "L2A" (delivered so), "sen2cor 2.11", "dark-object+rayleigh",
    /// "rayleigh", or "none" (top of the atmosphere); nil where the product does not say.
    public var surfaceReflectance: String?
    /// The processing baseline of the product whose numbers were read, "05.09"; nil where it does not say.
    public var baseline: String?
    /// What was added to the product's numbers of each band before they became reflectance; nil in manifests of before it was recorded.
    public var addedOffset: [Double]?
    /// The product's number, with the offset added, that is a reflectance of 1, of each band; nil where `addedOffset` is.
    public var quantification: [Double]?
    /// Degrees of the sun above the horizon at the tile's middle; nil where the product does not say, and in manifests of before.
    public var sunElevation: Double?
    /// Degrees of the sun from north over east, there; nil as `sunElevation`.
    public var sunAzimuth: Double?
    /// Degrees between the vertical and the line to the sensor there, mean of the bands; nil as `sunElevation`.
    public var viewIncidence: Double?
    /// Degrees of the sensor, as the ground sees it, from north over east; nil as `sunElevation`.
    public var viewAzimuth: Double?
    /// Where the pixels come from.
    public var source: Source
    /// The key in the training store.
    public var storeKey: String
    /// SHA-256 of the quick-look's file; nil in manifests of before it was recorded.
    public var quicklookSHA256: SHA256Digest?
    /// SHA-256 of the sample in the training store; nil in manifests of before it was recorded.
    public var sampleSHA256: SHA256Digest?

    /// Makes a record out of all of its fields.
    public init(
        id: String, region: String, column: Int, row: Int, date: String, path: String, bytes: Int,
        sha256: SHA256Digest, width: Int, height: Int, bands: [String], crs: String,
        transform: [Double], validFraction: Double, cloudFraction: Double, shift: Shift?,
        aligned: Bool, reason: String?, source: Source, storeKey: String,
        quicklookSHA256: SHA256Digest? = nil, sampleSHA256: SHA256Digest? = nil
    ) {
        (self.id, self.region, self.column, self.row) = (id, region, column, row)
        (self.date, self.path, self.bytes, self.sha256) = (date, path, bytes, sha256)
        (self.width, self.height, self.bands) = (width, height, bands)
        (self.crs, self.transform) = (crs, transform)
        (self.validFraction, self.cloudFraction) = (validFraction, cloudFraction)
        (self.shift, self.aligned, self.reason) = (shift, aligned, reason)
        (self.source, self.storeKey) = (source, storeKey)
        (self.quicklookSHA256, self.sampleSHA256) = (quicklookSHA256, sampleSHA256)
    }

    /// Encodes every field; a missing shift, reason or kind of reflectance is written as null.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(id, forKey: .id)
        try fields.encode(region, forKey: .region)
        try fields.encode(column, forKey: .column)
        try fields.encode(row, forKey: .row)
        try fields.encode(date, forKey: .date)
        try fields.encode(path, forKey: .path)
        try fields.encode(bytes, forKey: .bytes)
        try fields.encode(sha256, forKey: .sha256)
        try fields.encode(width, forKey: .width)
        try fields.encode(height, forKey: .height)
        try fields.encode(bands, forKey: .bands)
        try fields.encode(crs, forKey: .crs)
        try fields.encode(transform, forKey: .transform)
        try fields.encode(validFraction, forKey: .validFraction)
        try fields.encode(cloudFraction, forKey: .cloudFraction)
        try fields.encode(shift, forKey: .shift)
        try fields.encode(aligned, forKey: .aligned)
        try fields.encode(reason, forKey: .reason)
        try fields.encode(surfaceReflectance, forKey: .surfaceReflectance)
        try fields.encodeIfPresent(baseline, forKey: .baseline)
        try fields.encodeIfPresent(addedOffset, forKey: .addedOffset)
        try fields.encodeIfPresent(quantification, forKey: .quantification)
        try fields.encodeIfPresent(sunElevation, forKey: .sunElevation)
        try fields.encodeIfPresent(sunAzimuth, forKey: .sunAzimuth)
        try fields.encodeIfPresent(viewIncidence, forKey: .viewIncidence)
        try fields.encodeIfPresent(viewAzimuth, forKey: .viewAzimuth)
        try fields.encode(source, forKey: .source)
        try fields.encode(storeKey, forKey: .storeKey)
        try fields.encodeIfPresent(quicklookSHA256, forKey: .quicklookSHA256)
        try fields.encodeIfPresent(sampleSHA256, forKey: .sampleSHA256)
    }
}
