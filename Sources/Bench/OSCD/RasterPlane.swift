import Geo
import Raster

/// A file of one band, read whole as numbers of 16 bits.
struct RasterPlane {
    let size: PixelSize
    let pixels: [UInt16]
    /// Where it lies; nil where the file does not say, and of labels.
    let place: RasterPlace?

    /// Reads an image's band.
    ///
    /// - Throws: `RasterError` when the file cannot be read; `BenchError`, 65, when it holds more than one band.
    init(reading path: String) throws {
        // What was read is the loader's memory.
        let loader = RasterLoader()
        defer { withExtendedLifetime(loader) {} }
        let raster = try loader.read(path)
        guard raster.bands == 1, raster.pixelType == .uint16 else {
            throw BenchError(
                .invalid,
                "\(path): \(raster.bands) bands of \(raster.pixelType.rawValue); expected one of uint16, unpack the archive again"
            )
        }
        size = try PixelSize(width: raster.width, height: raster.height)
        pixels = Array(raster.pixels.bindMemory(to: UInt16.self))
        place = RasterPlace(of: raster)
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
        (size, place) = (file.size, nil)
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

    /// The plane on a grid that is finer by a whole number, bilinearly, halves rounded up.
    ///
    /// The target's centre (c + ½) lies at (c + ½) / factor, whatever stands over at the far ends: pixels keep their size.
    ///
    /// - Parameters:
    ///   - target: the finer grid's size.
    ///   - factor: how many of its pixels lie side by side in one of the plane's.
    ///   - offset: where its upper left corner lies, in the plane's pixels.
    /// - Returns: the pixels of the finer grid, row by row.
    func enlarged(
        to target: PixelSize, by factor: Int, from offset: (column: Double, row: Double)
    ) -> [UInt16] {
        let columns = (0..<target.width).map {
            Neighbours($0, by: factor, from: offset.column, in: size.width)
        }
        var result: [UInt16] = []
        result.reserveCapacity(target.count)
        for row in 0..<target.height {
            let down = Neighbours(row, by: factor, from: offset.row, in: size.height)
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

        init(_ target: Int, by factor: Int, from offset: Double, in count: Int) {
            let place = (Double(target) + 0.5) / Double(factor) - 0.5 + offset
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
