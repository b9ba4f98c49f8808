import CCompression
import Geo
import Manifests

/// One band of a TIFF of bytes.
///
/// Reads the TIFFs that this suite writes for classes and masks (uint8, plain or DEFLATE, with or without differences, in tiles or
/// strips, the bands of a pixel side by side), without GDAL: what trains and embeds must start where there is none.
struct ByteRaster {
    let size: PixelSize
    /// The band's values, row by row.
    private(set) var pixels: [UInt8]
    let tags: TIFFTags
    private let path: String
    private let kind: String

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - bands: how many bands it must have.
    ///   - band: the one that is read, from 0.
    ///   - kind: what such a file is, for messages.
    /// - Throws: `ManifestError`: `missing`, or `invalid` for a TIFF of another kind, with what it lacks.
    init(path: String, bands: Int, band: Int = 0, kind: String) throws {
        let bytes = try WholeFile.read(path)
        try self.init(bytes, path: path, bands: bands, band: band, kind: kind)
    }

    /// Reads a file's bytes; as `init(path:bands:band:kind:)`.
    init(_ bytes: [UInt8], path: String, bands: Int, band: Int = 0, kind: String) throws {
        (self.path, self.kind) = (path, kind)
        func failure(_ reason: String) -> ManifestError { Self.failure(reason, path, kind) }
        guard let tags = TIFFTags(bytes) else { throw failure("is no little-endian TIFF") }
        self.tags = tags
        let sides = 1...1 << 20
        guard let width = tags[256]?.first, let height = tags[257]?.first, sides.contains(width),
            sides.contains(height), width * height <= 1 << 30
        else { throw failure("has no size") }
        guard tags[258] == [Int](repeating: 8, count: bands), tags[277] ?? [1] == [bands],
            bands == 1 || tags[284] ?? [1] == [1]
        else {
            let count = bands == 1 ? "one band" : "\(bands) bands"
            throw failure("has not \(count) of 8 bits")
        }
        let compression = tags[259]?.first ?? 1
        guard [1, 8, 32946].contains(compression) else {
            throw failure("has the compression \(compression)")
        }
        size = try PixelSize(width: width, height: height)
        pixels = [UInt8](repeating: 0, count: width * height)
        guard let blocks = tags.blocks(width: width, height: height) else {
            throw failure("has no blocks")
        }
        for block in blocks {
            guard var values = Self.unpacked(block, of: bytes, compression, bands: bands) else {
                throw failure("is damaged: a block cannot be unpacked")
            }
            if tags[317] == [2] { Self.addUp(&values, width: block.width, bands: bands) }
            place(values, block, bands: bands, band: band)
        }
    }

    /// What is wrong with the file, and what it should be.
    func failure(_ reason: String) -> ManifestError { Self.failure(reason, path, kind) }

    private static func failure(_ reason: String, _ path: String, _ kind: String) -> ManifestError {
        ManifestError(.invalid, path: path, "\(reason); \(kind)")
    }

    private static func unpacked(
        _ block: TIFFTags.Block, of bytes: [UInt8], _ compression: Int, bands: Int
    ) -> [UInt8]? {
        let count = block.width * block.height * bands
        guard block.offset >= 0, block.bytes >= 0, block.offset + block.bytes <= bytes.count else {
            return nil
        }
        let packed = bytes[block.offset..<block.offset + block.bytes]
        guard compression != 1 else {
            return packed.count >= count ? Array(packed.prefix(count)) : nil
        }
        var size = uLong(count)
        let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let status = uncompress(buffer.baseAddress, &size, Array(packed), uLong(packed.count))
            initialized = status == Z_OK ? Int(size) : 0
        }
        return pixels.count == count ? pixels : nil
    }

    /// Differences are to the same band of the pixel before, row by row.
    private static func addUp(_ values: inout [UInt8], width: Int, bands: Int) {
        let row = width * bands
        for index in values.indices where index % row >= bands {
            values[index] &+= values[index - bands]
        }
    }

    private mutating func place(
        _ values: [UInt8], _ block: TIFFTags.Block, bands: Int, band: Int
    ) {
        for row in 0..<min(block.height, size.height - block.row) {
            for column in 0..<min(block.width, size.width - block.column) {
                pixels[(block.row + row) * size.width + block.column + column] =
                    values[(row * block.width + column) * bands + band]
            }
        }
    }
}
