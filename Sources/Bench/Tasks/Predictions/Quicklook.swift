package import Geo
import Manifests
import Raster
package import Tensors

/// Small images of what was predicted, for reports: `panels/<key>/before.png` and `after.png`, or `image.png`.
///
/// In natural colours where the run reads these bands, else in its first bands; all dates of a place under one stretch, so that
/// what looks different is different. They are no part of any score.
package struct Quicklook {
    /// What a quicklook's longer side has at most; ours: what a report's page shows without growing large.
    static let longest = 128
    /// Which shades a colour keeps; ours: five bits make a file of half the size, and look the same.
    private static let shades: UInt8 = 0b1111_1000

    private let channels: [Int]

    /// Quicklooks of images in these bands.
    package init(bands: [String]) { channels = Self.colours(of: bands) }

    /// Where red, green and blue lie: Sentinel-2's names, WorldView's eight, red-green-blue, else the first band thrice.
    static func colours(of bands: [String]) -> [Int] {
        for names in [["B04", "B03", "B02"], ["B4", "B3", "B2"]] {
            let places = names.compactMap { bands.firstIndex(of: $0) }
            if places.count == 3 { return places }
        }
        let worldView = ["band5", "band3", "band2"].compactMap { bands.firstIndex(of: $0) }
        if bands.contains("band8"), worldView.count == 3 { return worldView }
        return bands.count >= 3 ? [0, 1, 2] : [0, 0, 0]
    }

    /// The files of one image by their names.
    ///
    /// - Parameters:
    ///   - images: One or two of (1, bands, height, width), as the network reads them.
    ///   - size: Their height and width.
    /// - Returns: PNG files of three colours.
    /// - Throws: `RasterError` where an image cannot be encoded; `TorchError`.
    package func files(of images: [Tensor], size: PixelSize) throws -> [String: [UInt8]] {
        let size = try Self.size(for: size)
        let planes = try Torch.attempt {
            channels.map { channel in
                images.map { plane($0, channel, size) }
            }
        }
        let stretches = planes.map { Self.stretch(of: $0.flatMap(\.self)) }
        let names = images.count == 2 ? ["before", "after"] : ["image"]
        return Dictionary(
            uniqueKeysWithValues: try names.enumerated().map { date, name in
                let pixels = zip(planes, stretches).flatMap { dates, stretch in
                    dates[date].map { Self.shade($0, stretch) }
                }
                let buffer = try RasterBuffer<UInt8>(size: size, bands: 3, pixels: pixels)
                return (name, try RasterWriter.encode(buffer, as: .png))
            })
    }

    private static func size(for size: PixelSize) throws -> PixelSize {
        let longer = max(size.width, size.height)
        guard longer > longest else { return size }
        func shrunk(_ side: Int) -> Int { max(1, (side * longest + longer / 2) / longer) }
        return try PixelSize(width: shrunk(size.width), height: shrunk(size.height))
    }

    private func plane(_ image: Tensor, _ channel: Int, _ size: PixelSize) -> [Float] {
        image.narrow(1, start: channel, length: 1).to(.float32).to(.cpu)
            .adaptiveAveragePool2d([size.height, size.width]).values(as: Float.self)
    }

    /// The 2nd and 98th percentile: black and white.
    private static func stretch(of values: [Float]) -> (low: Float, high: Float) {
        let sorted = values.filter(\.isFinite).sorted()
        guard !sorted.isEmpty else { return (0, 0) }
        let last = sorted.count - 1
        let (low, high) = (sorted[last * 2 / 100], sorted[last * 98 / 100])
        // Where all but a few are equal, these few are still to be seen.
        return high > low ? (low, high) : (sorted[0], sorted[last])
    }

    /// Black where there is no number; grey where all are equal, for such an image is neither dark nor bright.
    private static func shade(_ value: Float, _ stretch: (low: Float, high: Float)) -> UInt8 {
        guard value.isFinite else { return 0 }
        guard stretch.high > stretch.low else { return 128 }
        let share = (value - stretch.low) / (stretch.high - stretch.low)
        let shade = UInt8((min(max(share, 0), 1) * 255).rounded()) & shades
        return shade | shade >> 5
    }
}
