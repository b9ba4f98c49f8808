import Dispatch
import Foundation
import Geo
import Manifests
import Raster
import Tensors

/// Our side of the prep-chain benchmark: read, one warp with an alignment field, cut, encode, digest.
///
/// Usage: `bench-prep-chain INPUT OUTPUT EPSG THREADS same|chain`; prints the seconds of each stage summed over threads,
/// then those of the whole.
@main struct PrepChain {
    private let input: String
    private let output: String
    private let threads: Int

    /// A field that changes everywhere, as alignment gives one.
    private struct Field: ShiftField {
        func shift(atColumn column: Double, row: Double) -> (columns: Double, rows: Double) {
            (0.4 + 0.0001 * column, -0.3 + 0.00005 * row)
        }
    }

    static func main() throws {
        let words = CommandLine.arguments
        guard words.count == 6, let epsg = Int(words[3]), let threads = Int(words[4]) else {
            FileHandle.standardError.write(
                Data("usage: \(words[0]) INPUT OUTPUT EPSG THREADS same|chain\n".utf8))
            exit(64)
        }
        Torch.retainFreedMemory()
        try PrepChain(input: words[1], output: words[2], threads: threads)
            .run(onto: words[5] == "same" ? nil : CRS(epsg: epsg))
    }

    private func run(onto crs: CRS?) throws {
        let clock = ContinuousClock()
        let start = clock.now
        let file = try RasterFile(reading: input)
        let grid = file.grid
        guard let source = grid else { throw RasterError(.invalid, path: input, "no georeference") }
        var target = source
        if let crs {
            let places = try CoordinateTransform(from: source.crs, to: crs).map(source.corners)
            guard let bounds = MapBounds(around: places.compactMap(\.self)) else { exit(65) }
            target = try GeoGrid(covering: bounds, resolution: 10, crs: crs)
        }
        try AtomicFile.makeFolder(at: output)
        let grids = try TileGrid(target, tile: PixelSize(width: 1096, height: 1096), edge: .pad)
        let tiles = Array(grids.tiles)
        let (stages, writer) = (Stages(), Writer())
        nonisolated(unsafe) var next = 0
        let lock = NSLock()
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            do {
                let own = try RasterFile(reading: input)
                while true {
                    let mine = lock.withLock {
                        next += 1
                        return next - 1
                    }
                    guard mine < tiles.count else { return }
                    let tile = tiles[mine]
                    let grid = try grids.grid(column: tile.column, row: tile.row)
                    try cut(grid, own, source, crs != nil, mine, stages, writer)
                }
            } catch {
                FileHandle.standardError.write(Data("bench-prep-chain: \(error)\n".utf8))
                exit(74)
            }
        }
        writer.finish()
        for (name, seconds) in stages.sums.sorted(by: { $0.key < $1.key }) {
            print(name, seconds)
        }
        print("whole", (clock.now - start) / .seconds(1))
    }

    private func cut(
        _ grid: GeoGrid, _ file: borrowing RasterFile, _ source: GeoGrid, _ isShifted: Bool,
        _ index: Int, _ stages: Stages, _ writer: Writer
    ) throws {
        let warp =
            try isShifted
            ? stages.time("geometry") { try Warp(from: source, onto: grid, shift: Field()) }
            : Warp(from: source, onto: grid)
        guard let window = warp.sourceWindow() else { return }
        var clock = ContinuousClock().now
        let part: RasterBuffer<UInt16> = try file.read(window)
        clock = stages.note("read", since: clock)
        let tile = try warp.resample(part, origin: window.offset, nodata: 0, kernel: .cubic)
        clock = stages.note("resample", since: clock)
        guard tile.valid.pixels.contains(1) else { return }
        let bytes = try RasterWriter.encode(
            tile.image, grid: grid, as: .cog(.zstd), nodata: 0,
            bandNames: ["B02", "B03", "B04", "B08"])
        clock = stages.note("encode", since: clock)
        _ = SHA256Digest(of: bytes)
        _ = stages.note("digest", since: clock)
        writer.write(bytes, to: "\(output)/\(index).tif")
    }
}

/// Writes files beside the work, a few at most in waiting: a disk that is asked to keep its word needs no processor.
private struct Writer: Sendable {
    private let queue = DispatchQueue(label: "writer")
    private let room = DispatchSemaphore(value: 4)

    func write(_ bytes: [UInt8], to path: String) {
        room.wait()
        queue.async {
            do { try AtomicFile.write(bytes, to: path) } catch {
                FileHandle.standardError.write(Data("bench-prep-chain: \(error)\n".utf8))
                exit(74)
            }
            room.signal()
        }
    }

    func finish() { queue.sync {} }
}

/// Seconds by stage, over all threads.
private final class Stages: @unchecked Sendable {
    private let lock = NSLock()
    private(set) var sums: [String: Double] = [:]

    func note(_ name: String, since start: ContinuousClock.Instant) -> ContinuousClock.Instant {
        let now = ContinuousClock().now
        lock.withLock { sums[name, default: 0] += (now - start) / .seconds(1) }
        return now
    }

    func time<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
        let start = ContinuousClock().now
        defer { _ = note(name, since: start) }
        return try body()
    }
}
