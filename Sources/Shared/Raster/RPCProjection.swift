import CGDAL
import Geo

/// From longitude and latitude to the pixels of a scene in sensor geometry; GDAL's `GDALCreateRPCTransformerV2`.
struct RPCProjection: ~Copyable {
    private let handle: UnsafeMutableRawPointer

    /// Prepares the model.
    /// - Parameters:
    ///   - rpc: The scene's model.
    ///   - elevation: Heights; the model's mean height if nil.
    /// - Throws: `RasterError` if the heights cannot be read.
    init(_ rpc: RPCModel, elevation: ElevationModel?) throws {
        if let elevation { _ = try RasterFile(reading: elevation.path, drivers: .elevation) }
        let options = elevation.map(Self.options) ?? ["RPC_HEIGHT=\(rpc.height.offset)"]
        let entries = rpc.metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        handle = try GDALLibrary.collectingErrors(
            .invalid, path: elevation?.path ?? "", "cannot use the RPC model"
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
    }

    /// `RPC_HEIGHT` is added to the heights of the DEM.
    private static func options(_ elevation: ElevationModel) -> [String] {
        var options = [
            "RPC_DEM=\(elevation.path)", "RPC_DEMINTERPOLATION=bilinear",
            "RPC_HEIGHT=\(elevation.offset)", "RPC_DEM_APPLY_VDATUM_SHIFT=NO",
        ]
        if let height = elevation.voidHeight { options.append("RPC_DEM_MISSING_VALUE=\(height)") }
        return options
    }

    deinit { GDALDestroyRPCTransformer(handle) }

    /// Pixel coordinates of places on the ground; NaN where the heights end.
    func pixels(longitudes: [Double], latitudes: [Double]) -> [Position] {
        GroundToImage.pixels(
            of: handle, by: GDALRPCTransform, longitudes: longitudes, latitudes: latitudes)
    }
}
