import Geo
import Raster

/// Where the ground of a scene is seen, in the numbers of `SceneClassification`, whoever says so.
///
/// The scene classification of L2A, or the mask that a description names, comes first. A product without either is told by
/// its own cloud masks; those know opaque cloud, cirrus and (since baseline 04.00) snow, but no cloud shadow.
struct SceneSight: Sendable {
    /// The file that says it.
    let source: BandSource
    /// The grid of its pixels.
    let grid: GeoGrid
    private let files: SceneFiles
    private let masks: QualityMasks?

    fileprivate init(classification source: BandSource, _ files: SceneFiles) throws {
        (self.source, grid) = (source, try files.grid(of: source))
        (self.files, masks) = (files, nil)
    }

    fileprivate init?(_ masks: QualityMasks, _ files: SceneFiles) throws {
        guard let path = masks.cloudFile else { return nil }
        source = BandSource(path: path, radiometry: .harmonised)
        grid = try masks.cloudGrid()
        (self.files, self.masks) = (files, masks)
    }

    /// Class numbers within a window of `grid`.
    func classes(
        _ window: PixelWindow? = nil, threads: Int = 1
    ) throws -> RasterBuffer<UInt16> {
        guard let masks else { return try files.readClasses(source, window, threads: threads) }
        let part = try window.map { try grid.cropped(to: $0) } ?? grid
        var classes =
            try masks.clouds(onto: part) ?? RasterBuffer(size: part.size, filledWith: 0)
        for index in classes.pixels.indices {
            classes.pixels[index] = CloudFlags(rawValue: classes.pixels[index]).sceneClass
        }
        return classes
    }
}

extension CloudFlags {
    /// The class of the scene classification that says the same: 9 cloud, 10 cirrus, 11 snow, else 7, unclassified.
    var sceneClass: UInt16 {
        contains(.opaque) ? 9 : contains(.cirrus) ? 10 : contains(.snow) ? 11 : 7
    }
}

extension SceneFiles {
    /// What tells where the ground is seen; nil for a scene of which nothing does.
    ///
    /// - Throws: `PrepError` (`missing`) for a cloud mask that the product names and lacks.
    func sight() throws -> SceneSight? {
        if let source = scene.classification {
            return try SceneSight(classification: source, self)
        }
        return try scene.qualityMasks().flatMap { try SceneSight($0, self) }
    }
}
