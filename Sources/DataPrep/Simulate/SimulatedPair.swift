public import Geo

/// Two dates of one place at 10 m with the shift between them known: the fixture of alignment tests.
public struct SimulatedPair: Sendable {
    /// Columns and rows.
    public let size: PixelSize
    /// The bands in `reference` and `target`, in order.
    public let bands: [Sentinel2Band]
    /// The first date: (bands, height, width) digital numbers, reflectance × 10000.
    public let reference: [UInt16]
    /// The second date, displaced.
    public let target: [UInt16]
    /// By how much: content at (r, c) of the reference lies at (r + rows, c + columns) of the target.
    public let shift: TrueShiftField

    /// Photographs one scene twice.
    ///
    /// - Parameters:
    ///   - seed: Which scene.
    ///   - size: Columns and rows; a multiple of 6.
    ///   - shift: Displacement (rows, columns) of the second date in pixels.
    ///   - warp: Greatest local deviation in pixels.
    ///   - bands: Which bands; coarser ones are repeated to 10 m.
    ///   - days: The two days; some weeks apart by default.
    ///   - cloudFraction: Part of the second date under cloud.
    /// - Returns: The pair.
    public static func render(
        seed: UInt64, size: Int, shift: (rows: Double, columns: Double), warp: Double = 0,
        bands: [Sentinel2Band] = [.b04],
        days: (SimulatedDay, SimulatedDay) = (SimulatedDay(2021, 6, 8), SimulatedDay(2021, 7, 18)),
        cloudFraction: Float = 0
    ) -> SimulatedPair {
        let scene = SimulatedScene.make(seed: seed, size: size)
        let first = scene.acquisition(day: days.0, index: 0)
        var second = scene.acquisition(
            day: days.1, index: 1, rows: shift.rows, columns: shift.columns, warp: warp)
        second.cloudFraction = cloudFraction
        func pixels(_ acquisition: Acquisition) -> [UInt16] {
            let image = scene.image(acquisition, bands: bands)
            return bands.flatMap { image.tenMetres($0) ?? [] }
        }
        return SimulatedPair(
            size: PixelGrid.size(size, size), bands: bands, reference: pixels(first),
            target: pixels(second), shift: second.shift)
    }
}
