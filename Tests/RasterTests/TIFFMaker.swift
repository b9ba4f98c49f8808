import CGDAL
import Geo
import Raster

/// TIFF files of every kind, made by GDAL.
struct TIFFMaker {
    var width = 37
    var height = 29
    var bands = 1
    var type = GDT_UInt16
    var options: [String] = []
    var nodata: Double?
    /// Whether no pixel is ever written.
    var isEmpty = false

    /// Bytes that look like an image: smooth, with noise in the lowest bits.
    static func pixels(_ count: Int, seed: UInt64) -> [UInt16] {
        var generator = SplitMix64(seed: seed)
        return (0..<count).map { UInt16($0 % 977 * 13) + UInt16(generator.next() & 31) }
    }

    /// Writes the file.
    func write(to path: String, seed: UInt64 = 1) {
        // Raster sets GDAL up at its first use, and this test may come before any.
        _ = CoordinateTransform.isSame(.wgs84, CRS(epsg: 32633))
        var list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        for option in options { list = CSLAddString(list, option) }
        let dataset = GDALCreate(
            GDALGetDriverByName("GTiff"), path, Int32(width), Int32(height), Int32(bands), type,
            list)
        CSLDestroy(list)
        precondition(dataset != nil, "GDAL cannot write \(options)")
        var numbers = [390000.0, 10, 0, 5_348_400, 0, -10]
        GDALSetGeoTransform(dataset, &numbers)
        let reference = OSRNewSpatialReference(nil)
        OSRImportFromEPSG(reference, 32633)
        GDALSetSpatialRef(dataset, reference)
        OSRDestroySpatialReference(reference)
        if let nodata { GDALSetRasterNoDataValue(GDALGetRasterBand(dataset, 1), nodata) }
        guard !isEmpty else { return matter_close(dataset) }
        var pixels = Self.pixels(width * height * bands, seed: seed)
        let status = GDALDatasetRasterIO(
            dataset, GF_Write, 0, 0, Int32(width), Int32(height), &pixels, Int32(width),
            Int32(height), GDT_UInt16, Int32(bands), nil, 0, 0, 0)
        precondition(status == CE_None)
        matter_close(dataset)
    }
}
