import Dispatch
import Foundation
import Geo
import Glibc
import Manifests
import Raster
import Tensors

/// Our side of the prep-jp2 benchmark: tiles of 1096 × 1096 out of a scene of one JPEG 2000 file a band.
///
/// Usage: `bench-prep-jp2 OUTPUT EPSG THREADS BAND…`; tiles lie on the scene's own grid where EPSG is its own, else one cubic
/// resampling with a field brings them there. Prints seconds, processor seconds, blocks decoded and the most memory in MB.
@main struct PrepJp2 {
    private let output: String
    private let paths: [String]
    private let source: GeoGrid
    private let isShifted: Bool
    private let blocks = DecodedBlocks()
    // Files are written beside the work, a few at most in waiting.
    private let writer = DispatchQueue(label: "writer")
    private let room = DispatchSemaphore(value: 4)

    /// A field that changes everywhere, as alignment gives one.
    private struct Field: ShiftField {
        func shift(atColumn column: Double, row: Double) -> (columns: Double, rows: Double) {
            (0.4 + 0.0001 * column, -0.3 + 0.00005 * row)
        }
    }

    static func main() throws {
        let words = CommandLine.arguments
        guard words.count > 4, let epsg = Int(words[2]), let threads = Int(words[3]) else {
            FileHandle.standardError.write(
                Data("usage: \(words[0]) OUTPUT EPSG THREADS BAND…\n".utf8))
            exit(64)
        }
        Torch.retainFreedMemory()
        let start = ContinuousClock.now
        let paths = Array(words[4...])
        let file = try RasterFile(reading: paths[0])
        guard let source = file.grid else {
            throw RasterError(.invalid, path: paths[0], "no georeference")
        }
        let isShifted = source.crs != CRS(epsg: epsg)
        let bench = PrepJp2(output: words[1], paths: paths, source: source, isShifted: isShifted)
        try bench.run(onto: CRS(epsg: epsg), threads: threads)
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let times = [usage.ru_utime, usage.ru_stime]
        print("whole", (ContinuousClock.now - start) / .seconds(1))
        print("cpu", times.reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 })
        print("blocks", bench.blocks.decodedCount)
        print("megabytes", usage.ru_maxrss / 1024)
    }

    private func run(onto crs: CRS, threads: Int) throws {
        var target = source
        if isShifted {
            let places = try CoordinateTransform(from: source.crs, to: crs).map(source.corners)
            guard let bounds = MapBounds(around: places.compactMap(\.self)) else { exit(65) }
            target = try GeoGrid(covering: bounds, resolution: 10, crs: crs)
        }
        try AtomicFile.makeFolder(at: output)
        let grids = try TileGrid(target, tile: PixelSize(width: 1096, height: 1096), edge: .pad)
        let tiles = Array(grids.tiles)
        nonisolated(unsafe) var next = 0
        let lock = NSLock()
        let bench = self
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            do {
                while true {
                    let mine = lock.withLock {
                        next += 1
                        return next - 1
                    }
                    guard mine < tiles.count else { return }
                    let tile = tiles[mine]
                    try bench.cut(grids.grid(column: tile.column, row: tile.row), mine)
                }
            } catch {
                bench.fail(error)
            }
        }
        writer.sync {}
    }

    private func cut(_ grid: GeoGrid, _ index: Int) throws {
        let warp = try Warp(
            from: source, onto: grid, shift: isShifted ? Field() : ConstantShift.zero)
        guard let window = warp.sourceWindow() else { return }
        let bands = try RasterBuffer(stacking: paths.map { try blocks.read($0, window) })
        let tile = try warp.resample(bands, origin: window.offset, nodata: 0, kernel: .cubic)
        guard tile.valid.pixels.contains(1) else { return }
        let bytes = try RasterWriter.encode(tile.image, grid: grid, as: .cog(.zstd), nodata: 0)
        _ = SHA256Digest(of: bytes)
        room.wait()
        writer.async {
            do { try AtomicFile.write(bytes, to: "\(output)/\(index).tif") } catch { fail(error) }
            room.signal()
        }
    }

    private func fail(_ error: any Error) -> Never {
        FileHandle.standardError.write(Data("bench-prep-jp2: \(error)\n".utf8))
        exit(74)
    }
}
