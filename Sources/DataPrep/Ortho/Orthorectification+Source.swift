import Geo
import Raster

/// What is read of an image, and what may be made of it.
extension Orthorectification {
    /// The most pixels of a result: where each lies takes up to 16 bytes while it is made.
    private static let mostPixels = RasterFile.largestRead / 8

    /// The image's numbers: 0 where it has no data, whatever stands for that in the file, and at least 1 elsewhere.
    ///
    /// In numbers with a sign, those below 0 are no data too where the file names none.
    func source(_ file: borrowing RasterFile) throws -> RasterBuffer<UInt16> {
        switch file.pixelType {
        case .uint8, .uint16:
            var source = try file.read(as: UInt16.self)
            let none = file.nodata.flatMap { UInt16(exactly: $0) } ?? 0
            Radiometry.harmonised.harmonise(&source.pixels, noData: none)
            return source
        case .int16:
            let source = try file.read(as: Int16.self)
            let none = file.nodata.flatMap { Int16(exactly: $0) } ?? 0
            let least: Int16 = none == 0 ? 0 : 1
            return try RasterBuffer(
                size: source.size, bands: source.bands,
                pixels: source.pixels.map { $0 == none ? 0 : UInt16(max($0, least)) })
        default:
            throw PrepError(
                .badData, image,
                "pixels are not whole numbers of 8 or 16 bits; write reflectance × 10000 as uint16")
        }
    }

    /// The camera model that the image carries, if any.
    func model(_ file: borrowing RasterFile) throws -> RPCModel? {
        let entries = file.metadata("RPC")
        guard !entries.isEmpty else { return nil }
        do {
            return try RPCModel(metadata: entries)
        } catch {
            throw PrepError(.badData, image, "its camera model is not whole: \(error)")
        }
    }

    /// The grid over some ground.
    ///
    /// - Throws: `PrepError` (`usage`) for a resolution at which it would take more memory than there is.
    func grid(covering bounds: MapBounds, crs: CRS) throws -> GeoGrid {
        let pixels = (bounds.width / resolution) * (bounds.height / resolution)
        guard pixels <= Double(Self.mostPixels) else {
            throw PrepError(
                .usage, "--resolution \(resolution)",
                "would make more than \(Self.mostPixels) pixels; give a larger one")
        }
        return try GeoGrid(covering: bounds, resolution: resolution, crs: crs)
    }

    /// Refuses a result that could not be held, before anything of it is made.
    func refuseTooLarge(_ size: PixelSize, bands: Int) throws {
        guard size.count <= RasterFile.largestRead / (2 * bands) else {
            throw PrepError(
                .usage, "--resolution \(resolution)",
                "would make \(size) pixels in \(bands) bands; give a larger one")
        }
    }
}
