import Geo
import Raster

/// Brings bands of one date onto grids of its region: geometry, alignment and resampling in one pass from source pixels.
///
/// Nearest for what hides the ground, the kernel that is asked for everything else; where the date lies on the grid and is
/// not moved, pixels are copied. Bands of 20 and 60 m go from their own pixels straight to the grid. Not `Sendable`: it
/// remembers decoded bands.
final class SceneWarp {
    private let files: SceneFiles
    /// The grid in whose pixels the displacement is told.
    private let region: GeoGrid
    /// The displacement that is taken out.
    private let applied: AppliedShift?
    private let kernel: ResamplingKernel
    private let threads: Int
    private var grids: [BandSource: GeoGrid] = [:]
    private var decoded: [BandSource: RasterBuffer<UInt16>] = [:]
    private var sight: SceneSight?
    private var hasLookedForSight = false
    private var room = SceneWarp.largestMemory

    /// Bytes of decoded bands that are kept, so that a code-block is decoded once; bands beyond are read window by window.
    private static let largestMemory = 1 << 30

    init(
        files: SceneFiles, region: GeoGrid, applied: AppliedShift?,
        kernel: ResamplingKernel, threads: Int = 2
    ) {
        self.files = files
        self.region = region
        self.applied = applied
        self.kernel = kernel
        self.threads = threads
    }

    /// A band on a grid, harmonised, 0 where there is nothing.
    func band(_ band: Sentinel2Band, onto grid: GeoGrid) throws -> RasterBuffer<UInt16> {
        let source = try files.scene.source(of: band)
        return try warped(source, onto: grid, kernel: kernel) { [files] in
            try files.read(source, $0)
        }
    }

    /// Class numbers on a grid, 0 where there are none; `nil` for a scene of which nothing tells where the ground is seen.
    func classes(onto grid: GeoGrid) throws -> RasterBuffer<UInt16>? {
        if !hasLookedForSight {
            sight = try files.sight()
            hasLookedForSight = true
        }
        guard let sight else { return nil }
        grids[sight.source] = sight.grid
        return try warped(sight.source, onto: grid, kernel: .nearest) { try sight.classes($0) }
    }

    /// A band with what hides the ground set to 0, on a grid.
    func picture(_ band: Sentinel2Band, onto grid: GeoGrid) throws -> AlignmentImage {
        var image = AlignmentImage(
            width: grid.size.width, height: grid.size.height,
            pixels: try self.band(band, onto: grid).pixels)
        if let classes = try classes(onto: grid) {
            for index in image.pixels.indices
            where !SceneClassification.isClear(classes.pixels[index]) {
                image.pixels[index] = 0
            }
        }
        return image
    }

    private func warped(
        _ source: BandSource, onto grid: GeoGrid, kernel: ResamplingKernel,
        read: (PixelWindow?) throws -> RasterBuffer<UInt16>
    ) throws -> RasterBuffer<UInt16> {
        let own = try ownGrid(source)
        let warp = try Warp(from: own, onto: grid, shift: shift(on: grid))
        guard let window = warp.sourceWindow() else {
            return RasterBuffer(size: grid.size, filledWith: 0)
        }
        if decoded[source] == nil, own.size.count * 2 <= room {
            decoded[source] = try read(nil)
            room -= own.size.count * 2
        }
        let part = try decoded[source].map { try $0.cropped(to: window) } ?? read(window)
        return try warp.resample(
            part, origin: window.offset, nodata: 0, kernel: kernel, threads: threads
        ).image
    }

    private func ownGrid(_ source: BandSource) throws -> GeoGrid {
        if let grid = grids[source] { return grid }
        let grid = try files.grid(of: source)
        grids[source] = grid
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
