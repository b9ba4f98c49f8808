import CKernels
import Glibc

/// Reads TIFF files whole, without GDAL, where they are plain; keeps its memory from file to file.
///
/// Plain is: classic TIFF or BigTIFF of either byte order; strips or tiles; uncompressed, or DEFLATE, LZW or ZSTD with any of
/// the predictors; one or many bands of uint8, uint16, int16 or float32, pixel by pixel or band by band; one image, with or
/// without smaller copies of itself. Everything else (masks, JPEG, colour maps, single bits, blocks never written, files above
/// 2 GiB) is not, and `RasterFile` reads it. One reader serves one thread.
public final class PlainTIFFReader {
    private var file = ReusedBytes()
    private var image = ReusedBytes()
    private var block = ReusedBytes()
    private var row = ReusedBytes()
    private let inflater = Inflater()
    private let table = LZWTable()

    /// A reader without memory yet.
    public init() {}

    /// Reads a file, or says that it is not plain.
    ///
    /// An uncompressed image of one band is not even copied: its pixels are those of the one `read` of the file.
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
        var isThorough = false
        while true {
            guard let bytes = try load(path, folder ?? AT_FDCWD, thorough: isThorough, name) else {
                return nil
            }
            do throws(TIFFFault) {
                return try decode(TIFFHeader(bytes), name)
            } catch {
                guard case .broken(let reason) = error else { return nil }
                guard isThorough else {
                    // A network's file system may have given less than there is.
                    isThorough = true
                    continue
                }
                throw RasterError(.unreadable, path: name(), "\(reason); fetch the file again")
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
    private static let firstRead = 1 << 16

    /// The whole file; `nil` if it is too large to be read whole.
    private func load(
        _ path: UnsafePointer<CChar>, _ folder: Int32, thorough: Bool, _ name: () -> String
    ) throws(RasterError) -> UnsafeRawBufferPointer? {
        var descriptor: Int32
        repeat {
            descriptor = openat(folder, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        } while descriptor < 0 && errno == EINTR
        guard descriptor >= 0 else { throw Self.failure("cannot open", name) }
        defer { close(descriptor) }
        var memory = try file.reserve(Self.firstRead)
        var count = 0
        while true {
            let got = pread(
                descriptor, memory.baseAddress.map { $0 + count }, memory.count - count, count)
            guard got >= 0 else {
                if errno == EINTR { continue }
                throw Self.failure("cannot be read", name)
            }
            count += got
            // A short read is the end of a regular file.
            if got == 0 || (count < memory.count && !thorough) { break }
            guard count == memory.count else { continue }
            guard let size = try Self.size(of: descriptor, name) else { return nil }
            if count >= size { break }
            memory = try file.reserve(size + 1)
            count = 0
        }
        return UnsafeRawBufferPointer(rebasing: memory[..<count])
    }

    private static func size(
        of descriptor: Int32, _ name: () -> String
    ) throws(RasterError) -> Int? {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("cannot be read", name) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw RasterError(.unreadable, path: name(), "is not a regular file")
        }
        return status.st_size < TIFFHeader.largestImage ? Int(status.st_size) : nil
    }

    private static func failure(_ what: String, _ name: () -> String) -> RasterError {
        let number = errno
        let code: RasterError.Code =
            switch number {
            case ENOENT, ENOTDIR, ENAMETOOLONG: .missing
            case EACCES, EPERM: .notPermitted
            case EISDIR: .unreadable
            case EMFILE, ENFILE, ENOMEM: .outOfResources
            default: .io
            }
        return RasterError(code, path: name(), "\(what): \(String(cString: strerror(number)))")
    }
}

// MARK: Its pixels

extension PlainTIFFReader {
    private func decode(
        _ header: TIFFHeader, _ name: () -> String
    ) throws(TIFFFault) -> LoadedRaster {
        if let pixels = try Self.pixelsInPlace(header) {
            return LoadedRaster(header, pixels)
        }
        let plane = header.width * header.height * header.pixelBytes
        let pixels = try memory(&image, plane * header.bands)
        var index = 0
        for band in 0..<(header.isPlanar ? header.bands : 1) {
            for down in 0..<header.blocksDown {
                for across in 0..<header.blocksAcross {
                    try decode(
                        index, band: band, down: down, across: across, of: header, into: pixels)
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
        guard header.compression == .none, !header.isTiled, header.bandsOfBlock == 1,
            !header.bytes.isBigEndian || header.pixelBytes == 1
        else { return nil }
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
        _ index: Int, band: Int, down: Int, across: Int, of header: TIFFHeader,
        into image: UnsafeMutableRawBufferPointer
    ) throws(TIFFFault) {
        let (top, left) = (down * header.blockHeight, across * header.blockWidth)
        let rows = min(header.blockHeight, header.height - top)
        let columns = min(header.blockWidth, header.width - left)
        let stored = header.isTiled ? header.blockHeight : rows
        let rowBytes = header.blockWidth * header.bandsOfBlock * header.pixelBytes
        let place = try header.block(index)
        let packed = UnsafeRawBufferPointer(rebasing: header.bytes.all[place])
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
        case .zstd: isWhole = inflater.unpackZSTD(packed, into: block)
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
        do throws(RasterError) {
            return try kept.reserve(count)
        } catch {
            throw .broken(error.description)
        }
    }
}
