import Dispatch
import Geo
import Raster
import Synchronization

/// Reads a mask of single pixels of a band, wholly, and keeps what is marked.
struct DefectFinder: Sendable {
    /// What the granule covers.
    let ground: Ground
    /// The band's own grid.
    let grid: GeoGrid
    /// How many read at a time.
    let threads: Int

    private static let flags: QualityFlags = [.imageLost, .defective, .saturated]

    /// Adds what a mask marks; one in another projection than the band marks nothing.
    ///
    /// - Throws: `PrepError`, `RasterError` or `DecodeFault` for a mask that cannot be read.
    func find(_ path: String, into runs: inout PixelRuns) throws {
        guard path.hasSuffix(".gml") else { return try findInRaster(path, &runs) }
        guard CoordinateTransform.isSame(grid.crs, ground.crs) else { return }
        for polygon in try MaskPolygons(contentsOf: path).polygons
        where !QualityFlags(gmlType: polygon.kind).isDisjoint(with: Self.flags) {
            try MaskPolygons.fill(polygon, on: grid) { runs.add(row: $0, $1) }
        }
    }

    // MARK: Rasters

    /// A run of marked pixels in the mask's own grid.
    private struct Run {
        let row: Int
        let columns: Range<Int>
    }

    private static let stripe = 1024

    private func findInRaster(_ path: String, _ runs: inout PixelRuns) throws {
        let file = try ForeignRaster(reading: path)
        let size = file.size
        let own = try file.grid ?? ground.grid(size)
        guard CoordinateTransform.isSame(own.crs, grid.crs) else { return }
        let planes = (0..<min(16, file.bandCount)).filter {
            Self.flags.contains(QualityFlags(rawValue: 1 << UInt16($0)))
        }
        let count = (size.height + Self.stripe - 1) / Self.stripe
        let found = Mutex<[Int: Result<[Run], any Error>]>([:])
        // As many workers as threads are wanted, each with stripes of its own.
        let workers = max(1, min(threads, count))
        DispatchQueue.concurrentPerform(iterations: workers) { worker in
            for index in stride(from: worker, to: count, by: workers) {
                let marked = Result { try Self.marked(path, planes, size, stripe: index) }
                found.withLock { $0[index] = marked }
            }
        }
        let all = found.withLock { $0 }
        for index in 0..<count {
            for run in try all[index]?.get() ?? [] { place(run, of: own, into: &runs) }
        }
    }

    private static func marked(
        _ path: String, _ planes: [Int], _ size: PixelSize, stripe index: Int
    ) throws -> [Run] {
        let first = index * stripe
        let window = try PixelWindow(
            column: 0, row: first, width: size.width, height: min(stripe, size.height - first))
        let file = try ForeignRaster(reading: path)
        var runs: [Run] = []
        for plane in planes {
            let pixels = try file.read(window, band: plane).pixels
            // Nearly every stripe of nearly every mask is empty.
            guard pixels.contains(where: { $0 != 0 }) else { continue }
            for row in 0..<window.size.height {
                let line = pixels[row * size.width..<(row + 1) * size.width]
                var start = line.startIndex
                while let begin = line[start...].firstIndex(where: { $0 != 0 }) {
                    let end = line[begin...].firstIndex(of: 0) ?? line.endIndex
                    let columns = begin - line.startIndex..<end - line.startIndex
                    runs.append(Run(row: first + row, columns: columns))
                    start = end
                }
            }
        }
        return runs
    }

    /// Takes a run over into the band's grid: all pixels that it touches.
    private func place(_ run: Run, of own: GeoGrid, into runs: inout PixelRuns) {
        let (from, to) = (own.transform, grid.transform)
        func touched(
            _ range: Range<Int>, _ origin: Double, _ step: Double, _ count: Int
        ) -> Range<Int> {
            let first = (origin + Double(range.lowerBound) * step + 1e-6).rounded(.down)
            let last = (origin + Double(range.upperBound) * step - 1e-6).rounded(.up)
            let limit = Double(count)
            return Int(min(max(first, 0), limit))..<Int(min(max(last, first, 0), limit))
        }
        let (across, down) = (to.resolution.alongRow, to.resolution.alongColumn)
        let columns = touched(
            run.columns, (from.originX - to.originX) / across,
            from.resolution.alongRow / across, grid.size.width)
        let rows = touched(
            run.row..<run.row + 1, (to.originY - from.originY) / down,
            from.resolution.alongColumn / down, grid.size.height)
        guard !columns.isEmpty else { return }
        for row in rows { runs.add(row: row, columns) }
    }
}
