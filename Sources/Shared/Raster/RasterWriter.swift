import CGDAL
import Foundation
public import Geo
import Manifests
import Synchronization

/// How the pixels of a TIFF are packed; both are lossless.
public enum TIFFCompression: String, Sendable, Codable {
    /// Zstandard at its first level: on reflectance as small as deflate, in a fifth of its time.
    case zstd = "ZSTD"
    /// Deflate: what every reader knows.
    case deflate = "DEFLATE"
}

/// The formats that are written.
public enum RasterFormat: Hashable, Sendable {
    /// A cloud-optimised GeoTIFF: blocks of at most 512; with smaller copies (overviews) for looking at it from afar when asked for.
    case cog(TIFFCompression = .zstd, overviews: Bool = false)
    /// A GeoTIFF in blocks of 256.
    case geoTIFF(TIFFCompression = .deflate)
    /// A GeoTIFF in strips, not packed at all: what opens fastest, and what BigEarthNet is published as.
    case strips
    /// Lossless JPEG 2000 with GeoJP2 and GMLJP2 boxes; `bits` a sample, of the pixel type if nil.
    case jpeg2000(bits: Int? = nil)
    /// PNG of one to four bands, 8 or 16 bits.
    case png
}

/// What a file says of the numbers of one band.
public struct BandDescription: Hashable, Sendable {
    /// number × scale + offset is what was measured.
    public var scale: Double
    /// number × scale + offset is what was measured.
    public var offset: Double
    /// Centre of the light that was measured, in micrometres.
    public var wavelengthInMicrometres: Double?
    /// Its full width at half maximum, in micrometres.
    public var bandwidthInMicrometres: Double?

    /// Makes a description.
    public init(
        scale: Double = 1, offset: Double = 0, wavelengthInMicrometres: Double? = nil,
        bandwidthInMicrometres: Double? = nil
    ) {
        self.scale = scale
        self.offset = offset
        self.wavelengthInMicrometres = wavelengthInMicrometres
        self.bandwidthInMicrometres = bandwidthInMicrometres
    }
}

/// What a file says of its pixels beside them.
public struct RasterDescription: Sendable {
    /// Which ground they cover.
    public var grid: GeoGrid?
    /// The value of pixels without data.
    public var nodata: Double?
    /// Names of the bands.
    public var bandNames: [String]
    /// Further entries.
    public var metadata: [String: String]
    /// The camera model of a scene in sensor geometry.
    public var rpc: RPCModel?
    /// What the numbers of each band mean; of no band, or of all.
    public var bands: [BandDescription]
    /// One byte a pixel, (height, width), 0 where it is not valid: kept as a mask inside of COGs; nil for no mask.
    ///
    /// GDAL puts such a mask before `nodata`: it alone says which pixels are valid.
    public var mask: [UInt8]?

    /// Makes a description; all of it may be left out.
    public init(
        grid: GeoGrid? = nil, nodata: Double? = nil, bandNames: [String] = [],
        metadata: [String: String] = [:], rpc: RPCModel? = nil, bands: [BandDescription] = [],
        mask: [UInt8]? = nil
    ) {
        self.grid = grid
        self.nodata = nodata
        self.bandNames = bandNames
        self.metadata = metadata
        self.rpc = rpc
        self.bands = bands
        self.mask = mask
    }
}

/// Writes rasters: the same pixels and description give the same bytes.
public enum RasterWriter {
    /// Encodes in memory, reads the result back and compares; by GDAL's `GDALCreateCopy`, or `COGWriter`.
    /// - Throws: `RasterError`: `invalid` if the format cannot hold the pixels, `io` if encoding fails.
    public static func encode<Pixel: RasterPixel>(
        _ buffer: RasterBuffer<Pixel>, grid: GeoGrid? = nil, as format: RasterFormat,
        nodata: Double? = nil, bandNames: [String] = [], metadata: [String: String] = [:],
        rpc: RPCModel? = nil
    ) throws -> [UInt8] {
        let description = RasterDescription(
            grid: grid, nodata: nodata, bandNames: bandNames, metadata: metadata, rpc: rpc)
        return try encode(buffer, description, as: format)
    }

    /// Encodes and publishes atomically.
    /// - Throws: `RasterError` as `encode` does, `ManifestError` if the file cannot be written.
    public static func write<Pixel: RasterPixel>(
        _ buffer: RasterBuffer<Pixel>, grid: GeoGrid? = nil, as format: RasterFormat,
        nodata: Double? = nil, bandNames: [String] = [], metadata: [String: String] = [:],
        rpc: RPCModel? = nil, to path: String
    ) throws {
        let description = RasterDescription(
            grid: grid, nodata: nodata, bandNames: bandNames, metadata: metadata, rpc: rpc)
        try AtomicFile.write(encode(buffer, description, as: format), to: path)
    }

    private static let counter = Atomic<Int>(0)

    /// A name in GDAL's memory that nothing else has.
    static func placeInMemory(_ fileExtension: String) -> String {
        "/vsimem/matter-\(counter.add(1, ordering: .relaxed).newValue).\(fileExtension)"
    }

    /// Encodes pixels with all that is to be said of them, reads the result back and compares.
    /// - Throws: `RasterError`: `invalid` if the format cannot hold the pixels, `io` if encoding fails.
    public static func encode<Pixel: RasterPixel>(
        _ buffer: RasterBuffer<Pixel>, _ description: RasterDescription, as format: RasterFormat
    ) throws -> [UInt8] {
        try check(buffer, description, format)
        if case .cog(let compression, overviews: false) = format, COGWriter.canWrite(buffer) {
            return try COGWriter.encode(buffer, description, compression)
        }
        let place = placeInMemory(format.fileExtension)
        defer { _ = GDALLibrary.quietly { VSIUnlink(place) } }
        let imagery = format.fileExtension == "tif" ? ImageryEntries(description.bands) : nil
        var copied = description
        copied.metadata.merge(imagery?.room ?? [:]) { _, room in room }
        try MemoryDataset.with(buffer, copied) { dataset in
            try GDALLibrary.collectingErrors(
                .io, path: "", "cannot encode as \(format.gdalName)"
            ) {
                format.encode(dataset, Pixel.type, to: place)
            }
        }
        let file = try RasterFile(opening: place, .standard, named: "encoded raster")
        guard isSame(try file.read(as: Pixel.self).pixels, buffer.pixels) else {
            throw RasterError(.io, "\(format.gdalName) did not keep the pixels")
        }
        if let mask = description.mask, try file.mask() != mask.map({ $0 == 0 ? 0 : 1 }) {
            throw RasterError(.io, "\(format.gdalName) did not keep the mask")
        }
        let bytes = try VirtualFile(place).all()
        return try imagery?.put(into: bytes) ?? bytes
    }

    /// Compares bits, so that a NaN is itself; a loop over a generic `Pixel` would not be specialised for the caller's type.
    private static func isSame<Pixel: RasterPixel>(_ left: [Pixel], _ right: [Pixel]) -> Bool {
        left.withUnsafeBytes { left in
            right.withUnsafeBytes { right in
                guard left.count == right.count else { return false }
                guard let mine = left.baseAddress, let other = right.baseAddress else {
                    return true
                }
                return memcmp(mine, other, left.count) == 0
            }
        }
    }

    private static func check<Pixel: RasterPixel>(
        _ buffer: RasterBuffer<Pixel>, _ description: RasterDescription, _ format: RasterFormat
    ) throws {
        if let grid = description.grid, grid.size != buffer.size {
            throw RasterError(.invalid, "a grid of \(grid.size) for pixels of \(buffer.size)")
        }
        guard [0, buffer.bands].contains(description.bandNames.count) else {
            throw RasterError(
                .invalid, "\(description.bandNames.count) names for \(buffer.bands) bands")
        }
        guard [0, buffer.bands].contains(description.bands.count) else {
            throw RasterError(
                .invalid, "\(description.bands.count) descriptions for \(buffer.bands) bands")
        }
        guard let mask = description.mask else { return }
        guard case .cog = format, mask.count == buffer.size.count else {
            throw RasterError(
                .invalid, "a mask of \(mask.count) pixels for \(buffer.size) in \(format.gdalName)")
        }
    }
}

extension VirtualFile {
    borrowing func all() -> [UInt8] { read(at: 0, count: bytes) }
}
