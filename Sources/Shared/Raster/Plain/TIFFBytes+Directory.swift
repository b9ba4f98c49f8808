extension TIFFBytes {
    /// Walks over a directory; a field of which the values lie outside the file ends it.
    ///
    /// - Returns: Where the next directory is, 0 for none.
    /// - Throws: `TIFFFault`, and what `body` throws.
    func forEachField(
        at start: Int, isBig: Bool,
        _ body: (UInt16, TIFFField) throws(TIFFFault) -> Void
    ) throws(TIFFFault) -> Int {
        guard start >= 8, let count = integer(bytes: isBig ? 8 : 2, at: start) else {
            throw .broken("its directory at \(start) is beyond the end at \(all.count)")
        }
        let (stride, inline) = isBig ? (20, 8) : (12, 4)
        let fields = start + (isBig ? 8 : 2)
        guard count > 0, count <= (all.count - fields) / stride else {
            throw .broken("its directory at \(start) has \(count) fields, more than the file holds")
        }
        for index in 0..<count {
            let at = fields + index * stride
            guard let tag = load(UInt16.self, at: at),
                let type = load(UInt16.self, at: at + 2),
                let number = integer(bytes: inline, at: at + 4)
            else { throw .broken("its directory at \(start) is cut off") }
            let size = TIFFField.size(of: type)
            // Fields of unknown type are to be skipped (TIFF 6.0, page 16).
            guard size > 0 else { continue }
            let (length, overflows) = number.multipliedReportingOverflow(by: size)
            var offset = at + 4 + inline
            if overflows || length > inline {
                guard !overflows, let place = integer(bytes: inline, at: offset),
                    place <= all.count, length <= all.count - place
                else { throw .broken("field \(tag) with \(number) values lies beyond the end") }
                offset = place
            }
            try body(tag, TIFFField(type: type, count: number, offset: offset))
        }
        let end = fields + count * stride
        guard let next = integer(bytes: inline, at: end) else {
            throw .broken("its directory at \(start) is cut off")
        }
        return next
    }
}
