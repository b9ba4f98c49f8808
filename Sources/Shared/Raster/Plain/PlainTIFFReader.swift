import CKernels
import Glibc

/// Reads TIFF files whole, without GDAL, where they are plain; keeps its memory from file to file.
///
/// Plain is: classic TIFF or BigTIFF of either byte order; strips or tiles; uncompressed, or DEFLATE, LZW or ZSTD with any of
/// the predictors; one or many bands of uint8, uint16, int16 or float32, pixel by pixel or band by band; one image, with or
/// without smaller copies and masks of itself. Everything else (JPEG, colour maps, single bits, blocks never written, files above
/// 2 GiB) is not, and `RasterFile` reads it. One reader serves one thread.
public final class PlainTIFFReader {
    private static let headBytes = 1 << 16
    /// How often a file is opened that another machine replaces at the same moment, or of which a disk or a network loses a read.
    private static let attempts = 3

    private var file = ReusedBytes()
    private var image = ReusedBytes()
    private var block = ReusedBytes()
    private var row = ReusedBytes()
    private var window = BlockWindow()
    private var twin = TIFFTwin()
    private let inflater = Inflater()
    private let table = LZWTable()

    /// A reader without memory yet.
    public init() {}

    /// Reads a file, or says that it is not plain.
    ///
    /// An uncompressed image of one band is not even copied: its pixels are those of the one `read` of the file. Large files of
    /// other forms are read some blocks at a time, so that what is unpacked is still in the processor's cache.
    /// - Parameters:
    ///   - path: Where it lies.
    ///   - folder: The folder that a relative path starts from; the working directory if not given.
    ///   - name: What errors call it.
    /// - Returns: The image, valid until the next call; `nil` if it is not plain.
    /// - Throws: `RasterError`: `missing`, `notPermitted` or `io`; `unreadable` for a file that contradicts itself or is cut
    ///   short.
    public func read(
        _ path: UnsafePointer<CChar>, in folder: Int32? = nil, named name: () -> String
    ) throws(RasterError) -> LoadedRaster? {
        var attempt = 1
        while true {
            do throws(TIFFFault) {
                return try attemptToRead(path, folder ?? AT_FDCWD)
            } catch {
                switch error {
                case .notPlain: return nil
                case .broken(let reason):
                    throw RasterError(.unreadable, path: name(), "\(reason); fetch the file again")
                case .system(ESTALE, _) where attempt < Self.attempts,
                    .system(EIO, _) where attempt < Self.attempts:
                    attempt += 1
                case .system(let number, let doing):
                    throw OpenFile.error(number, doing, path: name())
                }
            }
        }
    }

    /// Reads a file by its path, or says that it is not plain.
    ///
    /// - Returns: The image, valid until the next call; `nil` if it is not plain.
    /// - Throws: `RasterError` as `read(_:in:named:)`.
    public func read(_ path: String) throws(RasterError) -> LoadedRaster? {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw RasterError(.missing, path: path, "not a path on disk")
        }
        return try path.utf8CString.withUnsafeBufferPointer {
            (bytes) throws(RasterError) -> LoadedRaster? in
            guard let start = bytes.baseAddress else { return nil }
            return try read(start) { path }
        }
    }
}

// MARK: The file's bytes

extension PlainTIFFReader {
    /// Reads a file that is in memory.
    ///
    /// - Returns: The image, valid while the bytes are and until the next call; `nil` if it is damaged or not plain.
    func read(_ bytes: UnsafeRawBufferPointer) -> LoadedRaster? {
        do throws(TIFFFault) {
            return try decode(TIFFHeader(bytes, fileSize: bytes.count), from: OpenFile())
        } catch { return nil }
    }

    /// Reads the mask of a file that is in memory: 1 where pixels are valid, 0 elsewhere, (height, width).
    ///
    /// - Returns: `nil` for a file without a mask, or with one of another form than our COGs have.
    package func mask(of file: [UInt8]) -> [UInt8]? {
        file.withUnsafeBytes { TIFFMask(of: $0)?.pixels(by: inflater) }
    }
}

extension PlainTIFFReader {
    private func attemptToRead(
        _ path: UnsafePointer<CChar>, _ folder: Int32
    ) throws(TIFFFault) -> LoadedRaster? {
        let source = try OpenFile(path, in: folder)
        let head = try source.read(into: memory(&file, Self.headBytes))
        // A short read is the end of a regular file.
        let isAll = head.count < Self.headBytes
        if isAll, let raster = twin.said(by: head) { return raster }
        let size = isAll ? head.count : try source.size()
        do throws(TIFFFault) {
            let header = try TIFFHeader(head, fileSize: size)
            if isAll || !header.mayLieInPlace {
                return try decode(header, from: source)
            }
        } catch {
            guard case .broken = error else { throw error }
        }
        return try readWhole(source)
    }

    /// Reads all of a file first: one whose pixels lie there as they are wanted, whose directory is far from its beginning, or of
    /// which a network's file system gave less than there is.
    private func readWhole(_ source: borrowing OpenFile) throws(TIFFFault) -> LoadedRaster? {
        let size = try source.size()
        let bytes = try source.readAll(into: memory(&file, size + 1))
        if let raster = twin.said(by: bytes) { return raster }
        return try decode(TIFFHeader(bytes, fileSize: bytes.count), from: source)
    }
}

// MARK: Its pixels

extension PlainTIFFReader {
    private func decode(
        _ header: TIFFHeader, from source: borrowing OpenFile
    ) throws(TIFFFault) -> LoadedRaster {
        if let pixels = try Self.pixelsInPlace(header) {
            let raster = LoadedRaster(header, pixels)
            twin.remember(raster, of: header)
            return raster
        }
        window.forget()
        let plane = header.width * header.height * header.pixelBytes
        let pixels = try memory(&image, plane * header.bands)
        var index = 0
        for band in 0..<(header.isPlanar ? header.bands : 1) {
            for down in 0..<header.blocksDown {
                for across in 0..<header.blocksAcross {
                    let packed = try window.bytes(header.block(index), of: header, source)
                    try decode(
                        packed, index, band: band, down: down, across: across, of: header,
                        into: pixels)
                    index += 1
                }
            }
        }
        return LoadedRaster(
            header, UnsafeRawBufferPointer(rebasing: pixels[..<(plane * header.bands)]))
    }

    /// The pixels where the file has them just as they are wanted: strips of this machine's byte order without a gap.
    private static func pixelsInPlace(
        _ header: TIFFHeader
    ) throws(TIFFFault) -> UnsafeRawBufferPointer? {
        guard header.mayLieInPlace, header.bytes.all.count == header.fileSize else { return nil }
        let rowBytes = header.width * header.pixelBytes
        let start = try header.block(0).lowerBound
        var end = start
        for index in 0..<(header.bands * header.blocksDown) {
            let down = index % header.blocksDown
            let rows = min(header.blockHeight, header.height - down * header.blockHeight)
            let place = try header.block(index)
            guard place.count >= rows * rowBytes else {
                throw .broken("strip \(index + 1) has \(place.count) of \(rows * rowBytes) bytes")
            }
            guard place.lowerBound == end else { return nil }
            end += rows * rowBytes
        }
        let pixels = UnsafeRawBufferPointer(rebasing: header.bytes.all[start..<end])
        let address = UInt(bitPattern: pixels.baseAddress)
        return address % UInt(header.pixelBytes) == 0 ? pixels : nil
    }

    /// Unpacks one block and lays its pixels where they belong.
    private func decode(
        _ packed: UnsafeRawBufferPointer, _ index: Int, band: Int, down: Int, across: Int,
        of header: TIFFHeader, into image: UnsafeMutableRawBufferPointer
    ) throws(TIFFFault) {
        let (top, left) = (down * header.blockHeight, across * header.blockWidth)
        let rows = min(header.blockHeight, header.height - top)
        let columns = min(header.blockWidth, header.width - left)
        let stored = header.isTiled ? header.blockHeight : rows
        let rowBytes = header.blockWidth * header.bandsOfBlock * header.pixelBytes
        let needsChange =
            header.predictor != 1 || (header.bytes.isBigEndian && header.pixelBytes > 1)
        var source = packed
        if header.compression != .none || needsChange {
            let whole = try memory(&block, stored * rowBytes)
            let target = UnsafeMutableRawBufferPointer(rebasing: whole[..<(stored * rowBytes)])
            try unpack(packed, header, index, into: target)
            try undo(header, target, rowBytes: rowBytes)
            source = UnsafeRawBufferPointer(target)
        }
        guard source.count >= stored * rowBytes, let from = source.baseAddress,
            let to = image.baseAddress
        else {
            throw .broken("block \(index + 1) has \(source.count) of \(stored * rowBytes) bytes")
        }
        let plane = header.width * header.height * header.pixelBytes
        for line in 0..<rows {
            let offset = ((top + line) * header.width + left) * header.pixelBytes + band * plane
            ckernels_split_bands(
                from + line * rowBytes, columns, header.bandsOfBlock, header.pixelBytes,
                to + offset, plane)
        }
    }

    private func unpack(
        _ packed: UnsafeRawBufferPointer, _ header: TIFFHeader, _ index: Int,
        into block: UnsafeMutableRawBufferPointer
    ) throws(TIFFFault) {
        let isWhole: Bool
        switch header.compression {
        case .none:
            isWhole = packed.count >= block.count
            if isWhole { block.copyMemory(from: .init(rebasing: packed[..<block.count])) }
        case .deflate, .oldDeflate: isWhole = inflater.inflate(packed, into: block)
        case .zstd: isWhole = try inflater.unpackZSTD(packed, into: block)
        case .lzw:
            guard !LZWTable.isOldForm(packed) else { throw .notPlain }
            isWhole = table.unpack(packed, into: block)
        }
        guard isWhole else {
            throw .broken(
                "block \(index + 1) is damaged: it does not unpack to \(block.count) bytes")
        }
    }

    /// Turns a block into plain numbers of this machine's byte order.
    private func undo(
        _ header: TIFFHeader, _ block: UnsafeMutableRawBufferPointer, rowBytes: Int
    ) throws(TIFFFault) {
        guard let start = block.baseAddress else { return }
        let (size, bands) = (header.pixelBytes, header.bandsOfBlock)
        // The third predictor has its own byte order.
        if header.bytes.isBigEndian, header.predictor != 3 {
            ckernels_swap_bytes(start, block.count / size, size)
        }
        guard header.predictor != 1 else { return }
        let spare = try memory(&row, rowBytes)
        for offset in stride(from: 0, to: block.count, by: rowBytes) {
            if header.predictor == 2 {
                ckernels_undo_differences(start + offset, rowBytes / size, bands, size)
            } else {
                ckernels_undo_float_differences(
                    start + offset, rowBytes / size, bands, spare.baseAddress)
            }
        }
    }

    private func memory(
        _ kept: inout ReusedBytes, _ count: Int
    ) throws(TIFFFault) -> UnsafeMutableRawBufferPointer {
        guard let bytes = kept.reserve(count) else { throw .system(ENOMEM, "cannot be read") }
        return bytes
    }
}
