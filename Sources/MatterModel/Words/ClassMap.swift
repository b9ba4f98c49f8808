import CCompression
import Geo
import Manifests

/// A map of classes, one byte a pixel, and where its first pixel lies.
///
/// Reads the TIFFs that this suite writes for classes (one band of uint8, plain or DEFLATE, with or without differences, in tiles or
/// strips, north up), without GDAL: what trains and embeds must start where there is none.
struct ClassMap {
    let size: PixelSize
    /// Classes, row by row.
    private(set) var classes: [UInt8]
    /// Map coordinates of the upper left corner, and metres a pixel.
    let corner: (x: Double, y: Double)
    let pixel: (x: Double, y: Double)
    /// The EPSG code of the projection, if the map gives one.
    let epsg: Int?

    /// - Throws: `ManifestError`: `missing`, or `badData` for a TIFF of another kind, with what it lacks.
    init(path: String) throws {
        let bytes = try WholeFile.read(path)
        func failure(_ reason: String) -> ManifestError {
            ManifestError(
                .invalid, path: path,
                "\(reason); a class map is a TIFF of one band of uint8, plain or DEFLATE, north up")
        }
        guard let tags = TIFFTags(bytes) else { throw failure("is no little-endian TIFF") }
        let sides = 1...1 << 20
        guard let width = tags[256]?.first, let height = tags[257]?.first, sides.contains(width),
            sides.contains(height), width * height <= 1 << 30
        else { throw failure("has no size") }
        guard tags[258] == [8], tags[277] ?? [1] == [1] else {
            throw failure("has not one band of 8 bits")
        }
        let compression = tags[259]?.first ?? 1
        guard [1, 8, 32946].contains(compression) else {
            throw failure("has the compression \(compression)")
        }
        guard let scale = tags.doubles(33550), let tie = tags.doubles(33922), scale.count >= 2,
            tie.count >= 6, scale[0] > 0, scale[1] > 0
        else { throw failure("does not say where it lies") }
        epsg = tags.projectedCRS
        size = try PixelSize(width: width, height: height)
        pixel = (scale[0], scale[1])
        corner = (tie[3] - tie[0] * scale[0], tie[4] + tie[1] * scale[1])
        classes = [UInt8](repeating: 0, count: width * height)
        guard let blocks = tags.blocks(width: width, height: height) else {
            throw failure("has no blocks")
        }
        for block in blocks {
            guard var pixels = Self.unpacked(block, of: bytes, compression) else {
                throw failure("is damaged: a block cannot be unpacked")
            }
            if tags[317] == [2] { Self.addUp(&pixels, width: block.width) }
            place(pixels, block)
        }
    }

    private static func unpacked(
        _ block: TIFFTags.Block, of bytes: [UInt8], _ compression: Int
    ) -> [UInt8]? {
        let count = block.width * block.height
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

    private static func addUp(_ pixels: inout [UInt8], width: Int) {
        for index in pixels.indices where index % width != 0 {
            pixels[index] &+= pixels[index - 1]
        }
    }

    private mutating func place(_ pixels: [UInt8], _ block: TIFFTags.Block) {
        for row in 0..<min(block.height, size.height - block.row) {
            for column in 0..<min(block.width, size.width - block.column) {
                classes[(block.row + row) * size.width + block.column + column] =
                    pixels[row * block.width + column]
            }
        }
    }

    /// The classes of a tile's pixels, or nil if its pixels are not this map's or it leaves the map.
    ///
    /// - Parameters:
    ///   - transform: the tile's, in GDAL's order.
    ///   - tile: the tile's size.
    /// - Returns: a class a pixel, row by row.
    func cut(transform: [Double], size tile: PixelSize) -> [Int]? {
        guard transform.count == 6, transform[2] == 0, transform[4] == 0,
            abs(transform[1] - pixel.x) < 1e-6 * pixel.x,
            abs(transform[5] + pixel.y) < 1e-6 * pixel.y
        else { return nil }
        let offset = ((transform[0] - corner.x) / pixel.x, (corner.y - transform[3]) / pixel.y)
        // No number for a pixel where the corner is none.
        guard abs(offset.0) < 1e9, abs(offset.1) < 1e9 else { return nil }
        let (column, row) = (Int(offset.0.rounded()), Int(offset.1.rounded()))
        guard abs(offset.0 - Double(column)) < 0.01, abs(offset.1 - Double(row)) < 0.01,
            column >= 0, row >= 0, column + tile.width <= size.width,
            row + tile.height <= size.height
        else { return nil }
        return (row..<row + tile.height).flatMap { row in
            (column..<column + tile.width).map { Int(classes[row * size.width + $0]) }
        }
    }
}
