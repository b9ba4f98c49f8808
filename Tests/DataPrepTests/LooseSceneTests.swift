import DataPrep
import Foundation
import Geo
import Raster
import TestSupport
import Testing

/// Folders whose names have the date, with files that name their bands alone.
@Suite struct LooseSceneTests {
    @Test(
        .enabled(if: SharedData.path("s2-pairs") != nil, "needs the shared data"),
        arguments: [
            ("major-tom-199U_1099R", 1, 12, Bool?.some(true), String?.some("T48QUE")),
            ("ssl4eo-s12-T43RCP/s2c/0000200", 2, 13, nil, nil),
            ("ssl4eo-s12-T43RCP/s2a/0000200", 2, 12, nil, nil),
        ]) func readsDatedFolders(
            folder: String, dates: Int, bands: Int, isGround: Bool?, tile: String?
        ) throws
    {
        let path = try #require(SharedData.path("s2-pairs/\(folder)"))
        let scenes = try SceneReader().scenes(at: [path])
        #expect(scenes.count == dates)
        for scene in scenes {
            #expect(scene.bands.count == bands && scene.isSurfaceReflectance == isGround)
            #expect(scene.tile?.name == tile)
        }
    }

    /// A file says what means "no data" in it.
    @Test func takesNoDataFromTheFile() throws {
        let folder = try TemporaryFolder()
        let size = try PixelSize(width: 2, height: 1)
        let grid = GeoGrid(
            size: size,
            transform: try AffineTransform(originX: 300_000, originY: 5_700_000, resolution: 10),
            crs: CRS(epsg: 32633))
        try RasterWriter.write(
            RasterBuffer<UInt16>(size: size, pixels: [65535, 7]), grid: grid, as: .geoTIFF(),
            nodata: 65535, to: folder.path("20190411_B02.tif"))
        let scene = try #require(try SceneReader().scenes(at: [folder.path]).first)
        #expect(scene.bands[.b02]?.noData == 65535)
    }
}
