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

    /// Makes a description; all of it may be left out.
    public init(
        grid: GeoGrid? = nil, nodata: Double? = nil, bandNames: [String] = [],
        metadata: [String: String] = [:], rpc: RPCModel? = nil
    ) {
        self.grid = grid
        self.nodata = nodata
        self.bandNames = bandNames
        self.metadata = metadata
        self.rpc = rpc
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

    private static func encode<Pixel: RasterPixel>(
        _ buffer: RasterBuffer<Pixel>, _ description: RasterDescription, as format: RasterFormat
    ) throws -> [UInt8] {
        try check(buffer, description)
        if case .cog(let compression, overviews: false) = format, COGWriter.canWrite(buffer) {
            return try COGWriter.encode(buffer, description, compression)
        }
        let place = placeInMemory(format.fileExtension)
        defer { _ = GDALLibrary.quietly { VSIUnlink(place) } }
        try MemoryDataset.with(buffer, description) { dataset in
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
        return try VirtualFile(place).all()
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
        _ buffer: RasterBuffer<Pixel>, _ description: RasterDescription
    ) throws {
        if let grid = description.grid, grid.size != buffer.size {
            throw RasterError(.invalid, "a grid of \(grid.size) for pixels of \(buffer.size)")
        }
        guard [0, buffer.bands].contains(description.bandNames.count) else {
            throw RasterError(
                .invalid, "\(description.bandNames.count) names for \(buffer.bands) bands")
        }
    }
}

extension VirtualFile {
    borrowing func all() -> [UInt8] { read(at: 0, count: bytes) }
}
