/// Why a TIFF is not read here.
enum TIFFFault: Error {
    /// It may well be sound, but is none of the simple kinds: for GDAL.
    case notPlain
    /// It contradicts itself or ends too early; the text says where.
    case broken(String)
    /// The system failed with this number while it "cannot be read".
    case system(Int32, StaticString)
}

/// The bytes that a TIFF begins with, or all of them, in its byte order; no access is beyond their end.
struct TIFFBytes {
    let all: UnsafeRawBufferPointer
    let isBigEndian: Bool

    /// The number that lies there, `nil` beyond the end.
    @inline(__always)
    func load<Number: FixedWidthInteger>(_ type: Number.Type, at offset: Int) -> Number? {
        guard offset >= 0, offset <= all.count - MemoryLayout<Number>.size else { return nil }
        let raw = all.loadUnaligned(fromByteOffset: offset, as: Number.self)
        return isBigEndian ? Number(bigEndian: raw) : Number(littleEndian: raw)
    }

    /// An offset or count of 2, 4 or 8 bytes; `nil` beyond the end and above what memory can hold.
    @inline(__always)
    func integer(bytes: Int, at offset: Int) -> Int? {
        switch bytes {
        case 1: load(UInt8.self, at: offset).map { Int($0) }
        case 2: load(UInt16.self, at: offset).map { Int($0) }
        case 4: load(UInt32.self, at: offset).map { Int($0) }
        default: load(UInt64.self, at: offset).flatMap { Int(exactly: $0) }
        }
    }
}

/// One field of a TIFF directory: numbers of one type, which lie inside the file.
struct TIFFField {
    let type: UInt16
    let count: Int
    /// Where the first of them lies.
    let offset: Int

    /// Bytes of all values.
    var bytes: Int { count * Self.size(of: type) }

    /// Bytes of one value of a type; 0 for types that TIFF 6 and BigTIFF do not have.
    static func size(of type: UInt16) -> Int {
        switch type {
        case 1, 2, 6, 7: 1
        case 3, 8: 2
        case 4, 9, 11, 13: 4
        case 5, 10, 12, 16, 17, 18: 8
        default: 0
        }
    }

    /// A whole number that is not negative, by its place; `nil` if it is none.
    @inline(__always)
    func integer(_ index: Int, in bytes: TIFFBytes) -> Int? {
        guard index >= 0, index < count else { return nil }
        switch type {
        case 1, 3, 4, 13, 16, 18:
            let size = Self.size(of: type)
            return bytes.integer(bytes: size, at: offset + index * size)
        default: return nil
        }
    }

    /// A 64-bit floating-point number by its place; `nil` if it is none.
    func double(_ index: Int, in bytes: TIFFBytes) -> Double? {
        guard type == 12, index >= 0, index < count else { return nil }
        return bytes.load(UInt64.self, at: offset + index * 8).map(Double.init(bitPattern:))
    }

    /// Whether all values are one whole number.
    func isAll(_ number: Int, in bytes: TIFFBytes) -> Bool {
        for index in 0..<count where integer(index, in: bytes) != number { return false }
        return true
    }
}
