import Foundation
public import Geo

/// A piece of simulated Earth that can be photographed on any date, with the truth about it.
///
/// The scene is a continuous function of position: a shifted or warped date is *seen* at other places,
/// never resampled from another image. Everything is a pure function of (seed, size, options), the same
/// for any number of threads. The series products and the tests' fixtures are all made of it:
///
/// ```swift
/// let scene = SimulatedScene.make(seed: 7, size: 600)
/// let june = scene.image(scene.acquisition(day: SimulatedDay(2021, 6, 8), index: 0))
/// let red = june[.b04]?.values          // 600 × 600 digital numbers
/// ```
public struct SimulatedScene: Sendable {
    /// Columns and rows at 10 m.
    public let size: Int
    /// Of everything in the scene.
    public let seed: UInt64
    /// The mix of the land.
    public let options: LandOptions
    package let landSeed: UInt64
    let land: Land

    /// A square scene.
    ///
    /// - Parameters:
    ///   - seed: Which scene.
    ///   - size: Columns and rows at 10 m; a multiple of 6, so that the 20 m and 60 m grids fit.
    ///   - options: The mix of the land.
    ///   - dates: Number of dates of the series; changes begin at date 1 … `dates` − 1.
    ///   - changedFraction: Part of the scene that changes between the first and the last date.
    /// - Returns: The scene; a size that does not fit is a programmer's mistake and traps.
    public static func make(
        seed: UInt64, size: Int, options: LandOptions = LandOptions(), dates: Int = 1,
        changedFraction: Float = 0
    ) -> SimulatedScene {
        precondition(size > 0 && size % 6 == 0, "a scene's size must be a multiple of 6 pixels")
        let landSeed = SplitMix64.derive(seed: seed, 1)
        var land = Land(seed: landSeed, extent: Float(size) * 10, options: options)
        var planner = ChangePlanner(
            land: land, fraction: changedFraction, dates: dates,
            seed: SplitMix64.derive(seed: seed, 2))
        land.add(events: planner.plan())
        return SimulatedScene(
            size: size, seed: seed, options: options, landSeed: landSeed, land: land)
    }

    /// A clear acquisition of this scene, to be altered by the caller.
    ///
    /// - Parameters:
    ///   - day: When.
    ///   - index: Index among the dates of the series.
    ///   - rows: Displacement along rows in pixels.
    ///   - columns: Displacement along columns in pixels.
    ///   - warp: Greatest local deviation in pixels.
    ///   - step: How far neighbouring detectors' strips lie apart along each axis, in pixels.
    /// - Returns: The acquisition.
    public func acquisition(
        day: SimulatedDay, index: Int, rows: Double = 0, columns: Double = 0, warp: Double = 0,
        step: Double = 0
    ) -> Acquisition {
        let identity = SplitMix64.derive(seed: seed, 3, UInt64(index))
        return Acquisition(
            day: day, index: index,
            shift: TrueShiftField(
                rows: rows, columns: columns, warp: warp, step: step, size: size, seed: identity),
            seed: identity &+ 1)
    }

    /// The image of a date on its native 10, 20 and 60 m grids.
    ///
    /// - Parameters:
    ///   - acquisition: When, through which air, how displaced.
    ///   - bands: Which bands are kept; all 13 by default.
    /// - Returns: Digital numbers and scene classes.
    public func image(
        _ acquisition: Acquisition, bands: [Sentinel2Band] = Sentinel2Band.allCases
    ) -> SimulatedImage {
        let view = ViewGeometry(
            width: size, height: size, margin: Imager.viewMargin, pixelSize: 10, step: 8
        ) { row, column in
            let seen = acquisition.shift.referencePosition(row: row, column: column)
            return (seen.column * 10, seen.row * 10)
        }
        return image(acquisition, width: size, height: size, view: view, bands: bands)
    }

    /// The image under any geometry.
    func image(
        _ acquisition: Acquisition, width: Int, height: Int, view: ViewGeometry,
        bands: [Sentinel2Band]
    ) -> SimulatedImage {
        let renderer = SurfaceRenderer(
            land: land, acquisition: acquisition, textureSeed: landSeed)
        let imager = Imager(renderer: renderer, width: width, height: height, view: view)
        return imager.image(bands: bands)
    }

    /// The land cover of a date at the middle of every reference pixel (10 m), row by row.
    ///
    /// - Parameter date: Index of the date, for the changes.
    /// - Returns: Raw values of `LandCover`.
    public func classMap(date: Int) -> [UInt8] {
        parallelBuffer(size * size, of: UInt8(0), rows: size) { row, buffer in
            for column in 0..<size {
                let surface = land.surface(
                    Float(column) * 10 + 5, Float(row) * 10 + 5, date: date, year: 0)
                buffer[row * size + column] = surface.material.landCover.rawValue
            }
        }
    }

    /// Where the land changed between two dates: 1 where at least half of a pixel did, else 0.
    ///
    /// Exact: asked of the scene itself at sixteen points of every 10 m pixel of the reference grid. A
    /// place is changed where new buildings with their yards and gardens, a clearing or a flood are;
    /// crops, snow and clouds are no change.
    public func changeMask(from first: Int, to second: Int) -> [UInt8] {
        parallelBuffer(size * size, of: UInt8(0), rows: size) { row, buffer in
            for column in 0..<size {
                var changed = 0
                for sample in 0..<16 {
                    let x = (Float(column) + (Float(sample & 3) + 0.5) / 4) * 10
                    let y = (Float(row) + (Float(sample >> 2) + 0.5) / 4) * 10
                    if land.changed(x, y, from: first, to: second) { changed += 1 }
                }
                buffer[row * size + column] = changed >= 8 ? 1 : 0
            }
        }
    }

    /// Heights in metres at the middle of every reference pixel (10 m), row by row.
    public func heights() -> [Float] {
        parallelBuffer(size * size, of: Float(0), rows: size) { row, buffer in
            for column in 0..<size {
                buffer[row * size + column] = land.terrain.heights(
                    Float(column) * 10 + 5, Float(row) * 10 + 5)
            }
        }
    }
}
