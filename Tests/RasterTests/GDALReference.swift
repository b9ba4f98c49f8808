import CGDAL
import Geo
import Raster

/// GDAL's own warp, to compare with.
enum GDALReference {
    private static func dataset(
        _ buffer: RasterBuffer<UInt16>, _ grid: GeoGrid?, rpc: RPCModel? = nil
    ) -> GDALDatasetH? {
        // Raster sets GDAL up at its first use, and this test may come before any.
        _ = CoordinateTransform.isSame(.wgs84, CRS(epsg: 32633))
        let (width, height) = (Int32(buffer.size.width), Int32(buffer.size.height))
        let dataset = GDALCreate(
            GDALGetDriverByName("MEM"), "", width, height, 1, GDT_UInt16, nil)
        var pixels = buffer.pixels
        let status = GDALDatasetRasterIO(
            dataset, GF_Write, 0, 0, width, height, &pixels, width, height, GDT_UInt16, 1, nil,
            0, 0, 0)
        precondition(status == CE_None)
        GDALSetRasterNoDataValue(GDALGetRasterBand(dataset, 1), 0)
        if let grid {
            var numbers = grid.transform.gdal
            GDALSetGeoTransform(dataset, &numbers)
            let reference = OSRNewSpatialReference(nil)
            OSRSetFromUserInput(reference, grid.crs.definition)
            GDALSetSpatialRef(dataset, reference)
            OSRDestroySpatialReference(reference)
        }
        for (key, value) in rpc?.metadata ?? [:] {
            GDALSetMetadataItem(dataset, key, value, "RPC")
        }
        return dataset
    }

    /// `gdalwarp -et 0 -r KERNEL` onto a grid.
    static func warp(
        _ image: RasterBuffer<UInt16>, from grid: GeoGrid?, rpc: RPCModel? = nil,
        onto target: GeoGrid, kernel: ResamplingKernel = .cubic, options: [String] = []
    ) -> RasterBuffer<UInt16> {
        let source = dataset(image, grid, rpc: rpc)
        var result = RasterBuffer<UInt16>(size: target.size, filledWith: 0)
        let output = dataset(result, target)
        var list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        for option in ["-et", "0", "-r", kernel.rawValue, "-ovr", "NONE"] + options {
            list = CSLAddString(list, option)
        }
        let arguments = GDALWarpAppOptionsNew(list, nil)
        var sources = [source]
        var usageError: Int32 = 0
        _ = GDALWarp(nil, output, 1, &sources, arguments, &usageError)
        GDALWarpAppOptionsFree(arguments)
        CSLDestroy(list)
        let (width, height) = (Int32(target.size.width), Int32(target.size.height))
        let status = GDALDatasetRasterIO(
            output, GF_Read, 0, 0, width, height, &result.pixels, width, height, GDT_UInt16, 1,
            nil, 0, 0, 0)
        precondition(status == CE_None)
        matter_close(source)
        matter_close(output)
        return result
    }
}
