import Bench
import Foundation
import Geo
import Manifests
import Raster
import Store
import TestSupport
import Testing

/// SpaceNet in its published forms.
@Suite struct SpaceNetTests {
    // MARK: Real chips

    @Test(
        "Pixels equal rasterio's, masks equal rasterio's, areas equal shapely's on every real chip",
        .enabled(if: SharedData.path("spacenet/sn1-rio") != nil),
        arguments: FootprintReference.all?.real ?? [])
    func realChips(chip: FootprintReference.Chip) throws {
        let root = try #require(SharedData.path("spacenet/sn1-rio"))
        for rule in ["false", "true"] {
            let data = try SpaceNetDataset<SpaceNet1>(
                at: root, options: DatasetOptions(["images": chip.images, "allTouched": rule]))
            #expect(data.count == 6)
            let index = try #require((0..<data.count).first { data.key($0) == chip.key })
            var (pixels, mask): ([UInt8], [UInt8]) = ([], [])
            try data.reader().read(index, planes: data.planes) { planes in
                #expect(planes.map(\.name) == data.planes)
                #expect(planes.allSatisfy { $0.width == chip.width && $0.height == chip.height })
                #expect(planes[0].pixel.rawValue == chip.type)
                pixels = planes.dropLast().flatMap { Array($0.bytes) }
                mask = planes.last.map { Array($0.bytes) } ?? []
            }
            #expect(SHA256Digest(of: pixels).hex == chip.pixels)
            #expect(mask.count { $0 == 1 } == (rule == "true" ? chip.allTouched : chip.centres))
            #expect(
                SHA256Digest(of: mask).hex
                    == (rule == "true" ? chip.allTouchedDigest : chip.centresDigest))
            guard rule == "false" else { continue }
            #expect(abs(Double(chip.centres) - chip.area) <= 0.5 * chip.length + 1)
            let buildings = try data.buildings(index)
            var areas = [Double](repeating: 0, count: chip.buildings)
            for building in buildings { areas[building.feature] += building.area }
            for (area, expected) in zip(areas, chip.areas) {
                #expect(abs(area - expected) <= 1e-6 * max(expected, 1))
            }
        }
    }

    @Test(
        "Outlines as WKT in pixels give the masks of the GeoJSON but for rounding",
        .enabled(if: SharedData.path("spacenet/sn1-rio") != nil), arguments: ["8band", "3band"])
    func tablesAndGeoJSONAgree(images: String) throws {
        let root = try #require(SharedData.path("spacenet/sn1-rio"))
        let data = try SpaceNetDataset<SpaceNet1>(
            at: root, options: DatasetOptions(["images": images]))
        let table = try SpaceNetDataset<SpaceNet1>(
            at: root, options: DatasetOptions(["images": images, "labels": "csv"]))
        #expect(data.count == table.count)
        for index in 0..<data.count {
            let (one, two) = (try data.bytes("mask", of: index), try table.bytes("mask", of: index))
            let different = zip(one, two).count { $0 != $1 }
            #expect(different * 1000 <= one.count, "\(data.key(index)): \(different)")
            #expect(
                try data.buildings(index).reduce(0) { $0 + $1.area }
                    - table.buildings(index).reduce(0) { $0 + $1.area } < 10)
        }
    }

    // MARK: Forms

    @Test func chipsOfUnequalSizeKeepTheirOwn() throws {
        let folder = try TemporaryFolder()
        let data = try SpaceNetFixture(at: folder.path).open()
        #expect(data.count == 3)
        #expect(data.planes == (1...8).map { "band\($0)" } + ["mask"])
        for (index, size) in SpaceNetFixture.size.enumerated() {
            try data.reader().read(index, planes: ["mask", "band3"]) { planes in
                #expect(planes.map(\.name) == ["mask", "band3"])
                #expect(planes.allSatisfy { $0.width == size.0 && $0.height == size.1 })
                #expect(planes[1].pixel == .uint16)
                let first = planes[1].bytes.loadUnaligned(as: UInt16.self)
                #expect(Int(first) == 2 * size.0 * size.1 + 1)
            }
        }
    }

    @Test func featuresThatShareAnIdAreAllKept() throws {
        let folder = try TemporaryFolder()
        let fixture = try SpaceNetFixture(at: folder.path)
        let squares = [(1.0, 1.0), (6.0, 1.0), (12.0, 9.0)].map { corner in
            SpaceNetFixture.feature([
                [(0.0, 0.0), (3, 0), (3, 3), (0, 3), (0, 0)].map {
                    SpaceNetFixture.place(1, corner.0 + $0.0, corner.1 + $0.1)
                }
            ])
        }
        try fixture.write(SpaceNetFixture.collection(squares), chip: 1)
        let data = try fixture.open()
        #expect(try data.bytes("mask", of: 0).count { $0 == 1 } == 27)
        #expect(try data.buildings(0).map(\.feature) == [0, 1, 2])
    }

    @Test func theOtherReleasesLieInTheirOwnFolders() throws {
        let folder = try TemporaryFolder()
        let grid = try SpaceNetFixture.grid(1)
        let outline = SpaceNetFixture.collection([
            SpaceNetFixture.feature([SpaceNetFixture.square(1)])
        ])
        func write(_ text: String, _ path: String) throws {
            let place = URL(filePath: folder.path(path))
            try AtomicFile.makeFolder(at: place.deletingLastPathComponent().path)
            try AtomicFile.write(text, to: folder.path(path))
        }
        for nadir in ["nadir7_catid_1", "nadir53_catid_2"] {
            try SpaceNetFixture.writeImage(
                to: folder.path(
                    "4/Atlanta_\(nadir)/Pan-Sharpen/Pan-Sharpen_Atlanta_\(nadir)_732701_3730989.tif"
                ),
                grid: grid, bands: 4)
        }
        try write(outline, "4/geojson/spacenet-buildings/spacenet-buildings_732701_3730989.geojson")
        let four = try SpaceNetDataset<SpaceNet4>(at: folder.path("4"), options: DatasetOptions())
        #expect(four.count == 2)
        #expect(four.splits.values.map(\.count) == [2], "views of one place are of one split")
        #expect(try four.bytes("mask", of: 1).count { $0 == 1 } == 30)

        let place = "L15-0331E-1257N_1327_3160_13"
        let month = "global_monthly_2018_01_mosaic_\(place)"
        for name in [month, month.replacing("2018_01", with: "2018_02")] {
            try SpaceNetFixture.writeImage(
                to: folder.path("7/train/\(place)/images_masked/\(name).tif"), grid: grid, bands: 4)
        }
        try write(outline, "7/train/\(place)/labels/\(month)_Buildings.geojson")
        let pixels = SpaceNetFixture.collection([
            SpaceNetFixture.feature([[(3, 2), (9, 2), (9, 7), (3, 7), (3, 2)]])
        ])
        try write(pixels, "7/train/\(place)/labels_match_pix/\(month)_Buildings.geojson")
        for labels in ["labels", "labels_match_pix"] {
            let seven = try SpaceNetDataset<SpaceNet7>(
                at: folder.path("7"), options: DatasetOptions(["labels": labels]))
            #expect(seven.count == 1)
            #expect(seven.splits == ["train": [0]])
            #expect(seven.remarks.contains { $0.contains("1 of 2 images have no footprints") })
            #expect(try seven.bytes("mask", of: 0).count { $0 == 1 } == 30)
        }
    }

    /// SpaceNet 7's unusable data: 255 in masks, whether footprints are on the ground or in pixels.
    @Test func unusableDataIsIgnored() throws {
        let folder = try TemporaryFolder()
        let place = "L15-0331E-1257N_1327_3160_13"
        let months = ["01", "02"].map { "global_monthly_2018_\($0)_mosaic_\(place)" }
        let root = folder.path("7/train/\(place)")
        func outline(_ left: Double, _ top: Double, _ right: Double, _ bottom: Double) -> String {
            SpaceNetFixture.collection([
                SpaceNetFixture.feature([
                    [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)].map {
                        SpaceNetFixture.place(1, $0.0, $0.1)
                    }
                ])
            ])
        }
        func write(_ text: String, _ path: String) throws {
            try AtomicFile.makeFolder(
                at: URL(filePath: "\(root)/\(path)").deletingLastPathComponent().path)
            try AtomicFile.write(text, to: "\(root)/\(path)")
        }
        let pixels = SpaceNetFixture.collection([
            SpaceNetFixture.feature([[(3, 2), (9, 2), (9, 7), (3, 7), (3, 2)]])
        ])
        for month in months {
            try SpaceNetFixture.writeImage(
                to: "\(root)/images_masked/\(month).tif", grid: SpaceNetFixture.grid(1), bands: 4)
            try write(outline(3, 2, 9, 7), "labels/\(month)_Buildings.geojson")
            try write(pixels, "labels_match_pix/\(month)_Buildings.geojson")
        }
        try write(outline(6, 0, 12, 5), "labels/\(months[0])_UDM.geojson")
        func open(_ options: [String: String]) throws -> SpaceNetDataset<SpaceNet7> {
            try SpaceNetDataset<SpaceNet7>(
                at: folder.path("7"), options: DatasetOptions(options))
        }
        for labels in ["labels", "labels_match_pix"] {
            let data = try open(["labels": labels, "cache": folder.path("masks")])
            #expect(
                data.remarks.contains { $0.contains("1 of 2 images have no labels/…_UDM.geojson") })
            for _ in 0..<2 {
                let mask = try data.bytes("mask", of: 0)
                #expect(mask.count { $0 == 255 } == 30 && mask.count { $0 == 1 } == 21, "\(labels)")
                #expect(mask[2 * 20 + 5] == 1 && mask[2 * 20 + 6] == 255 && mask[5 * 20 + 6] == 1)
                #expect(try data.bytes("mask", of: 1).count { $0 == 1 } == 30)
            }
            #expect(try data.buildings(0).count == 1)
            #expect(try data.repairs(0).isEmpty)
            #expect(data.files(0).contains { $0.hasSuffix("_UDM.geojson") })
            let kept = try open(["labels": labels, "unusable": "keep"])
            #expect(try kept.bytes("mask", of: 0).count { $0 == 1 } == 30)
        }
        try write(outline(0, 0, 1, 1), "labels/\(months[0])_UDM.geojson")
        let changed = try open(["cache": folder.path("masks")])
        #expect(try changed.bytes("mask", of: 0).count { $0 == 255 } == 1)
        #expect(
            DatasetCheck(changed, at: folder.path("7")).run()?.planes.last?.codes?["255"] == 1)
        try write("{", "labels/\(months[0])_UDM.geojson")
        expectRefusal(.badData, "_UDM.geojson") { try open([:]).readAll() }
        #expect(throws: BenchError.self) {
            try SpaceNetDataset<SpaceNet2>(
                at: folder.path("7"), options: DatasetOptions(["unusable": "keep"]))
        }
    }

    @Test func theTestPartWithoutFootprintsIsLeftOutAndTold() throws {
        let folder = try TemporaryFolder()
        let fixture = try SpaceNetFixture(at: folder.path)
        try SpaceNetFixture.writeImage(
            to: folder.path(
                "AOI_2_Sim_Test_public/MUL-PanSharpen/MUL-PanSharpen_AOI_2_Sim_img9.tif"),
            grid: SpaceNetFixture.grid(1))
        let data = try fixture.open()
        #expect(data.count == 3)
        #expect(
            data.remarks == [
                "AOI_2_Sim_Test_public: 1 of 1 images have no footprints and are left out"
            ])
    }

    @Test func splitsCoverAllAndDependOnNamesOnly() throws {
        let folder = try TemporaryFolder()
        let fixture = try SpaceNetFixture(at: folder.path)
        let data = try fixture.open()
        #expect(data.splits.values.joined().sorted() == [0, 1, 2])
        let listing = try fixture.open(["split": "listing"])
        #expect(listing.splits == ["train": [0, 1], "val": [2]])
    }

    // MARK: The cache

    @Test func cachedMasksAreTheSameAndFollowTheFootprints() throws {
        let folder = try TemporaryFolder()
        let fixture = try SpaceNetFixture(at: folder.path("data"))
        let cache = folder.path("cache")
        let first = try fixture.open(["cache": cache]).bytes("mask", of: 0)
        let files = try FileManager.default.contentsOfDirectory(atPath: cache)
        #expect(files.count == 1)
        #expect(try fixture.open(["cache": cache]).bytes("mask", of: 0) == first)
        // A damaged file is made again.
        try Data("no mask".utf8).write(to: URL(filePath: "\(cache)/\(files[0])"))
        #expect(try fixture.open(["cache": cache]).bytes("mask", of: 0) == first)
        #expect(try RunLengthMask(serialized: WholeFile.read("\(cache)/\(files[0])")) != nil)
        // Another footprint or rule is another mask.
        try fixture.write(SpaceNetFixture.collection([]), chip: 1)
        #expect(try fixture.open(["cache": cache]).bytes("mask", of: 0).allSatisfy { $0 == 0 })
        let data = try fixture.open(["cache": cache, "allTouched": "true"])
        let reader = try data.reader()
        for _ in 0..<2 {
            try reader.read(1, planes: ["mask"]) { #expect($0[0].bytes.count { $0 == 1 } == 30) }
        }
    }

    /// Two areas with a table each: each image's mask follows its own rows.
    @Test func cachedMasksOfTablesFollowTheirOwnRows() throws {
        let folder = try TemporaryFolder()
        let root = folder.path("data")
        func table(_ area: String, _ rows: [String]) throws {
            let path = "\(root)/\(area)/summaryData"
            try AtomicFile.makeFolder(at: path)
            let text = ["ImageId,BuildingId,PolygonWKT_Pix"] + rows
            try AtomicFile.write(text.map { $0 + "\n" }.joined(), to: "\(path)/\(area).csv")
        }
        func square(_ side: Int) -> String {
            "\"POLYGON ((3 2,\(3 + side) 2,\(3 + side) \(2 + side),3 \(2 + side),3 2))\""
        }
        _ = try SpaceNetFixture(at: root)
        let other = "AOI_3_Sim_Train"
        try SpaceNetFixture.writeImage(
            to: "\(root)/\(other)/MUL-PanSharpen/MUL-PanSharpen_AOI_3_Sim_img1.tif",
            grid: SpaceNetFixture.grid(1))
        try table(
            "AOI_2_Sim_Train",
            (1...3).map { "\(SpaceNetFixture.key($0)),\($0 == 3 ? "-1,x" : "1,\(square(4))")" })
        try table(other, ["AOI_3_Sim_img1,1,\(square(3))"])
        func open() throws -> SpaceNetDataset<SpaceNet2> {
            try SpaceNetDataset(
                at: root,
                options: DatasetOptions(["labels": "csv", "cache": folder.path("cache")]))
        }
        func pixels(_ index: Int) throws -> Int {
            try open().bytes("mask", of: index).count { $0 == 1 }
        }
        #expect(try pixels(0) == 16 && pixels(3) == 9)
        try table(other, ["AOI_3_Sim_img1,1,\(square(5))"])
        #expect(try pixels(0) == 16 && pixels(3) == 25)
        #expect(try open().files(3).contains("\(other)/summaryData/\(other).csv"))
        // Two images have rows, the third none: the changed one has a mask of both tables.
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path("cache")).count == 3)
    }

    /// As with footprints in files of their own.
    @Test func theTestPartThatTablesDoNotNameIsLeftOutAndTold() throws {
        let folder = try TemporaryFolder()
        let fixture = try SpaceNetFixture(at: folder.path)
        try SpaceNetFixture.writeImage(
            to: folder.path(
                "AOI_2_Sim_Test_public/MUL-PanSharpen/MUL-PanSharpen_AOI_2_Sim_img9.tif"),
            grid: SpaceNetFixture.grid(1))
        let rows = (1...3).map { "\(SpaceNetFixture.key($0)),-1,x\n" }
        try AtomicFile.makeFolder(at: folder.path("AOI_2_Sim_Train/summaryData"))
        try AtomicFile.write(
            "ImageId,BuildingId,PolygonWKT_Pix\n" + rows.joined(),
            to: folder.path("AOI_2_Sim_Train/summaryData/all.csv"))
        let data = try fixture.open(["labels": "csv"])
        #expect(data.count == 3)
        #expect(
            data.remarks == [
                "AOI_2_Sim_Test_public: 1 of 1 images have no footprints and are left out"
            ])
    }

    @Test func unknownOptionsAndPlanesAreRefused() throws {
        let folder = try TemporaryFolder()
        let fixture = try SpaceNetFixture(at: folder.path)
        expectRefusal(.configuration, "images=RGB", "MUL-PanSharpen") {
            _ = try fixture.open(["images": "RGB"])
        }
        expectRefusal(.configuration, "has no option image") {
            _ = try fixture.open(["image": "MUL"])
        }
        expectRefusal(.configuration, "has no plane B02", "band1") {
            try fixture.open().reader().read(0, planes: ["B02"]) { _ in }
        }
        expectRefusal(.inputMissing, "MUL/MUL_", "MUL-PanSharpen", "--option images=") {
            _ = try fixture.open(["images": "MUL"])
        }
    }
}
