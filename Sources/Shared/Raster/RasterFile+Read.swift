import CGDAL
public import Geo

/// How pixels are made when a window is read at another size.
public enum ReadResampling: Sendable {
    /// The nearest pixel; for classes and masks.
    case nearest
    /// The mean of what is covered; for images.
    case average
}

extension RasterFile {
    /// The most bytes that one call reads.
    public static let largestRead = 1 << 34

    /// Reads a window of some bands; values are converted (rounded and clamped) to the pixel type asked for.
    /// - Parameters:
    ///   - window: The pixels to read, inside of the raster; all if nil.
    ///   - bands: Bands, counted from 0, in the order wanted; all if nil.
    ///   - type: The pixel type to read into.
    ///   - scaledTo: The size of the result, if it is not the window's.
    ///   - resampling: How to scale.
    /// - Returns: A buffer of shape (bands, height, width).
    /// - Throws: `RasterError`: `invalid` if window or bands are not in the raster, `unreadable` if pixels are broken.
    public func read<Pixel: RasterPixel>(
        _ window: PixelWindow? = nil, bands: [Int]? = nil, as type: Pixel.Type = Pixel.self,
        scaledTo: PixelSize? = nil, resampling: ReadResampling = .nearest
    ) throws -> RasterBuffer<Pixel> {
        let window = window ?? size.window
        let bands = bands ?? Array(0..<bandCount)
        let result = scaledTo ?? window.size
        try check(window, bands, pixels: result.count, bytesEach: MemoryLayout<Pixel>.stride)
        let path = path
        let pixels = try [Pixel](unsafeUninitializedCapacity: bands.count * result.count) {
            buffer, count in
            try GDALLibrary.collectingErrors(
                .unreadable, path: path,
                "cannot read \(window) of bands \(bands.map { $0 + 1 }); fetch the file again"
            ) {
                transfer(window, bands, Pixel.type.gdal, result, resampling, buffer.baseAddress)
            }
            count = bands.count * result.count
        }
        return RasterBuffer(unchecked: result, bands.count, pixels)
    }

    /// The mask that the file has for all of its bands together: 1 where pixels are valid, 0 elsewhere, (height, width).
    ///
    /// - Returns: nil for a file without one, whatever its value for no data is.
    /// - Throws: `RasterError`, `unreadable` if the mask is broken.
    public func mask() throws(RasterError) -> [UInt8]? {
        let band = GDALGetRasterBand(dataset, 1)
        guard GDALLibrary.quietly({ GDALGetMaskFlags(band) }) == GMF_PER_DATASET else { return nil }
        var bytes = [UInt8](repeating: 0, count: size.count)
        let (width, height) = (Int32(size.width), Int32(size.height))
        try GDALLibrary.collectingErrors(
            .unreadable, path: path, "cannot read the mask; fetch the file again"
        ) {
            GDALRasterIO(
                GDALGetMaskBand(band), GF_Read, 0, 0, width, height, &bytes, width, height,
                GDT_Byte, 0, 0) == CE_None ? () : nil
        }
        return bytes.map { $0 == 0 ? 0 : 1 }
    }

    private func check(
        _ window: PixelWindow, _ bands: [Int], pixels: Int, bytesEach: Int
    ) throws(RasterError) {
        guard size.window.contains(window) else {
            throw RasterError(.invalid, path: path, "no window \(window) in a raster of \(size)")
        }
        guard !bands.isEmpty, bands.allSatisfy({ (0..<bandCount).contains($0) }) else {
            throw RasterError(.invalid, path: path, "no bands \(bands) among \(bandCount)")
        }
        let (count, overflows) = pixels.multipliedReportingOverflow(by: bands.count * bytesEach)
        guard !overflows, count <= Self.largestRead else {
            throw RasterError(
                .invalid, path: path,
                "\(bands.count) bands of \(pixels) pixels are too much to read at once")
        }
    }

    private func transfer(
        _ window: PixelWindow, _ bands: [Int], _ type: GDALDataType, _ result: PixelSize,
        _ resampling: ReadResampling, _ target: UnsafeMutableRawPointer?
    ) -> Void? {
        var numbers = bands.map { Int32($0 + 1) }
        var extra = GDALRasterIOExtraArg()
        extra.nVersion = 1
        extra.eResampleAlg = resampling == .average ? GRIORA_Average : GRIORA_NearestNeighbour
        let status = GDALDatasetRasterIOEx(
            dataset, GF_Read, Int32(window.offset.column), Int32(window.offset.row),
            Int32(window.size.width), Int32(window.size.height), target, Int32(result.width),
            Int32(result.height), type, Int32(bands.count), &numbers, 0, 0, 0, &extra)
        return status == CE_None ? () : nil
    }
}
