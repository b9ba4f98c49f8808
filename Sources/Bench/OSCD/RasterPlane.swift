import Geo
import Raster

/// A file of one band, read whole as numbers of 16 bits.
struct RasterPlane {
    let size: PixelSize
    let pixels: [UInt16]

    /// Reads an image's band.
    ///
    /// - Throws: `RasterError` when the file cannot be read; `BenchError`, 65, when it holds more than one band.
    init(reading path: String) throws {
        let file = try RasterFile(reading: path)
        guard file.bandCount == 1, file.pixelType == .uint16 else {
            throw BenchError(
                .invalid,
                "\(path): \(file.bandCount) bands of \(Self.name(file.pixelType)); expected one of uint16, unpack the archive again"
            )
        }
        size = file.size
        pixels = try file.read(as: UInt16.self).pixels
    }

    /// Reads a label, which may also be grey in three colours, with or without an opaque fourth.
    ///
    /// - Throws: as `init(reading:)`; `BenchError`, 65, when the colours differ, and for animations and palettes.
    init(readingLabel path: String) throws {
        let file = try RasterFile(reading: path)
        try PNGForm.expectOnePictureOfCodes(path)
        guard file.pixelType == .uint8 else {
            throw BenchError(
                .invalid,
                "\(path): a label of \(Self.name(file.pixelType)); expected uint8, unpack the labels again"
            )
        }
        size = file.size
        let planes = try file.read(as: UInt16.self).pixels
        let count = size.count
        let first = planes.prefix(count)
        let colours = file.bandCount < 3 ? 1 : 3
        let isGrey = (1..<colours).allSatisfy { band in
            planes[band * count..<(band + 1) * count].elementsEqual(first)
        }
        guard isGrey else {
            throw BenchError(
                .invalid, "\(path): a label in colours; expected one band of codes, or grey")
        }
        pixels = Array(first)
    }

    private static func name(_ type: RasterPixelType?) -> String {
        type?.rawValue ?? "an unusual type"
    }

    /// The plane on a finer grid that covers the same ground, bilinearly, halves rounded up.
    ///
    /// Pixel centres coincide as areas do: the target's centre (c + ½) lies at (c + ½) · width / target width.
    func enlarged(to target: PixelSize) -> [UInt16] {
        let columns = (0..<target.width).map { Neighbours($0, of: target.width, in: size.width) }
        var result: [UInt16] = []
        result.reserveCapacity(target.count)
        for row in 0..<target.height {
            let down = Neighbours(row, of: target.height, in: size.height)
            let (upper, lower) = (down.first * size.width, down.second * size.width)
            for across in columns {
                let top = across.mix(pixels[upper + across.first], pixels[upper + across.second])
                let bottom = across.mix(pixels[lower + across.first], pixels[lower + across.second])
                result.append(UInt16((top + (bottom - top) * down.weight + 0.5).rounded(.down)))
            }
        }
        return result
    }

    private struct Neighbours {
        let first: Int
        let second: Int
        let weight: Double

        init(_ target: Int, of targetCount: Int, in count: Int) {
            let place = (Double(target) + 0.5) * Double(count) / Double(targetCount) - 0.5
            let clamped = min(max(place, 0), Double(count - 1))
            first = Int(clamped)
            second = min(first + 1, count - 1)
            weight = clamped - Double(first)
        }

        func mix(_ left: UInt16, _ right: UInt16) -> Double {
            Double(left) + (Double(right) - Double(left)) * weight
        }
    }
}
