public import Geo

/// An image as numbers of 16 bits, (bands, height, width), band by band.
///
/// Sentinel-2 counts: reflectance × 10000. 0 in every band means no data.
public struct BandStack: Sendable, Hashable {
    /// Width and height, the same for every band.
    public let size: PixelSize
    /// The bands in the order in which they lie in `pixels`.
    public let bands: [Sentinel2Band]
    /// `bands.count` planes of height × width, row by row.
    public let pixels: [UInt16]

    /// Puts planes together; there must be one of `size.count` pixels for each band.
    public init(size: PixelSize, bands: [Sentinel2Band], pixels: [UInt16]) {
        precondition(
            pixels.count == size.count * bands.count,
            "\(pixels.count) pixels for \(bands.count) bands of \(size)")
        self.size = size
        self.bands = bands
        self.pixels = pixels
    }

    /// The pixels of one band, row by row; `nil` where the stack does not hold it.
    public func plane(_ band: Sentinel2Band) -> ArraySlice<UInt16>? {
        bands.firstIndex(of: band).map { pixels[$0 * size.count..<($0 + 1) * size.count] }
    }

    /// The stack of some of these bands, in the order asked for; `nil` where one is not held.
    public func selecting(_ wanted: [Sentinel2Band]) -> BandStack? {
        if wanted == bands { return self }
        var selected: [UInt16] = []
        selected.reserveCapacity(wanted.count * size.count)
        for band in wanted {
            guard let plane = plane(band) else { return nil }
            selected += plane
        }
        return BandStack(size: size, bands: wanted, pixels: selected)
    }

    /// Where any band holds something: 1 for data, 0 for no data, row by row.
    public var dataMask: [UInt8] {
        var mask = [UInt8](repeating: 0, count: size.count)
        for band in bands.indices {
            let start = band * size.count
            for index in mask.indices where pixels[start + index] != 0 { mask[index] = 1 }
        }
        return mask
    }
}

/// One place on two dates, on one grid.
public struct ImagePair: Sendable, Hashable {
    /// The earlier image.
    public let before: BandStack
    /// The later image.
    public let after: BandStack

    /// Pairs two images of the same size and bands.
    public init(before: BandStack, after: BandStack) {
        precondition(
            before.size == after.size && before.bands == after.bands,
            "\(before.size) with \(before.bands) beside \(after.size) with \(after.bands)")
        self.before = before
        self.after = after
    }

    /// Width and height of both.
    public var size: PixelSize { before.size }

    /// 1 where both dates hold data, row by row.
    public var dataMask: [UInt8] {
        zip(before.dataMask, after.dataMask).map { $0 & $1 }
    }
}
