import Geo
import Manifests
import Pictures
import Raster
import TestSupport
import Testing

/// Pictures as GDAL reads them.
struct PictureTests {
    static func read(_ picture: Picture) throws -> RasterBuffer<UInt8> {
        let folder = try TemporaryFolder()
        let path = folder.path("picture.png")
        try AtomicFile.write(picture.png(), to: path)
        return try RasterFile(reading: path, drivers: [.png]).read()
    }

    @Test func gdalReadsWhatWasDrawn() throws {
        var picture = Picture(width: 37, height: 5)
        picture[1, 30] = .init(red: 1, green: 2, blue: 3)
        picture.fill(rows: 3..<99, columns: -4..<2, .black)
        let found = try Self.read(picture)
        #expect(found.size == (try PixelSize(width: 37, height: 5)) && found.bands == 3)
        #expect((0..<3).map { found[$0, 1, 30] } == [1, 2, 3])
        #expect((0..<3).map { found[$0, 4, 1] } == [0, 0, 0])
        #expect((0..<3).map { found[$0, 2, 1] } == [255, 255, 255])
    }

    @Test func samePixelsGiveTheSameBytes() {
        let bytes = (0..<2).map { _ in Picture(width: 64, height: 64, filled: .distinct(5)).png() }
        #expect(bytes[0] == bytes[1] && bytes[0].count < 1000)
    }

    @Test func lettersLeaveInkAndAreCutAtTheEdge() {
        var picture = Picture(width: 12, height: 9)
        picture.write("K1234", row: 1, column: 1)
        let ink = (0..<9).flatMap { row in (0..<12).map { picture[row, $0] } }.count {
            $0 == .black
        }
        #expect(ink > 15 && Picture.textWidth("K1") == 12)
        #expect(picture[1, 1] == .black && picture[0, 1] == .white)
    }

    @Test func coloursAreToldApart() {
        #expect(Set((0..<128).map(Picture.Colour.distinct)).count == 128)
    }
}
