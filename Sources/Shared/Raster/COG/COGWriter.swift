import CGDAL
import CKernels
import Geo
import Glibc

/// Writes cloud-optimised GeoTIFFs of whole numbers: what a tile costs is then the compressor, not the copies around it.
///
/// What the file says of itself is GDAL's: a GeoTIFF of the same form without a single block, whose directory is kept. The blocks
/// are ours: pixels interleaved, differences along rows (predictor 2), packed, in the order and with the marks that GDAL's COG
/// driver gives them (its "structural metadata"), so that readers may trust the layout.
enum COGWriter {
    /// The largest side of a block.
    private static let largestBlock = 512

    /// Whether a raster is written here; floating-point pixels and files above 4 GiB are left to GDAL.
    static func canWrite<Pixel: RasterPixel>(_ buffer: RasterBuffer<Pixel>) -> Bool {
        let bytes = buffer.pixels.count * MemoryLayout<Pixel>.stride
        return Pixel.type != .float32 && Pixel.type != .float64 && bytes < 1 << 31
    }

    /// The side of square blocks: a multiple of 16, at most 512, with as little beyond the image's edges as can be.
    static func blockSide(for size: PixelSize) -> Int {
        let longest = max(size.width, size.height)
        let parts = (longest + largestBlock - 1) / largestBlock
        return ((longest + parts - 1) / parts + 15) / 16 * 16
    }

    /// Encodes, reads the result back and compares.
    ///
    /// - Throws: `RasterError`: `invalid` if the description cannot be kept, `io` if encoding fails.
    static func encode<Pixel: RasterPixel>(
        _ buffer: RasterBuffer<Pixel>, _ description: RasterDescription,
        _ compression: TIFFCompression
    ) throws -> [UInt8] {
        let side = blockSide(for: buffer.size)
        let directory = try TIFFDirectory(
            of: emptyFile(buffer.size, buffer.bands, Pixel.type, description, compression, side))
        let blocks = try packed(buffer, side, compression)
        let masks = try description.mask.map { try packed($0, buffer.size, side) }
        let file = directory.file(withBlocks: blocks, maskBlocks: masks)
        guard keeps(buffer, in: file) else {
            throw RasterError(.io, "the COG did not keep the pixels")
        }
        guard description.mask.map({ keeps($0, in: file) }) ?? true else {
            throw RasterError(.io, "the COG did not keep the mask")
        }
        return file
    }

    private static func keeps(_ mask: [UInt8], in file: [UInt8]) -> Bool {
        guard let read = PlainTIFFReader().mask(of: file) else { return false }
        return read.count == mask.count
            && mask.withUnsafeBufferPointer { mask in
                read.withUnsafeBufferPointer { read in
                    mask.indices.allSatisfy { (mask[$0] == 0) == (read[$0] == 0) }
                }
            }
    }

    private static func keeps<Pixel: RasterPixel>(
        _ buffer: RasterBuffer<Pixel>, in file: [UInt8]
    ) -> Bool {
        let reader = PlainTIFFReader()
        return withExtendedLifetime(reader) {
            file.withUnsafeBytes { file in
                guard let read = reader.read(file)?.pixels, let first = read.baseAddress else {
                    return false
                }
                return buffer.pixels.withUnsafeBytes { pixels in
                    read.count == pixels.count
                        && pixels.baseAddress.map { memcmp($0, first, read.count) } == 0
                }
            }
        }
    }

    // MARK: The directory

    /// A GeoTIFF as GDAL makes it, with everything but pixels.
    private static func emptyFile(
        _ size: PixelSize, _ bands: Int, _ type: RasterPixelType,
        _ description: RasterDescription, _ compression: TIFFCompression, _ side: Int
    ) throws -> [UInt8] {
        let place = RasterWriter.placeInMemory("tif")
        defer { _ = GDALLibrary.quietly { VSIUnlink(place) } }
        let options = [
            "SPARSE_OK=TRUE", "TILED=YES", "BLOCKXSIZE=\(side)", "BLOCKYSIZE=\(side)",
            "INTERLEAVE=PIXEL", "COMPRESS=\(compression.rawValue)", "PREDICTOR=2", "BIGTIFF=NO",
            "ENDIANNESS=LITTLE", "PHOTOMETRIC=MINISBLACK",
        ]
        try GDALLibrary.collectingErrors(.invalid, path: "", "cannot describe pixels") {
            let made = GDALLibrary.withStrings(options) { options in
                GDALCreate(
                    GDALGetDriverByName("GTiff"), place, Int32(size.width), Int32(size.height),
                    Int32(bands), type.gdal, options)
            }
            guard let made else { return Void?.none }
            let described: Void? = MemoryDataset.describe(made, bands, description)
            matter_close(made)
            return described
        }
        return try VirtualFile(place).all()
    }

    // MARK: The blocks

    private static func packed<Pixel: RasterPixel>(
        _ buffer: RasterBuffer<Pixel>, _ side: Int, _ compression: TIFFCompression
    ) throws -> [[UInt8]] {
        let packer = BlockPacker(compression)
        let (size, pixelBytes) = (buffer.size, MemoryLayout<Pixel>.stride)
        let rowBytes = side * buffer.bands * pixelBytes
        var block = [UInt8](repeating: 0, count: side * rowBytes)
        var packed: [[UInt8]] = []
        for top in stride(from: 0, to: size.height, by: side) {
            for left in stride(from: 0, to: size.width, by: side) {
                let (rows, columns) = (min(side, size.height - top), min(side, size.width - left))
                block.withUnsafeMutableBytes { block in
                    // Beyond the edges all differences are 0.
                    if rows < side || columns < side {
                        block.initializeMemory(as: UInt8.self, repeating: 0)
                    }
                    buffer.pixels.withUnsafeBytes { pixels in
                        for row in 0..<rows {
                            let start = ((top + row) * size.width + left) * pixelBytes
                            ckernels_interleave_differences(
                                pixels.baseAddress.map { $0 + start }, size.count * pixelBytes,
                                columns, buffer.bands, pixelBytes,
                                block.baseAddress.map { $0 + row * rowBytes })
                        }
                    }
                }
                packed.append(try packer.pack(block))
            }
        }
        return packed
    }

    // MARK: The mask

    /// The blocks of a mask of one byte a pixel as one bit a pixel, the first of each byte the highest; 0 beyond the edges.
    private static func packed(
        _ mask: [UInt8], _ size: PixelSize, _ side: Int
    ) throws -> [[UInt8]] {
        let packer = BlockPacker(.deflate)
        var packed: [[UInt8]] = []
        for top in stride(from: 0, to: size.height, by: side) {
            for left in stride(from: 0, to: size.width, by: side) {
                let columns = left..<min(left + side, size.width)
                var block = [UInt8](repeating: 0, count: side * side / 8)
                for row in top..<min(top + side, size.height) {
                    let start = row * size.width
                    pack(
                        mask[start + columns.lowerBound..<start + columns.upperBound],
                        into: &block, at: (row - top) * side / 8)
                }
                packed.append(try packer.pack(block))
            }
        }
        return packed
    }

    private static func pack(_ row: ArraySlice<UInt8>, into block: inout [UInt8], at start: Int) {
        row.withUnsafeBufferPointer { row in
            block.withUnsafeMutableBufferPointer { block in
                for (column, value) in row.enumerated() where value != 0 {
                    block[start + column >> 3] |= 0x80 >> UInt8(column & 7)
                }
            }
        }
    }
}
