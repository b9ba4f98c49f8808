import Dispatch
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

@Suite struct DecodedBlocksTests {
    /// 2300 × 2100 pixels in nine tiles of 1024 × 1024, the last ones cut off.
    private static func scene(in folder: TemporaryFolder) throws -> (String, RasterBuffer<UInt16>) {
        let size = try PixelSize(width: 2300, height: 2100)
        let pixels: [UInt16] = (0..<size.count).map { index in
            UInt16(index / 2300 * 7 + index % 2300)
        }
        let image = try RasterBuffer(size: size, pixels: pixels)
        let path = folder.path("band.jp2")
        try RasterWriter.write(image, as: .jpeg2000(), to: path)
        return (path, image)
    }

    private static let windows = [
        (0, 0, 600, 700), (500, 300, 1300, 1200), (1020, 1020, 10, 10), (0, 1000, 2300, 60),
        (1900, 1600, 400, 500), (1000, 0, 100, 2100), (2047, 2047, 2, 2), (3, 5, 2290, 2090),
    ]

    private static func isRight(
        _ window: (Int, Int, Int, Int), _ blocks: DecodedBlocks, _ path: String,
        _ image: RasterBuffer<UInt16>, threads: Int = 1
    ) throws -> Bool {
        let (column, row, width, height) = window
        let place = try PixelWindow(column: column, row: row, width: width, height: height)
        return try blocks.read(path, place, threads: threads) == image.cropped(to: place)
    }

    @Test(arguments: [1, 2, 8]) func decodesEachBlockOnce(threads: Int) throws {
        let folder = try TemporaryFolder()
        let (path, image) = try Self.scene(in: folder)
        let blocks = DecodedBlocks()
        #expect(try Self.isRight((1030, 5, 200, 300), blocks, path, image, threads: threads))
        #expect(blocks.decodedCount == 1)
        for window in Self.windows {
            #expect(try Self.isRight(window, blocks, path, image, threads: threads))
        }
        #expect(blocks.decodedCount == 9)
        #expect(blocks.bytes == image.size.count * 2)
        withExtendedLifetime(folder) {}
    }

    @Test func servesManyThreads() throws {
        let folder = try TemporaryFolder()
        let (path, image) = try Self.scene(in: folder)
        let blocks = DecodedBlocks()
        nonisolated(unsafe) var wrong = [Bool](repeating: true, count: 24)
        wrong.withUnsafeMutableBufferPointer { wrong in
            nonisolated(unsafe) let wrong = wrong
            DispatchQueue.concurrentPerform(iterations: wrong.count) { index in
                let window = Self.windows[index % Self.windows.count]
                wrong[index] = (try? Self.isRight(window, blocks, path, image)) != true
            }
        }
        #expect(!wrong.contains(true))
        #expect(blocks.decodedCount == 9)
        withExtendedLifetime(folder) {}
    }

    /// With room for two rows of blocks, windows from top to bottom still decode each block once.
    @Test func keepsToItsLimit() throws {
        let folder = try TemporaryFolder()
        let (path, image) = try Self.scene(in: folder)
        let limit = 2 * 2300 * 1024 * 2
        let blocks = DecodedBlocks(limit: limit)
        for row in stride(from: 0, through: 1800, by: 200) {
            for column in stride(from: 0, through: 2000, by: 200) {
                #expect(try Self.isRight((column, row, 300, 300), blocks, path, image))
                #expect(blocks.bytes <= limit)
            }
        }
        #expect(blocks.decodedCount == 9)
        let none = DecodedBlocks(limit: 0)
        #expect(try Self.isRight(Self.windows[7], none, path, image, threads: 2))
        #expect(none.bytes == 0)
        withExtendedLifetime(folder) {}
    }

    /// Some file systems know no files without a name.
    private static let hasUnnamedFiles = {
        guard let folder = try? TemporaryFolder() else { return false }
        let blocks = DecodedBlocks()
        withExtendedLifetime(folder) { blocks.useDisk(of: folder.path(".")) }
        return blocks.usesDisk
    }()

    /// What memory has no room for comes back from the disk, not from the decoder, until its scene is forgotten.
    @Test(
        .enabled(if: hasUnnamedFiles, "needs files without a name (O_TMPFILE)"),
        arguments: [0, 2300 * 1024 * 2], [1, 3])
    func theDiskTakesWhatMemoryHasNoRoomFor(limit: Int, threads: Int) throws {
        let folder = try TemporaryFolder()
        let (path, image) = try Self.scene(in: folder)
        let before = try FileManager.default.contentsOfDirectory(atPath: folder.path(".")).count
        let blocks = DecodedBlocks(limit: limit)
        blocks.useDisk(of: folder.path("."))
        for window in Self.windows + Self.windows.reversed() {
            #expect(try Self.isRight(window, blocks, path, image, threads: threads))
            #expect(blocks.bytes <= limit)
        }
        #expect(blocks.decodedCount == 9)
        blocks.forget("")
        #expect(blocks.bytes == 0)
        #expect(try Self.isRight(Self.windows[7], blocks, path, image, threads: threads))
        #expect(blocks.decodedCount == 18)
        let after = try FileManager.default.contentsOfDirectory(atPath: folder.path(".")).count
        #expect(before == after)
    }

    /// What was passed in a scene's last sweep is not kept anywhere, and read again all the same if someone asks.
    @Test(.enabled(if: hasUnnamedFiles, "needs files without a name (O_TMPFILE)"))
    func whatWasPassedInTheLastSweepIsGivenUp() throws {
        let folder = try TemporaryFolder()
        let (path, image) = try Self.scene(in: folder)
        let blocks = DecodedBlocks(limit: 2300 * 1024 * 2)
        blocks.useDisk(of: folder.path("."))
        blocks.beginLastSweep(of: "")
        for row in stride(from: 0, through: 1900, by: 190) {
            #expect(try Self.isRight((0, row, 2300, 200), blocks, path, image))
        }
        #expect(blocks.decodedCount == 9)
        #expect(try Self.isRight((0, 0, 2300, 200), blocks, path, image))
        #expect(blocks.decodedCount == 12)
        withExtendedLifetime(folder) {}
    }

    @Test func takesSmallBlocksTogether() throws {
        let folder = try TemporaryFolder()
        let (_, image) = try Self.scene(in: folder)
        try RasterWriter.write(image, as: .geoTIFF(), to: folder.path("band.tif"))
        let blocks = DecodedBlocks()
        for window in Self.windows {
            #expect(try Self.isRight(window, blocks, folder.path("band.tif"), image))
        }
        #expect(blocks.decodedCount == 9)
    }

    @Test(arguments: [1, 3]) func saysWhatCannotBeRead(threads: Int) throws {
        let folder = try TemporaryFolder()
        let (path, image) = try Self.scene(in: folder)
        let blocks = DecodedBlocks()
        #expect(throws: RasterError.self) { try blocks.read(path, band: 3, threads: threads) }
        let outside = try PixelWindow(column: 0, row: 2000, width: 10, height: 200)
        #expect(throws: RasterError.self) { try blocks.read(path, outside, threads: threads) }
        #expect(throws: RasterError.self) { try blocks.read(folder.path("none.jp2")) }
        #expect(try Self.isRight(Self.windows[1], blocks, path, image, threads: threads))
        withExtendedLifetime(folder) {}
    }
}
