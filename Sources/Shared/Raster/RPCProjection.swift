import CGDAL
import Geo
import Synchronization

/// From longitude and latitude to the pixels of a scene in sensor geometry; GDAL's `GDALCreateRPCTransformerV2`.
struct RPCProjection: ~Copyable {
    private let handle: UnsafeMutableRawPointer
    private let place: String?
    private let heights: HeightPatch?

    private static let counter = Atomic<Int>(0)

    /// Prepares the model.
    /// - Parameters:
    ///   - rpc: The scene's model.
    ///   - heights: Heights; the model's mean height if nil. GDAL sees a copy in memory: it would take a raster that
    ///     cannot be read for one without heights.
    /// - Throws: `RasterError` if the model cannot be used.
    init(_ rpc: RPCModel, heights: HeightPatch?) throws {
        let place = try heights.map(Self.lay)
        let options =
            if let heights, let place { Self.options(heights, at: place) } else {
                ["RPC_HEIGHT=\(rpc.height.offset)"]
            }
        let entries = rpc.metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        // A struct with a deinit is made whole at once.
        let handle: UnsafeMutableRawPointer = try GDALLibrary.collectingErrors(
            .invalid, path: "", "cannot use the RPC model"
        ) {
            var info = GDALRPCInfoV2()
            guard GDALLibrary.withStrings(entries, { GDALExtractRPCInfoV2($0, &info) }) != 0 else {
                return nil
            }
            // Reversed: from the ground to the image, without iteration.
            return GDALLibrary.withStrings(options) {
                GDALCreateRPCTransformerV2(&info, 0, 0.001, $0)
            }
        }
        (self.handle, self.place, self.heights) = (handle, place, heights)
    }

    /// Writes heights where GDAL opens files by name.
    private static func lay(_ heights: HeightPatch) throws -> String {
        let bytes = try RasterWriter.encode(
            heights.pixels, grid: heights.grid, as: .geoTIFF(.zstd),
            nodata: Double(HeightPatch.void))
        let place = "/vsimem/rpc-heights-\(counter.add(1, ordering: .relaxed).newValue).tif"
        try GDALLibrary.collectingErrors(.io, path: "", "no memory for heights") {
            guard let file = VSIFOpenL(place, "wb") else { return nil as Void? }
            defer { VSIFCloseL(file) }
            return VSIFWriteL(bytes, 1, bytes.count, file) == bytes.count ? () : nil
        }
        return place
    }

    /// `RPC_HEIGHT` is added to the heights of the DEM.
    private static func options(_ heights: HeightPatch, at place: String) -> [String] {
        var options = [
            "RPC_DEM=\(place)", "RPC_DEMINTERPOLATION=bilinear",
            "RPC_HEIGHT=\(heights.offset)", "RPC_DEM_APPLY_VDATUM_SHIFT=NO",
        ]
        if let height = heights.voidHeight { options.append("RPC_DEM_MISSING_VALUE=\(height)") }
        return options
    }

    deinit {
        GDALDestroyRPCTransformer(handle)
        if let place { _ = GDALLibrary.quietly { VSIUnlink(place) } }
    }

    /// Pixel coordinates of places on the ground; NaN where the heights end.
    func pixels(longitudes: [Double], latitudes: [Double]) -> [Position] {
        // GDAL looks up heights where the raster has them, and goes round only in the camera model.
        let near = heights.map { longitudes.map($0.near) } ?? longitudes
        return GroundToImage.pixels(
            of: handle, by: GDALRPCTransform, longitudes: near, latitudes: latitudes)
    }
}
