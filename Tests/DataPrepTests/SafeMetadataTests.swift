import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// Real metadata against what stactools read from the same files (`expected_output.json`).
@Suite struct SafeMetadataTests {
    @Test(
        .enabled(if: SharedData.path("safe-metadata") != nil, "needs the shared data"),
        arguments: [
            "S2B_MSIL2A_20220413T150759_N0400_R025_T33XWJ_20220414T082126.SAFE",
            "S2A_MSIL1C_20210908T042701_N0301_R133_T46RER_20210908T070248.SAFE",
            "esa_S2B_MSIL2A_20210122T133229_N0214_R081_T22HBD_20210122T155500.SAFE",
        ]) func agreesWithStactools(folder: String) throws
    {
        let path = try #require(SharedData.path("safe-metadata/\(folder)"))
        let scene = try #require(try SceneReader().scenes(at: [path]).first)
        let item = try JSONValue.parse(WholeFile.read("\(path)/expected_output.json"))
        let properties = try item.require("properties")
        #expect(SensingTime(try properties.requireString("datetime")) == scene.time)
        #expect(properties["s2:processing_baseline"]?.string == scene.baseline)
        #expect(properties["grid:code"]?.string == scene.tile.map { "MGRS-\($0.name.dropFirst())" })
        let granule = try #require(try scene.granule())
        #expect(properties["proj:code"]?.string == granule.ground.crs.definition)
        expect(granule.meanSun.azimuth, properties["view:sun_azimuth"])
        expect(90 - granule.meanSun.zenith, properties["view:sun_elevation"])
        let zeniths = granule.meanViews.values.map(\.zenith)
        expect(
            zeniths.reduce(0, +) / Double(zeniths.count), properties["view:incidence_angle"])
        try compareBands(of: scene, with: item.require("assets"), in: path)
    }

    private func expect(_ found: Double, _ expected: JSONValue?) {
        #expect(abs(found - (expected?.double ?? .nan)) < 1e-6)
    }

    /// Href, scale and offset of every band at its native resolution.
    private func compareBands(of scene: Scene, with assets: JSONValue, in folder: String) throws {
        var compared = 0
        for asset in (assets.object ?? [:]).values {
            guard let name = asset["eo:bands"]?[0]?["name"]?.string, asset["eo:bands"]?[1] == nil,
                let band = Sentinel2Band(name: name), let raster = asset["raster:bands"]?[0],
                raster["spatial_resolution"]?.int == band.nativeResolutionInMetres,
                let href = asset["href"]?.string, let source = scene.bands[band]
            else { continue }
            let stem = href.dropFirst(2).split(separator: ".").first.map(String.init)
            #expect(source.path.hasPrefix("\(folder)/\(stem ?? "?")."))
            let (scale, offset) = (raster["scale"]?.double ?? 0, raster["offset"]?.double ?? .nan)
            #expect(abs(1 / source.radiometry.quantification - scale) < 1e-12)
            #expect(
                abs(source.radiometry.offset / source.radiometry.quantification - offset) < 1e-12)
            compared += 1
        }
        #expect(compared >= 12)
    }

    /// Rasters of masks since baseline 04.00, on the grid that the granule's metadata give them.
    @Test(
        .enabled(if: SharedData.path("s2-pairs/mapchete-eo-33TWL") != nil, "needs the shared data"))
    func readsRasterMasks() throws {
        let name = "S2B_33TWL_20230820_0_L2A"
        let path = try #require(SharedData.path("s2-pairs/mapchete-eo-33TWL/\(name)"))
        let scene = try #require(try SceneReader().scenes(at: [path]).first)
        let granule = try #require(try scene.granule())
        let masks = try #require(try scene.qualityMasks())
        let grid = try granule.ground.grid(PixelSize(width: 183, height: 183))
        let detectors = try #require(try masks.detectors(of: .b04, onto: grid))
        #expect(detectors.pixels.allSatisfy { $0 <= 12 })
        #expect(Set(detectors.pixels).count > 1)
        _ = try #require(try masks.flags(of: .b04, onto: grid))
        let view = try #require(granule.views[.b04])
        let seen = view.zenith.filter(\.isFinite)
        #expect(seen.count > 400)
        #expect(seen.allSatisfy { (0...15).contains($0) })
    }
}
