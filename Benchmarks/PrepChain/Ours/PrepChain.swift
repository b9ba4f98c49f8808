import DataPrep
import Dispatch
import Foundation
import Geo
import Manifests
import Raster
import Tensors

/// Our side of the prep-chain benchmark: read, one warp with an alignment field, cut, encode, digest.
///
/// Usage: `bench-prep-chain INPUT OUTPUT EPSG THREADS WHAT [REFERENCE]`; prints the seconds of each stage summed over threads,
/// then those of the whole and the most memory. WHAT: `same` (nothing is resampled); `chain` (into the other system, with a
/// field that changes everywhere); `aligned` (that, and before it the field between the last band of INPUT and REFERENCE is
/// found, whose mean is taken); `values` (one tile from the middle, into the other system without any field, for others' warps
/// of it to be held against).
@main struct PrepChain {
    private let input: String
    private let output: String
    private let threads: Int
    private let what: What
    /// The image that `aligned` aligns to.
    private let reference: String?

    private enum What: String {
        case same, chain, aligned, values
    }

    /// A field that changes everywhere, as alignment gives one.
    private struct Field: ShiftField {
        var (columns, rows) = (0.4, -0.3)

        func shift(atColumn column: Double, row: Double) -> (columns: Double, rows: Double) {
            (columns + 0.0001 * column, rows + 0.00005 * row)
        }
    }

    static func main() throws {
        let words = CommandLine.arguments
        guard (6...7).contains(words.count), let epsg = Int(words[3]), let threads = Int(words[4]),
            let what = What(rawValue: words[5]), (what == .aligned) == (words.count == 7)
        else {
            let usage =
                "usage: \(words[0]) INPUT OUTPUT EPSG THREADS same|chain|values|aligned REFERENCE\n"
            FileHandle.standardError.write(Data(usage.utf8))
            exit(64)
        }
        Torch.setThreads(1)
        Torch.retainFreedMemory()
        try PrepChain(
            input: words[1], output: words[2], threads: threads, what: what,
            reference: what == .aligned ? words[6] : nil
        ).run(onto: what == .same ? nil : CRS(epsg: epsg))
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
        var tiles = Array(grids.tiles)
        if what == .values { tiles = [tiles[tiles.count / 2]] }
        let (stages, writer) = (Stages(), Writer())
        let shift: any ShiftField
        switch what {
        case .same, .values: shift = ConstantShift.zero
        case .chain: shift = Field()
        case .aligned: shift = try stages.time("align") { try foundField(file) }
        }
        nonisolated(unsafe) var next = 0
        let lock = NSLock()
        let mine = tiles
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            do {
                let own = try RasterFile(reading: input)
                while true {
                    let index = lock.withLock {
                        next += 1
                        return next - 1
                    }
                    guard index < mine.count else { return }
                    let grid = try grids.grid(column: mine[index].column, row: mine[index].row)
                    try cut(grid, own, source, shift, index, stages, writer)
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
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        print("gigabytes", Double(usage.ru_maxrss) * 1024 / 1e9)
    }

    /// Finds how the last band lies against the reference.
    private func foundField(_ file: borrowing RasterFile) throws -> Field {
        let images = [
            try RasterFile(reading: reference ?? "").read(bands: [0], as: UInt16.self),
            try file.read(bands: [file.bandCount - 1], as: UInt16.self),
        ].map {
            AlignmentImage(width: $0.size.width, height: $0.size.height, pixels: $0.pixels)
        }
        let survey = try ShiftEstimator().survey(reference: images[0], moving: images[1])
        let (width, height) = (images[0].width, images[0].height)
        guard let fit = survey.fitted(width: width, height: height) else {
            let reason = survey.refusal ?? "no window answered"
            throw RasterError(.invalid, path: input, "not aligned: \(reason)")
        }
        return Field(columns: fit.global.columns, rows: fit.global.rows)
    }

    private func cut(
        _ grid: GeoGrid, _ file: borrowing RasterFile, _ source: GeoGrid, _ shift: any ShiftField,
        _ index: Int, _ stages: Stages, _ writer: Writer
    ) throws {
        let warp =
            try what == .same
            ? Warp(from: source, onto: grid)
            : stages.time("geometry") { try Warp(from: source, onto: grid, shift: shift) }
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
