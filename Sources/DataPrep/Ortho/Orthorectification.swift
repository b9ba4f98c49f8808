import Foundation
public import Geo
import Manifests
import Raster

/// Brings an image in sensor geometry onto a map grid, in one resampling, through its camera model over heights.
public struct Orthorectification: Sendable {
    /// A GeoTIFF with a camera model.
    public let image: String
    /// A raster of heights in metres, or `nil` for flat ground.
    public let elevation: String?
    /// The map projection; `nil` for the UTM zone of the camera model's centre.
    public let crs: CRS?
    /// Side of a pixel in units of the projection.
    public let resolution: Double

    /// What was written.
    public struct Outcome: Sendable, Codable {
        /// Columns.
        public var width: Int
        /// Rows.
        public var height: Int
        /// The projection.
        public var crs: String
        /// The share of pixels that the image covers, 0…1.
        public var covered: Double
        /// What a user should know, such as that no heights were given.
        public var warning: String?
    }

    /// An orthorectification.
    public init(image: String, elevation: String?, crs: CRS?, resolution: Double) {
        self.image = image
        self.elevation = elevation
        self.crs = crs
        self.resolution = resolution
    }

    /// Writes a GeoTIFF that says in its metadata which heights it was made with.
    ///
    /// - Throws: `PrepError` for an image without camera model, `RasterError` for files that cannot be read or written.
    public func write(to path: String) throws -> Outcome {
        if let elevation, !FileManager.default.fileExists(atPath: elevation) {
            throw PrepError(.missing, elevation, "no such file of heights")
        }
        guard resolution > 0, resolution.isFinite else {
            throw PrepError(.usage, "--resolution \(resolution)", "must be above 0")
        }
        let file = try RasterFile(reading: image)
        guard let rpc = file.rpc else {
            throw PrepError(
                .badData, image,
                "no camera model (RPC) in the file; matter-prep tile takes map images")
        }
        let crs = try self.crs ?? utm(rpc)
        let grid = try grid(rpc, size: file.size, crs: crs)
        let warp = try Warp(from: rpc, size: file.size, elevation: elevation, onto: grid)
        let source: RasterBuffer<UInt16> = try file.read(as: UInt16.self)
        let result = try warp.resample(source, nodata: 0, kernel: .cubic, threads: 2)
        let clear = result.valid.pixels.reduce(into: 0) { $0 += Int($1) }
        let warning =
            elevation == nil ? "flat ground: no heights were given, hills are displaced" : nil
        try RasterWriter.write(
            result.image, grid: grid, as: .cog(.deflate), nodata: 0,
            bandNames: file.bandDescriptions,
            metadata: ["MATTER_HEIGHTS": elevation == nil ? "none: flat ground" : "DEM"], to: path)
        return Outcome(
            width: grid.size.width, height: grid.size.height, crs: crs.definition,
            covered: Double(clear) / Double(grid.size.count), warning: warning)
    }

    private func utm(_ rpc: RPCModel) throws -> CRS {
        let zone = Int(((rpc.longitude.offset + 180) / 6).rounded(.down)) + 1
        return try CRS.utm(
            zone: min(max(zone, 1), 60), isNorthern: rpc.latitude.offset >= 0)
    }

    /// The ground that the camera model says it covers.
    private func grid(_ rpc: RPCModel, size: PixelSize, crs: CRS) throws -> GeoGrid {
        let steps = (0...20).map { Double($0) / 10 - 1 }
        let corners: [(Double, Double)] = steps.flatMap { step in
            [(step, -1.0), (step, 1.0), (-1.0, step), (1.0, step)]
        }
        let border = corners.map { corner in
            Position(
                x: rpc.longitude.offset + corner.0 * rpc.longitude.scale,
                y: rpc.latitude.offset + corner.1 * rpc.latitude.scale)
        }
        let transform = try CoordinateTransform(from: .wgs84, to: crs)
        guard let bounds = MapBounds(around: transform.map(border).compactMap(\.self)) else {
            throw PrepError(.badData, image, "its camera model lies outside of \(crs)")
        }
        return try GeoGrid(covering: bounds, resolution: resolution, crs: crs)
    }
}
