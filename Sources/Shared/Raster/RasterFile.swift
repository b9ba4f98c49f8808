import CGDAL
public import Geo

/// A dataset of GDAL's, closed at the end of its life.
struct Dataset: ~Copyable {
    let handle: GDALDatasetH

    init(_ handle: GDALDatasetH) {
        self.handle = handle
    }

    deinit { GDALLibrary.quietly { matter_close(handle) } }
}

/// A raster that is open for reading.
///
/// Not copyable: a worker opens its own.
public struct RasterFile: ~Copyable {
    private let owner: Dataset
    /// Where it is.
    public let path: String
    /// Which format it turned out to be.
    public let driver: RasterDriver
    /// Extent in pixels.
    public let size: PixelSize
    /// Number of bands.
    public let bandCount: Int
    /// The type of the pixels, or nil where it is one that the suite converts on reading.
    public let pixelType: RasterPixelType?

    /// Opens a file by its content, not its name; GDAL's `GDALOpenEx` with our drivers only.
    ///
    /// The path may lead into a zip archive or, where `Network` is allowed, to `https://` or `s3://`, as `StoredFile` says.
    /// A JPEG 2000 file is first checked for truncation. No other file beside it is looked at.
    /// - Throws: `RasterError`: `missing`, `notPermitted`, `unavailable`, or `unreadable` with all that GDAL said.
    public init(reading path: String, drivers: [RasterDriver] = .standard) throws {
        let file = StoredFile(path)
        try file.checkAccess()
        try self.init(opening: file.name, drivers, named: path)
    }

    init(opening place: String, _ drivers: [RasterDriver], named path: String) throws(RasterError) {
        let (driver, bytes) = try Self.identify(place, drivers, named: path)
        let owner = Dataset(try Self.open(place, driver, named: path))
        let dataset = owner.handle
        let size = try Self.extent(dataset, bytes: bytes, path: path)
        self.size = size
        self.path = path
        self.driver = driver
        self.owner = owner
        bandCount = Int(GDALGetRasterCount(dataset))
        pixelType = RasterPixelType(gdal: GDALGetRasterDataType(GDALGetRasterBand(dataset, 1)))
    }

    var dataset: GDALDatasetH { owner.handle }

    private static func identify(
        _ place: String, _ drivers: [RasterDriver], named path: String
    ) throws(RasterError) -> (RasterDriver, bytes: Int) {
        let file = try VirtualFile(place)
        let start = file.read(at: 0, count: 16)
        guard let driver = RasterDriver(signature: start, length: file.bytes),
            drivers.contains(driver)
        else {
            let wanted = drivers.map(\.rawValue).joined(separator: ", ")
            let seen = String(decoding: start.prefix(12), as: UTF8.self).debugDescription
            throw RasterError(
                .unreadable, path: path,
                start.isEmpty ? "is empty" : "starts with \(seen); none of: \(wanted)")
        }
        if driver == .jpeg2000 { try JPEG2000Structure.check(file, path: path) }
        return (driver, file.bytes)
    }

    private static func open(
        _ place: String, _ driver: RasterDriver, named path: String
    ) throws(RasterError) -> GDALDatasetH {
        try GDALLibrary.collectingErrors(.unreadable, path: path, "cannot open") {
            GDALLibrary.withStrings([driver.gdalName]) { names in
                names?.withMemoryRebound(to: UnsafePointer<CChar>?.self, capacity: 2) {
                    GDALOpenEx(place, matter_open_flags(), $0, nil, nil)
                }
            }
        }
    }

    /// Refuses rasters that declare far more than their bytes can hold, before anything is allocated.
    private static func extent(
        _ dataset: GDALDatasetH, bytes: Int, path: String
    ) throws(RasterError) -> PixelSize {
        let bands = Int(GDALGetRasterCount(dataset))
        guard bands > 0, bands <= 4096 else {
            throw RasterError(.invalid, path: path, "has \(bands) bands: not an image")
        }
        guard GDALDataTypeIsComplex(GDALGetRasterDataType(GDALGetRasterBand(dataset, 1))) == 0
        else { throw RasterError(.invalid, path: path, "has complex numbers: not an image") }
        let (width, height) = (GDALGetRasterXSize(dataset), GDALGetRasterYSize(dataset))
        guard let size = try? PixelSize(width: Int(width), height: Int(height)) else {
            throw RasterError(.invalid, path: path, "declares \(width)×\(height) pixels")
        }
        let (declared, overflows) = size.count.multipliedReportingOverflow(by: bands)
        let limit = max(1 << 30, min(bytes, 1 << 48) * 2000)
        guard !overflows, declared <= limit else {
            throw RasterError(
                .invalid, path: path,
                "declares \(size) pixels in \(bands) bands, but has \(bytes) bytes")
        }
        return size
    }
}
