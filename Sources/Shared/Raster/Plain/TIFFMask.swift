/// The mask inside of a classic TIFF, as COGs of ours and of GDAL's have it: one bit a pixel, in blocks packed by DEFLATE.
struct TIFFMask {
    private let bytes: TIFFBytes
    private let (width, height): (Int, Int)
    private let (blockWidth, blockHeight): (Int, Int)
    private let (offsets, counts): (TIFFField, TIFFField)

    /// Looks for the mask of the first image; nil for none, or one of another form.
    init?(of file: UnsafeRawBufferPointer) {
        let bytes = TIFFBytes(all: file, isBigEndian: false)
        guard bytes.load(UInt32.self, at: 0) == 0x002A_4949,
            let fields = Self.fields(of: bytes),
            let width = fields[256]?.integer(0, in: bytes),
            let height = fields[257]?.integer(0, in: bytes),
            let blockWidth = fields[322]?.integer(0, in: bytes),
            let blockHeight = fields[323]?.integer(0, in: bytes),
            let offsets = fields[324], let counts = fields[325],
            fields[259]?.integer(0, in: bytes) == 8, fields[262]?.integer(0, in: bytes) == 4,
            (1...1 << 16).contains(width), (1...1 << 16).contains(height),
            (1...1 << 12).contains(blockWidth), blockWidth % 8 == 0,
            (1...1 << 12).contains(blockHeight)
        else { return nil }
        (self.width, self.height, self.bytes) = (width, height, bytes)
        (self.blockWidth, self.blockHeight) = (blockWidth, blockHeight)
        (self.offsets, self.counts) = (offsets, counts)
    }

    /// The fields of the first directory that is one of a mask.
    private static func fields(of bytes: TIFFBytes) -> [UInt16: TIFFField]? {
        guard var next = bytes.integer(bytes: 4, at: 4) else { return nil }
        for _ in 0..<64 where next != 0 {
            var fields: [UInt16: TIFFField] = [:]
            let following = try? bytes.forEachField(at: next, isBig: false) {
                (tag: UInt16, field: TIFFField) throws(TIFFFault) in fields[tag] = field
            }
            guard let following else { return nil }
            if fields[254]?.integer(0, in: bytes) == 4 { return fields }
            next = following
        }
        return nil
    }

    /// 1 where pixels are valid, 0 elsewhere, (height, width); nil if it is damaged.
    func pixels(by inflater: Inflater) -> [UInt8]? {
        var pixels = [UInt8](repeating: 0, count: width * height)
        var block = [UInt8](repeating: 0, count: blockWidth / 8 * blockHeight)
        var index = 0
        for top in stride(from: 0, to: height, by: blockHeight) {
            for left in stride(from: 0, to: width, by: blockWidth) {
                guard unpack(index, into: &block, by: inflater) else { return nil }
                spread(block, top: top, left: left, over: &pixels)
                index += 1
            }
        }
        return pixels
    }

    private func unpack(_ index: Int, into block: inout [UInt8], by inflater: Inflater) -> Bool {
        guard let start = offsets.integer(index, in: bytes),
            let count = counts.integer(index, in: bytes), start > 0, count > 0,
            start <= bytes.all.count, count <= bytes.all.count - start
        else { return false }
        let packed = UnsafeRawBufferPointer(rebasing: bytes.all[start..<start + count])
        return block.withUnsafeMutableBytes { inflater.inflate(packed, into: $0) }
    }

    private func spread(_ block: [UInt8], top: Int, left: Int, over pixels: inout [UInt8]) {
        let columns = min(blockWidth, width - left)
        block.withUnsafeBufferPointer { block in
            pixels.withUnsafeMutableBufferPointer { pixels in
                for row in 0..<min(blockHeight, height - top) {
                    let (from, to) = (row * (blockWidth / 8), (top + row) * width + left)
                    for column in 0..<columns {
                        pixels[to + column] = block[from + column >> 3] >> UInt8(7 - column & 7) & 1
                    }
                }
            }
        }
    }
}
