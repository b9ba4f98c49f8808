import Foundation
import Geo
import Raster
import TestSupport
import Testing

@Suite struct QuickLookTests {
    /// GDAL reads the pixels that were written, whatever the rows are like.
    @Test(arguments: [1, 3], [(1, 1), (7, 3), (300, 40), (256, 257)])
    func anotherReaderSeesThePixels(channels: Int, sides: (Int, Int)) throws {
        let folder = try TemporaryFolder()
        let size = try PixelSize(width: sides.0, height: sides.1)
        var random = SplitMix64(seed: 5)
        let planes = (0..<channels).map { channel in
            (0..<size.count).map { index in
                // A part is flat, a part a slope, a part noise.
                index % 3 == channel
                    ? 0
                    : index < size.count / 2
                        ? UInt8(truncatingIfNeeded: index / 5)
                        : UInt8(truncatingIfNeeded: random.next())
            }
        }
        let path = folder.path("picture.png")
        try Data(QuickLook.png(planes, size)).write(to: URL(filePath: path))
        let seen = try RasterFile(reading: path).read(as: UInt8.self)
        #expect(seen.size == size && seen.pixels == planes.flatMap(\.self))
    }

    @Test func isRefusedWithOtherChannels() throws {
        let size = try PixelSize(width: 4, height: 4)
        let plane = [UInt8](repeating: 1, count: 16)
        #expect(throws: RasterError.self) { try QuickLook.png([plane, plane], size) }
        #expect(throws: RasterError.self) { try QuickLook.png([Array(plane.dropLast())], size) }
    }

    /// 0 is no data; the ends are 1 and 255; what lies beyond is as they are; a constant is grey.
    @Test func shadesSpanTheRange() {
        let shades = QuickLook.shades([0, 5, 10, 20, 30, 31], from: 10, to: 30)
        #expect(shades == [0, 1, 1, 128, 255, 255])
        #expect(QuickLook.shades([0, 7, 9], from: 8, to: 8) == [0, 128, 128])
    }
}
