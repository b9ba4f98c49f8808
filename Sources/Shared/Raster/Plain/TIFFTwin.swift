import Glibc

/// The last file whose pixels lay in place, and what it said: a twin of it need not be read field by field again.
///
/// Patches of a data set differ in pixels and tie points only. A file of the same length whose directories, and the values that
/// these point at, are the same bytes says the same of its pixels.
struct TIFFTwin: ~Copyable {
    /// Bytes of headers that are worth a copy.
    private static let mostBytes = 1 << 13

    private var said: LoadedRaster?
    private var file = UnsafeRawBufferPointer(start: nil, count: 0)
    /// All that the header was read from, and its copy, range after range.
    private var ranges: [Range<Int>] = []
    private var copy = ReusedBytes()

    /// What a file in memory says, if it is a twin of the last one there.
    func said(by file: UnsafeRawBufferPointer) -> LoadedRaster? {
        guard let said, file.baseAddress == self.file.baseAddress, file.count == self.file.count,
            let bytes = file.baseAddress, var known = UnsafeRawPointer(copy.all.baseAddress)
        else { return nil }
        for range in ranges {
            guard memcmp(bytes + range.lowerBound, known, range.count) == 0 else { return nil }
            known += range.count
        }
        return said
    }

    /// Keeps what a file said.
    mutating func remember(_ raster: LoadedRaster, of header: TIFFHeader) {
        said = nil
        guard let read = header.rangesRead() else { return }
        let count = read.reduce(0) { $0 + $1.count }
        guard count <= Self.mostBytes, let memory = copy.reserve(count) else { return }
        var place = 0
        for range in read {
            UnsafeMutableRawBufferPointer(rebasing: memory[place...])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: header.bytes.all[range]))
            place += range.count
        }
        (ranges, file, said) = (read, header.bytes.all, raster)
    }
}

extension TIFFHeader {
    /// The bytes that say how the file is laid out: its directories and their fields' values, without the first tie points.
    ///
    /// - Returns: Ranges in the order of the file, joined where they touch; `nil` for directories that cannot be read.
    fileprivate func rangesRead() -> [Range<Int>]? {
        let isBig = bytes.load(UInt16.self, at: 2) == 43
        var ranges = [0..<(isBig ? 16 : 8)]
        guard var next = bytes.integer(bytes: isBig ? 8 : 4, at: isBig ? 8 : 4) else { return nil }
        var directories = 0
        while next != 0, directories < 64 {
            let start = next
            let fields = bytes.integer(bytes: isBig ? 8 : 2, at: start) ?? 0
            let following = try? bytes.forEachField(at: start, isBig: isBig) {
                (tag: UInt16, field: TIFFField) throws(TIFFFault) in
                guard tag != 33922 || directories > 0 else { return }
                ranges.append(field.offset..<field.offset + field.bytes)
            }
            guard let following else { return nil }
            ranges.append(start..<start + (isBig ? 16 + 20 * fields : 6 + 12 * fields))
            (next, directories) = (following, directories + 1)
        }
        return Self.joined(ranges)
    }

    private static func joined(_ ranges: [Range<Int>]) -> [Range<Int>] {
        var joined: [Range<Int>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            guard let last = joined.last, range.lowerBound <= last.upperBound else {
                joined.append(range)
                continue
            }
            joined[joined.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
        }
        return joined
    }
}
