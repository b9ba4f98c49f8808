/// Reads rasters whole: plain TIFF files without GDAL, everything else by GDAL; keeps its memory from file to file.
///
/// Both ways give the same pixels. One loader serves one thread.
public final class RasterLoader {
    private let plain = PlainTIFFReader()
    private var image = ReusedBytes()

    /// A loader without memory yet.
    public init() {}

    /// Reads all bands of a file.
    ///
    /// - Parameters:
    ///   - path: Where it lies.
    ///   - folder: The folder that a relative path starts from; the working directory if not given.
    ///   - name: The path that errors name, and that GDAL opens where it has to.
    /// - Returns: The raster, valid until the next call.
    /// - Throws: `RasterError`: `missing`, `unreadable`, `invalid` or `io`.
    public func read(
        _ path: UnsafePointer<CChar>, in folder: Int32? = nil, named name: () -> String
    ) throws -> LoadedRaster {
        if let raster = try plain.read(path, in: folder, named: name) { return raster }
        return try readByGDAL(name())
    }

    /// Reads all bands of a file by its path.
    ///
    /// - Returns: The raster, valid until the next call.
    /// - Throws: `RasterError`: `missing`, `unreadable`, `invalid` or `io`.
    public func read(_ path: String) throws -> LoadedRaster {
        if let raster = try plain.read(path) { return raster }
        return try readByGDAL(path)
    }

    /// Reads all bands of a file by GDAL, whether it is plain or not.
    ///
    /// - Returns: The raster, valid until the next call.
    /// - Throws: `RasterError`: `missing`, `unreadable`, `invalid` or `io`.
    package func readByGDAL(_ path: String) throws -> LoadedRaster {
        let file = try RasterFile(reading: path)
        guard let type = file.pixelType else {
            throw RasterError(
                .invalid, path: path, "has pixels of an unusual type; convert them to uint16")
        }
        return switch type {
        case .uint8: try keep(file, type, file.read(as: UInt8.self).pixels)
        case .uint16: try keep(file, type, file.read(as: UInt16.self).pixels)
        case .int16: try keep(file, type, file.read(as: Int16.self).pixels)
        case .float32: try keep(file, type, file.read(as: Float.self).pixels)
        case .float64: try keep(file, type, file.read(as: Double.self).pixels)
        }
    }

    private func keep<Pixel: RasterPixel>(
        _ file: borrowing RasterFile, _ type: RasterPixelType, _ pixels: [Pixel]
    ) throws -> LoadedRaster {
        try pixels.withUnsafeBytes { bytes in
            guard let memory = image.reserve(bytes.count) else {
                throw RasterError(
                    .outOfResources, "no memory for the \(bytes.count) bytes of a raster")
            }
            memory.copyMemory(from: bytes)
            return LoadedRaster(
                file, type, UnsafeRawBufferPointer(rebasing: memory[..<bytes.count]))
        }
    }
}
