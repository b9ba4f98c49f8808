import CGDAL
import Geo

/// From longitude and latitude to the pixels of a scene in sensor geometry; GDAL's `GDALCreateRPCTransformerV2`.
struct RPCProjection: ~Copyable {
    private let handle: UnsafeMutableRawPointer

    /// Prepares the model.
    /// - Parameters:
    ///   - rpc: The scene's model.
    ///   - elevation: A raster of heights above the ellipsoid, in metres; the model's mean height if nil.
    /// - Throws: `RasterError` if the heights cannot be read.
    init(_ rpc: RPCModel, elevation: String?) throws {
        if let elevation { _ = try RasterFile(reading: elevation, drivers: [.geoTIFF]) }
        let options =
            elevation.map { ["RPC_DEM=\($0)", "RPC_DEMINTERPOLATION=bilinear"] }
            ?? ["RPC_HEIGHT=\(rpc.height.offset)"]
        let entries = rpc.metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        handle = try GDALLibrary.collectingErrors(
            .invalid, path: elevation ?? "", "cannot use the RPC model"
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

    deinit { GDALDestroyRPCTransformer(handle) }

    /// Pixel coordinates of places on the ground; NaN where the heights end.
    func pixels(longitudes: [Double], latitudes: [Double]) -> [Position] {
        var (x, y) = (longitudes, latitudes)
        var z = [Double](repeating: 0, count: x.count)
        var status = [Int32](repeating: 0, count: x.count)
        _ = GDALLibrary.quietly {
            GDALRPCTransform(handle, 1, Int32(x.count), &x, &y, &z, &status)
        }
        return x.indices.map {
            status[$0] != 0 ? Position(x: x[$0], y: y[$0]) : Position(x: .nan, y: .nan)
        }
    }
}
