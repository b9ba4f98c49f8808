import Foundation
import Geo
import Raster
import Synchronization

/// Brings bands of one date onto grids of its region: geometry, alignment and resampling in one pass from source pixels.
///
/// Nearest for what hides the ground, the kernel that is asked for everything else; where the date lies on the grid and is
/// not moved, pixels are copied. Bands of 20 and 60 m go from their own pixels straight to the grid. Many threads may ask.
final class SceneWarp: Sendable {
    private let files: SceneFiles
    /// The grid in whose pixels the displacement is told.
    private let region: GeoGrid
    /// The displacement that is taken out.
    private let applied: AppliedShift?
    private let kernel: ResamplingKernel
    private let sight: SceneSight?
    private let grids = Mutex<[BandSource: GeoGrid]>([:])

    init(
        files: SceneFiles, region: GeoGrid, applied: AppliedShift?, kernel: ResamplingKernel
    ) throws {
        self.files = files
        sight = try files.sight()
        self.region = region
        self.applied = applied
        self.kernel = kernel
    }

    /// Bands on a grid, harmonised, 0 where there is nothing; of shape (bands, height, width).
    ///
    /// Bands that lie on the same pixels share the geometry, and the resampling too where they have data together.
    func bands(
        _ bands: [Sentinel2Band], onto grid: GeoGrid, threads: Int = 1
    ) throws -> RasterBuffer<UInt16> {
        let sources = try bands.map(files.scene.source)
        let own = try sources.map(ownGrid)
        var result: RasterBuffer<UInt16>?
        for (first, source) in own.enumerated() where own.firstIndex(of: source) == first {
            let members = own.indices.filter { own[$0] == source }
            let warped = try warped(source, members.count, onto: grid, kernel, threads) { window in
                try RasterBuffer(size: window.size, bands: members.count) {
                    try files.read(sources[members[$0]], window, threads: threads, into: $1)
                }
            }
            if members.count == bands.count { return warped }
            result = result ?? RasterBuffer(size: grid.size, bands: bands.count, filledWith: 0)
            for (place, band) in members.enumerated() {
                let target = band * grid.size.count..<(band + 1) * grid.size.count
                result?.pixels.withUnsafeMutableBufferPointer { all in
                    _ = UnsafeMutableBufferPointer(rebasing: all[target])
                        .update(fromContentsOf: warped.band(place))
                }
            }
        }
        return result ?? RasterBuffer(size: grid.size, bands: bands.count, filledWith: 0)
    }

    /// Class numbers on a grid, 0 where there are none; `nil` for a scene of which nothing tells where the ground is seen.
    func classes(onto grid: GeoGrid, threads: Int = 1) throws -> RasterBuffer<UInt16>? {
        guard let sight else { return nil }
        return try warped(sight.grid, 1, onto: grid, .nearest, threads) {
            try sight.classes($0, threads: threads)
        }
    }

    /// A band with what hides the ground set to 0, on a grid; made in stripes, so that it takes little but itself.
    func picture(_ band: Sentinel2Band, onto grid: GeoGrid) throws -> AlignmentImage {
        let threads = files.blocks.threads
        var pixels: [UInt16] = []
        pixels.reserveCapacity(grid.size.count)
        for row in stride(from: 0, to: grid.size.height, by: Self.stripe) {
            let window = try PixelWindow(
                column: 0, row: row, width: grid.size.width,
                height: min(Self.stripe, grid.size.height - row))
            let part = try grid.cropped(to: window)
            var stripe = try bands([band], onto: part, threads: threads).pixels
            if let classes = try classes(onto: part, threads: threads) {
                for index in stripe.indices
                where !SceneClassification.isClear(classes.pixels[index]) {
                    stripe[index] = 0
                }
            }
            pixels += stripe
        }
        return AlignmentImage(width: grid.size.width, height: grid.size.height, pixels: pixels)
    }

    private static let stripe = 1024

    /// What `read` gives of a window, `count` bands of it, on a grid.
    private func warped(
        _ own: GeoGrid, _ count: Int, onto grid: GeoGrid, _ kernel: ResamplingKernel,
        _ threads: Int, read: (PixelWindow) throws -> RasterBuffer<UInt16>
    ) throws -> RasterBuffer<UInt16> {
        let warp = try Warp(from: own, onto: grid, shift: shift(on: grid))
        guard let window = warp.sourceWindow(margin: warp.margin(for: kernel)) else {
            return RasterBuffer(size: grid.size, bands: count, filledWith: 0)
        }
        func resampled(_ image: RasterBuffer<UInt16>) throws -> RasterBuffer<UInt16> {
            try warp.resample(
                image, origin: window.offset, nodata: 0, kernel: kernel, threads: threads
            ).image
        }
        let stack = try read(window)
        // A pixel without data in one band is without data in all that are resampled with it.
        guard !stack.lacksTogether(0) else { return try resampled(stack) }
        return try RasterBuffer(
            stacking: (0..<count).map { try resampled(stack.only(band: $0)) })
    }

    private func ownGrid(_ source: BandSource) throws -> GeoGrid {
        if let grid = grids.withLock({ $0[source] }) { return grid }
        let grid = try files.grid(of: source)
        grids.withLock { $0[source] = grid }
        return grid
    }

    private func shift(on grid: GeoGrid) -> any ShiftField {
        guard let applied else { return ConstantShift.zero }
        let scale =
            grid.transform.resolution.alongRow / region.transform.resolution.alongRow
        guard let field = applied.field else {
            return ConstantShift(
                columns: applied.global.columns / scale, rows: applied.global.rows / scale)
        }
        let origin = GridOverlap.origin(of: grid, in: region)
        return PlacedField(field: field, origin: origin, scale: scale)
    }
}

/// A region's field as a target grid sees it.
private struct PlacedField: ShiftField {
    let field: AlignmentField
    /// Where the target's first corner lies in the region's pixels.
    let origin: Position
    /// Region pixels in one target pixel.
    let scale: Double

    func shift(atColumn column: Double, row: Double) -> (columns: Double, rows: Double) {
        let shift = field.shift(row: origin.y + row * scale, column: origin.x + column * scale)
        return (shift.columns / scale, shift.rows / scale)
    }

    func shifts(ofRow row: Int, columns: Int) -> [SIMD2<Double>] {
        let line = field.line(row: origin.y + (Double(row) + 0.5) * scale)
        return (0..<columns).map { column in
            line.shift(column: origin.x + (Double(column) + 0.5) * scale) / scale
        }
    }
}
