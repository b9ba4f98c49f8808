import Bench
import Geo
import Manifests
import Raster
import Tensors
import TestSupport
import Testing

/// E21: pictures of images in which there is nothing, or nothing but one value.
@Suite struct QuicklookTests {
    private static let side = 8

    private static func image(_ values: [Float]) -> Tensor {
        Tensor(values + values + values, shape: [1, 3, side, side])
    }

    /// The shades of a picture, channel by channel.
    private static func shades(_ values: [Float]) throws -> [UInt8] {
        let size = try PixelSize(width: side, height: side)
        let files = try Quicklook(bands: ["B04", "B03", "B02"]).files(
            of: [image(values)], size: size)
        let folder = try TemporaryFolder()
        try AtomicFile.write(try #require(files["image"]), to: folder.path("image.png"))
        let image = try RasterFile(reading: folder.path("image.png")).read(as: UInt8.self)
        return image.pixels
    }

    @Test func nothingIsBlack() throws {
        let shades = try Self.shades([Float](repeating: .nan, count: 64))
        #expect(Set(shades) == [0])
    }

    @Test func oneValueIsGrey() throws {
        let shades = try Self.shades([Float](repeating: 7, count: 64))
        #expect(Set(shades) == [128])
    }

    @Test func oneValueWithAHoleIsGreyWithAHole() throws {
        var values = [Float](repeating: -3, count: 64)
        values[9] = .nan
        let shades = try Self.shades(values)
        #expect(Set(shades) == [0, 128])
        #expect(shades.count { $0 == 0 } == 3)
    }

    @Test func afewOthersAreSeen() throws {
        var values = [Float](repeating: 0, count: 64)
        values[0] = 1
        let shades = try Self.shades(values)
        #expect(Set(shades) == [0, 255])
    }

    private static func stack(_ value: (Int) -> UInt16) throws -> BandStack {
        let size = try PixelSize(width: side, height: side)
        let plane = (0..<64).map(value)
        return BandStack(
            size: size, bands: [.b02, .b03, .b04], pixels: plane + plane + plane)
    }

    @Test func panelsOfNothingAndOfOneValue() throws {
        let (empty, even) = (try Self.stack { _ in 0 }, try Self.stack { _ in 700 })
        let holed = try Self.stack { $0 == 5 ? 0 : 700 }
        let bright = try Self.stack { UInt16(500 + $0) }
        let nothing = try #require(Panel.trueColour(of: ImagePair(before: empty, after: bright)))
        #expect(Set(nothing.before.pixels) == [0] && Set(nothing.after.pixels) == [0])
        let same = try #require(Panel.trueColour(of: ImagePair(before: even, after: holed)))
        #expect(Set(same.before.pixels) == [128] && Set(same.after.pixels) == [0, 128])
    }
}
