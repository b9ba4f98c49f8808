package import Geo

/// An image of 8 bits for the report, (3, height, width): red, green, blue.
package struct Panel: Sendable, Hashable {
    /// Rows and columns.
    package let size: PixelSize
    /// Channel by channel, row by row.
    package let pixels: [UInt8]

    private init(size: PixelSize, pixels: [UInt8]) {
        self.size = size
        self.pixels = pixels
    }

    /// Red, green and blue of both dates, under one stretch, so that what looks different is different.
    ///
    /// For each band, the 2nd and 98th percentile of both dates' data pixels become black and white.
    package static func trueColour(of pair: ImagePair) -> (before: Panel, after: Panel)? {
        var before: [UInt8] = []
        var after: [UInt8] = []
        let mask = pair.dataMask
        for band in [Sentinel2Band.b04, .b03, .b02] {
            guard let first = pair.before.plane(band), let second = pair.after.plane(band) else {
                return nil
            }
            let stretch = Stretch(of: [first, second], where: mask)
            before += first.map(stretch.callAsFunction)
            after += second.map(stretch.callAsFunction)
        }
        return (
            Panel(size: pair.size, pixels: before), Panel(size: pair.size, pixels: after)
        )
    }

    /// The truth: change white, the rest black.
    static func truth(_ mask: [UInt8], size: PixelSize) -> Panel {
        let plane = mask.map { $0 == 0 ? UInt8(0) : 255 }
        return Panel(size: size, pixels: plane + plane + plane)
    }

    /// A prediction against the truth, in the colours of `PanelColour`.
    static func prediction(_ mask: [UInt8], truth: [UInt8], size: PixelSize) -> Panel {
        let pixels = (0..<3).flatMap { plane in
            let shades = [(0, 0), (0, 1), (1, 0), (1, 1)].map { called, actual in
                PanelColour(predicted: called, truth: actual).rgb[plane]
            }
            return zip(mask, truth).map { shades[($0 == 0 ? 0 : 2) + ($1 == 0 ? 0 : 1)] }
        }
        return Panel(size: size, pixels: pixels)
    }
}

/// A linear stretch from 16 bits to 8, between two percentiles.
private struct Stretch {
    /// From black to white; `nil` where there is no data.
    private let range: ClosedRange<Int>?

    init(of planes: [ArraySlice<UInt16>], where mask: [UInt8]) {
        var histogram = [Int](repeating: 0, count: 65536)
        for plane in planes {
            for (value, valid) in zip(plane, mask) where valid != 0 { histogram[Int(value)] += 1 }
        }
        let total = histogram.reduce(0, +)
        guard let least = histogram.firstIndex(where: { $0 > 0 }),
            let most = histogram.lastIndex(where: { $0 > 0 })
        else {
            range = nil
            return
        }
        let low = Self.value(atRank: total * 2 / 100, in: histogram)
        let high = Self.value(atRank: total * 98 / 100, in: histogram)
        // Where all but a few are equal, these few are still to be seen.
        range = high > low ? low...high : least...most
    }

    /// Black where there is no data; grey where all are equal, for such an image is neither dark nor bright.
    func callAsFunction(_ value: UInt16) -> UInt8 {
        guard let range else { return 0 }
        let width = range.upperBound - range.lowerBound
        guard width > 0 else { return range.contains(Int(value)) ? 128 : 0 }
        let scaled = ((Int(value) - range.lowerBound) * 255 + width / 2) / width
        return UInt8(min(max(scaled, 0), 255))
    }

    private static func value(atRank rank: Int, in histogram: [Int]) -> Int {
        var below = 0
        for (value, count) in histogram.enumerated() {
            below += count
            if below > rank { return value }
        }
        return 0
    }
}
