import Raster

/// Heights under an image.
struct LaidHeights {
    var model: ElevationModel
    var patch: HeightPatch
    /// What they count from, by the files' own word: nil for files that say nothing of it.
    var systems: [HeightSystem?]
    /// What brought them onto the ellipsoid; nil where nothing did.
    var separation: HeightSeparation?

    /// What they count from, where all say the same.
    var system: HeightSystem? { systems.count == 1 ? systems[0] : nil }

    func tell(_ outcome: inout Orthorectification.Outcome) {
        outcome.heightOffset = separation?.mean ?? model.offset
        outcome.heightOffsetRange = separation.map { [$0.lowest, $0.highest] }
        outcome.heightSystem = system?.description
        outcome.heightGrids = separation?.grids
    }
}
