import CGDAL
import Geo

extension RasterFile {
    /// The first block of a TIFF that has no bytes in the file, which GDAL reads as zeros without a word; nil if all have.
    ///
    /// Uses GDAL's `BLOCK_OFFSET` items.
    public var missingBlock: (band: Int, column: Int, row: Int)? {
        guard driver == .geoTIFF else { return nil }
        return GDALLibrary.quietly {
            for band in 0..<bandCount {
                let handle = GDALGetRasterBand(dataset, Int32(band + 1))
                var (width, height): (Int32, Int32) = (0, 0)
                GDALGetBlockSize(handle, &width, &height)
                guard width > 0, height > 0 else { return nil }
                for row in 0..<(size.height - 1) / Int(height) + 1 {
                    for column in 0..<(size.width - 1) / Int(width) + 1
                    where GDALGetMetadataItem(handle, "BLOCK_OFFSET_\(column)_\(row)", "TIFF")
                        == nil
                    {
                        return (band, column, row)
                    }
                }
            }
            return nil
        }
    }
}
