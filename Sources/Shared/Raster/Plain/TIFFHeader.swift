/// What the first directory of a TIFF says of its image: numbers only, no copy of anything.
///
/// After TIFF 6.0 (Adobe, 1992), the BigTIFF proposal, and GeoTIFF 1.1 (OGC 19-008r4).
struct TIFFHeader {
    /// How a block is packed.
    enum Compression: Int {
        case none = 1
        case lzw = 5
        case deflate = 8
        case oldDeflate = 32946
        case zstd = 50000
    }

    let bytes: TIFFBytes
    /// Bytes of the whole file, of which `bytes` may hold the first only.
    let fileSize: Int
    private(set) var width = 0
    private(set) var height = 0
    private(set) var bands = 1
    private(set) var pixelType = RasterPixelType.uint8
    private(set) var compression = Compression.none
    /// 1: none, 2: differences along rows, 3: the same of floating-point numbers' bytes.
    private(set) var predictor = 1
    /// Whether each band has blocks of its own.
    private(set) var isPlanar = false
    private(set) var isTiled = false
    private(set) var blockWidth = 0
    private(set) var blockHeight = 0
    private var fields = Fields()

    /// Fields that are looked at again later.
    private struct Fields {
        var bits: TIFFField?
        var formats: TIFFField?
        var offsets: TIFFField?
        var counts: TIFFField?
        var scale: TIFFField?
        var tiepoints: TIFFField?
        var matrix: TIFFField?
        var geoKeys: TIFFField?
        var nodata: TIFFField?
        var photometric = -1
        var rowsPerStrip = Int(UInt32.max)
        var tileWidth = 0
        var tileHeight = 0
        var compression = 1
        var planes = 1
    }

    /// Bytes of a pixel of one band.
    var pixelBytes: Int {
        switch pixelType {
        case .uint8: 1
        case .uint16, .int16: 2
        case .float32: 4
        case .float64: 8
        }
    }

    var scale: TIFFField? { fields.scale }
    var tiepoints: TIFFField? { fields.tiepoints }
    var matrix: TIFFField? { fields.matrix }
    var geoKeys: TIFFField? { fields.geoKeys }
    var nodataText: TIFFField? { fields.nodata }
    /// Bands that a block holds, pixel by pixel.
    var bandsOfBlock: Int { isPlanar ? 1 : bands }
    var blocksAcross: Int { (width + blockWidth - 1) / blockWidth }
    var blocksDown: Int { (height + blockHeight - 1) / blockHeight }

    /// Whether the pixels may lie in the file just as they are wanted, if there are no gaps between its strips.
    var mayLieInPlace: Bool {
        compression == .none && !isTiled && bandsOfBlock == 1
            && (!bytes.isBigEndian || pixelBytes == 1)
    }

    /// Where a block lies in the file.
    ///
    /// - Throws: `TIFFFault`: `broken` beyond the file's end, `notPlain` for blocks that were never written.
    func block(_ index: Int) throws(TIFFFault) -> Range<Int> {
        guard let start = fields.offsets?.integer(index, in: bytes),
            let count = fields.counts?.integer(index, in: bytes)
        else { throw .broken("block \(index + 1) has no place in the file") }
        guard start > 0, count > 0 else { throw .notPlain }
        let (end, overflows) = start.addingReportingOverflow(count)
        guard !overflows, end <= fileSize else {
            throw .broken(
                "block \(index + 1) lies at \(start) with \(count) bytes, the file ends at \(fileSize)"
            )
        }
        return start..<end
    }
}

// MARK: Reading the directory

extension TIFFHeader {
    /// Reads the first directory and looks at those behind it.
    ///
    /// - Parameters:
    ///   - file: What the file begins with, or all of it.
    ///   - fileSize: Bytes of the whole file.
    /// - Throws: `TIFFFault`; `broken` too for what lies behind the bytes given.
    init(_ file: UnsafeRawBufferPointer, fileSize: Int) throws(TIFFFault) {
        guard file.count >= 8 else {
            throw .broken(file.isEmpty ? "is empty" : "has \(file.count) bytes: no image")
        }
        guard let isBigEndian = Self.byteOrder(file) else { throw .notPlain }
        bytes = TIFFBytes(all: file, isBigEndian: isBigEndian)
        self.fileSize = fileSize
        let version = bytes.load(UInt16.self, at: 2) ?? 0
        guard version == 42 || version == 43 else { throw .notPlain }
        let isBig = version == 43
        if isBig {
            guard bytes.load(UInt16.self, at: 4) == 8, bytes.load(UInt16.self, at: 6) == 0 else {
                throw .notPlain
            }
        }
        guard let first = bytes.integer(bytes: isBig ? 8 : 4, at: isBig ? 8 : 4) else {
            throw .broken("ends in its header")
        }
        let next = try readDirectory(at: first, isBig: isBig)
        try settle()
        try checkFollowers(from: next, isBig: isBig)
    }

    private static func byteOrder(_ file: UnsafeRawBufferPointer) -> Bool? {
        switch (file[0], file[1]) {
        case (0x49, 0x49): false
        case (0x4D, 0x4D): true
        default: nil
        }
    }

    /// Reads a directory's fields; gives where the next directory is, 0 for none.
    private mutating func readDirectory(at start: Int, isBig: Bool) throws(TIFFFault) -> Int {
        var last: UInt16 = 0
        return try bytes.forEachField(at: start, isBig: isBig) {
            (tag, field) throws(TIFFFault) in
            guard tag > last || last == 0 else { throw .notPlain }
            last = tag
            try take(tag, field)
        }
    }

    private mutating func take(_ tag: UInt16, _ field: TIFFField) throws(TIFFFault) {
        switch tag {
        case 258: fields.bits = field
        case 273, 324:
            fields.offsets = field
            isTiled = tag == 324
        case 279, 325: fields.counts = field
        case 339: fields.formats = field
        case 33550: fields.scale = field
        case 33922: fields.tiepoints = field
        case 34264: fields.matrix = field
        case 34735: fields.geoKeys = field
        case 42113: fields.nodata = field
        case 254, 256, 257, 259, 262, 266, 274, 277, 278, 284, 317, 322, 323, 32997:
            guard field.count == 1, let value = field.integer(0, in: bytes) else {
                throw .notPlain
            }
            try take(tag, value)
        case 320: throw .notPlain  // a colour map
        default: break
        }
    }

    private mutating func take(_ tag: UInt16, _ value: Int) throws(TIFFFault) {
        switch tag {
        case 256: width = value
        case 257: height = value
        case 259: fields.compression = value
        case 262: fields.photometric = value
        case 277: bands = value
        case 278: fields.rowsPerStrip = value
        case 284: fields.planes = value
        case 317: predictor = value
        case 322: fields.tileWidth = value
        case 323: fields.tileHeight = value
        case 254: guard value == 0 else { throw .notPlain }
        // Bits from the other end, turned images, volumes.
        default: guard value == 1 else { throw .notPlain }
        }
    }

    /// Further images behind the first are for GDAL; smaller copies and masks of it do not matter for its pixels.
    private func checkFollowers(from first: Int, isBig: Bool) throws(TIFFFault) {
        var next = first
        var seen = 0
        while next != 0 {
            seen += 1
            guard seen < 64 else { throw .notPlain }
            var kind = 0
            let bytes = bytes
            next = try bytes.forEachField(at: next, isBig: isBig) { tag, field in
                if tag == 254 { kind = field.integer(0, in: bytes) ?? 0 }
            }
            guard [1, 4, 5].contains(kind) else { throw .notPlain }
        }
    }
}

// MARK: What the numbers mean together

extension TIFFHeader {
    /// The largest image that is read whole, in bytes.
    static let largestImage = 1 << 31
    /// The largest block that an image may have whatever its own size is, in bytes; ours: tiles of 2,048 × 2,048 pixels with eight bands.
    static let largestBlock = 64 << 20

    private mutating func settle() throws(TIFFFault) {
        guard let compression = Compression(rawValue: fields.compression),
            fields.photometric == 1 || fields.photometric == 2, (1...4096).contains(bands),
            fields.planes == 1 || fields.planes == 2, fields.offsets != nil, fields.counts != nil
        else { throw .notPlain }
        self.compression = compression
        isPlanar = fields.planes == 2 && bands > 1
        pixelType = try type()
        switch predictor {
        case 1: break
        case 2: guard compression != .none else { throw .notPlain }
        case 3:
            guard compression != .none, pixelType == .float32 else { throw .notPlain }
        default: throw .notPlain
        }
        try settleBlocks()
        try checkSize()
    }

    private func type() throws(TIFFFault) -> RasterPixelType {
        guard let bits = fields.bits, bits.count == bands, let width = bits.integer(0, in: bytes),
            bits.isAll(width, in: bytes)
        else { throw .notPlain }
        var format = 1
        if let formats = fields.formats {
            guard formats.count == bands, let first = formats.integer(0, in: bytes),
                formats.isAll(first, in: bytes)
            else { throw .notPlain }
            format = first
        }
        switch (width, format) {
        case (8, 1): return .uint8
        case (16, 1): return .uint16
        case (16, 2): return .int16
        case (32, 3): return .float32
        default: throw .notPlain
        }
    }

    private mutating func settleBlocks() throws(TIFFFault) {
        let largest = Int(Int32.max)
        guard (1...largest).contains(width), (1...largest).contains(height) else {
            throw .broken("declares \(width)×\(height) pixels")
        }
        if isTiled {
            (blockWidth, blockHeight) = (fields.tileWidth, fields.tileHeight)
            guard (1...1 << 16).contains(blockWidth), (1...1 << 16).contains(blockHeight),
                blockWidth % 16 == 0, blockHeight % 16 == 0
            else { throw .notPlain }
        } else {
            guard fields.rowsPerStrip > 0, fields.tileWidth == 0 else { throw .notPlain }
            (blockWidth, blockHeight) = (width, min(fields.rowsPerStrip, height))
        }
    }

    /// Refuses images that declare far more than their bytes can hold, before anything is allocated.
    private func checkSize() throws(TIFFFault) {
        let (pixels, first) = width.multipliedReportingOverflow(by: height)
        let (image, second) = pixels.multipliedReportingOverflow(by: bands * pixelBytes)
        guard !first, !second else { throw .broken("declares \(width)×\(height)×\(bands) pixels") }
        // DEFLATE cannot do better than 1032 : 1; ZSTD can, on constant images.
        guard image <= max(1 << 28, fileSize * 2000) else {
            throw .broken(
                "declares \(width)×\(height) pixels in \(bands) bands, but has \(fileSize) bytes"
            )
        }
        guard image <= Self.largestImage else { throw .notPlain }
        let blockBytes = blockWidth * blockHeight * bandsOfBlock * pixelBytes
        guard blockBytes <= max(Self.largestBlock, 4 * image) else {
            throw .broken(
                "declares blocks of \(blockWidth)×\(blockHeight) pixels for an image of \(width)×\(height)"
            )
        }
        let blocks = blocksAcross * blocksDown * (isPlanar ? bands : 1)
        guard let offsets = fields.offsets, let counts = fields.counts, offsets.count == blocks,
            counts.count == blocks
        else { throw .notPlain }
        if compression == .none, image > fileSize {
            for index in 0..<blocks { _ = try block(index) }
            throw .notPlain
        }
    }
}
