import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// Products in zip archives, read where they lie.
@Suite struct ArchiveTests {
    /// Real archives of three baselines: what they hold is what their own names say.
    @Test(
        .enabled(if: SharedData.path("safe-metadata") != nil, "needs the shared data"),
        arguments: [
            ("S2A_MSIL1C_20170908T100031_N0205_R122_T33UWP_20170908T100655", "02.05", 32633),
            ("S2A_MSIL1C_20180629T000241_N0206_R030_T56JMM_20180629T012042", "02.06", 32756),
            ("S2B_MSIL1C_20170719T000219_N0205_R030_T56JKT_20170719T000218", "02.05", 32756),
        ]) func readsZippedProducts(name: String, baseline: String, epsg: Int) throws
    {
        let path = try #require(SharedData.path("safe-metadata/\(name).zip"))
        let scene = try #require(try SceneReader().scenes(at: [path]).first)
        #expect(scene.name == name)
        #expect(scene.baseline == baseline)
        #expect(scene.isSurfaceReflectance == false)
        #expect(scene.bands.count == 13)
        #expect(scene.bands.values.allSatisfy { StoredFile($0.path).exists })
        let granule = try #require(try scene.granule())
        #expect(granule.ground.crs.epsg == epsg)
        #expect(granule.ground.bounds.width == 109_800)
        #expect((granule.sun.rows, granule.sun.columns) == (23, 23))
        #expect(granule.views.count == 13)
        let masks = try #require(try scene.qualityMasks())
        #expect(masks.names.count >= 60)
    }

    /// An image in an archive has the pixels that the same image has on disk.
    @Test(.enabled(if: SharedData.path("safe-metadata") != nil, "needs the shared data"))
    func readsPixelsInPlace() throws {
        let name = "S2B_MSIL1C_20170719T000219_N0205_R030_T56JKT_20170719T000218"
        let path = try #require(SharedData.path("safe-metadata/\(name).zip"))
        let source = try #require(try SceneReader().scenes(at: [path]).first?.bands[.b04])
        let zipped = try RasterFile(reading: source.path).read(as: UInt16.self)
        let folder = try TemporaryFolder()
        let copy = folder.path("B04.jp2")
        try AtomicFile.write(StoredFile(source.path).read(limit: 1 << 24), to: copy)
        #expect(try RasterFile(reading: copy).read(as: UInt16.self) == zipped)
        #expect(
            try StoredFile(source.path).digest(named: "x") == InputDigest(file: copy, named: "x"))
        #expect(zipped.pixels.contains { $0 != 0 })
    }

    /// Polygons of 2017: the share of opaque cloud is what the product's own figure is near to.
    @Test(.enabled(if: SharedData.path("safe-metadata") != nil, "needs the shared data"))
    func drawsPolygonMasks() throws {
        let name = "S2A_MSIL1C_20170908T100031_N0205_R122_T33UWP_20170908T100655"
        let path = try #require(SharedData.path("safe-metadata/\(name).zip"))
        let scene = try #require(try SceneReader().scenes(at: [path]).first)
        let granule = try #require(try scene.granule())
        let masks = try #require(try scene.qualityMasks())
        let grid = try granule.ground.grid(PixelSize(width: 1830, height: 1830))
        let clouds = try #require(try masks.clouds(onto: grid))
        #expect(Set(clouds.pixels) == [0, 1, 2])
        let flags = try #require(try masks.flags(of: .b11, onto: grid))
        #expect(Set(flags.pixels) == [0, QualityFlags.partlyCorrected.rawValue])
        let detectors = try #require(try masks.detectors(of: .b01, onto: grid))
        #expect(Set(detectors.pixels).isSuperset(of: [5, 6, 7]))
        // Where a detector looked, the view grid has an angle.
        let view = try #require(granule.views[.b01])
        for row in stride(from: 15, to: 1830, by: 400) {
            let place = grid.centre(column: 700, row: row)
            #expect(view.angle(at: place) != nil)
        }
    }

    /// Archives that would lead elsewhere or lie about themselves are refused before anything is read.
    @Test(arguments: [
        ("../x", 0, 0), ("/etc/x", 0, 0), ("a.SAFE/link", 0o120777, 0), ("a.SAFE/secret", 0, 1),
    ]) func refusesDangerousArchives(name: String, mode: Int, flags: Int) throws {
        let folder = try TemporaryFolder()
        let path = folder.path("x.zip")
        try AtomicFile.write(
            ZipFixture.bytes([.init(name: name, content: "x", mode: mode, flags: flags)]), to: path)
        let error = #expect(throws: RasterError.self) { try SceneReader().scenes(at: [path]) }
        #expect(error?.exitCode == .badData)
        #expect(folder.files() == ["x.zip"])
    }

    @Test func refusesTwinsAndTornArchives() throws {
        let folder = try TemporaryFolder()
        let twice = ZipFixture.Entry(name: "a.SAFE/MTD_MSIL2A.xml", content: "<a/>")
        let bytes = ZipFixture.bytes([twice, twice])
        try AtomicFile.write(bytes, to: folder.path("twice.zip"))
        try AtomicFile.write(Array(bytes.dropLast(30)), to: folder.path("torn.zip"))
        for name in ["twice.zip", "torn.zip"] {
            #expect(throws: RasterError.self) {
                try SceneReader().scenes(at: [folder.path(name)])
            }
        }
    }
}
