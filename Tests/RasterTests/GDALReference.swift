import CGDAL
import Geo
import Raster

/// GDAL's own warp, to compare with.
enum GDALReference {
    private static func type<Pixel: RasterPixel>(of pixel: Pixel.Type) -> GDALDataType {
        switch Pixel.type {
        case .uint8: GDT_Byte
        case .uint16: GDT_UInt16
        case .int16: GDT_Int16
        case .float32: GDT_Float32
        case .float64: GDT_Float64
        }
    }

    private static func dataset<Pixel: RasterPixel>(
        _ buffer: RasterBuffer<Pixel>, _ grid: GeoGrid?, rpc: RPCModel? = nil, nodata: Pixel
    ) -> GDALDatasetH? {
        // Raster sets GDAL up at its first use, and this test may come before any.
        _ = CoordinateTransform.isSame(.wgs84, CRS(epsg: 32633))
        let (width, height) = (Int32(buffer.size.width), Int32(buffer.size.height))
        let dataset = GDALCreate(
            GDALGetDriverByName("MEM"), "", width, height, 1, type(of: Pixel.self), nil)
        var pixels = buffer.pixels
        let status = GDALDatasetRasterIO(
            dataset, GF_Write, 0, 0, width, height, &pixels, width, height, type(of: Pixel.self), 1,
            nil, 0, 0, 0)
        precondition(status == CE_None)
        GDALSetRasterNoDataValue(GDALGetRasterBand(dataset, 1), nodata.double)
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

    /// A GeoTIFF of nothing with control points in a system, each at the pixel of its number.
    static func write(_ places: [Position], in crs: CRS, to path: String) {
        _ = CoordinateTransform.isSame(.wgs84, crs)
        let dataset = GDALCreate(GDALGetDriverByName("GTiff"), path, 9, 9, 1, GDT_Byte, nil)
        var points = [GDAL_GCP](repeating: GDAL_GCP(), count: places.count)
        GDALInitGCPs(Int32(points.count), &points)
        for (index, place) in places.enumerated() {
            (points[index].dfGCPPixel, points[index].dfGCPLine) = (Double(index), Double(index % 2))
            (points[index].dfGCPX, points[index].dfGCPY) = (place.x, place.y)
        }
        let reference = OSRNewSpatialReference(nil)
        OSRSetFromUserInput(reference, crs.definition)
        OSRSetAxisMappingStrategy(reference, OAMS_TRADITIONAL_GIS_ORDER)
        let status = GDALSetGCPs2(dataset, Int32(points.count), points, reference)
        precondition(status == CE_None)
        OSRDestroySpatialReference(reference)
        GDALDeinitGCPs(Int32(points.count), &points)
        matter_close(dataset)
    }

    private static func name(_ kernel: ResamplingKernel) -> String {
        kernel == .nearest ? "near" : kernel.rawValue
    }

    /// `gdalwarp -et 0 -r KERNEL` onto a grid.
    static func warp<Pixel: RasterPixel>(
        _ image: RasterBuffer<Pixel>, from grid: GeoGrid?, rpc: RPCModel? = nil,
        onto target: GeoGrid, kernel: ResamplingKernel = .cubic, options: [String] = [],
        nodata: Pixel = .zero
    ) -> RasterBuffer<Pixel> {
        let source = dataset(image, grid, rpc: rpc, nodata: nodata)
        var result = RasterBuffer<Pixel>(size: target.size, filledWith: nodata)
        let output = dataset(result, target, nodata: nodata)
        var list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        for option in ["-et", "0", "-r", name(kernel), "-ovr", "NONE"] + options {
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
            output, GF_Read, 0, 0, width, height, &result.pixels, width, height,
            type(of: Pixel.self), 1, nil, 0, 0, 0)
        precondition(status == CE_None)
        matter_close(source)
        matter_close(output)
        return result
    }
}
