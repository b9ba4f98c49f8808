import Geo
import Manifests
import Raster

/// Writes patches in the form of BigEarthNet-S2, version 1: 12 bands of 120, 60 or 20 pixels and the
/// CORINE labels (43 classes) of what covers at least a twentieth of the patch.
struct BigEarthNetProduct {
    let plan: SimulationPlan

    /// Writes what is not there yet below `<root>/bigearthnet/BigEarthNet-v1.0`.
    func write(to root: String, finished: (String) throws -> Void) throws {
        let folder = "\(root)/bigearthnet/BigEarthNet-v1.0"
        try AtomicFile.makeFolder(at: folder)
        var names: [String] = []
        for patch in 0..<plan.patches {
            let name = try write(patch, to: folder)
            names.append(name)
            try finished("bigearthnet/BigEarthNet-v1.0/\(name)")
        }
        try writeSplits(names, to: FolderWriter(root: root + "/bigearthnet"))
    }

    /// The published lists: a Sentinel-2 patch and its Sentinel-1 partner a line (here there is none).
    private func writeSplits(_ names: [String], to folder: FolderWriter) throws {
        for (place, split) in ["train", "val", "test"].enumerated() {
            let lines = names.indices.filter { [0, 0, 1, 0, 2][$0 % 5] == place }.map {
                "\(names[$0]),none\n"
            }
            try folder.write(lines.joined(), to: "bigearthnet-\(split).csv")
        }
    }

    private func write(_ patch: Int, to folder: String) throws -> String {
        let day = BigEarthNetPatch.days[patch % BigEarthNetPatch.days.count]
        let (column, row) = (20 + patch % 60, 30 + patch / 60 * 7 + patch % 5)
        let name = "S2A_MSIL2A_\(day.compact())T101031_\(column)_\(row)"
        let product = ProductFolder("\(folder)/\(name)")
        guard !product.isWhole else { return name }
        let scene = SimulatedScene.make(
            seed: SplitMix64.derive(seed: plan.seed, 30, UInt64(patch)),
            size: BigEarthNetPatch.side,
            options: patch % 4 == 3 ? .city(patch) : .region(patch))
        var date = scene.acquisition(day: day, index: 0)
        date.haze = 0.01
        let image = scene.image(date, bands: BigEarthNetPatch.bands)
        let place = BigEarthNetPatch.Place(
            site: SeriesSite(region: patch % 3), column: column, row: row)
        try product.publish { writer in
            try BigEarthNetPatch.write(image, of: name, at: place, to: writer)
            try writer.write(
                try labels(scene, place, day), to: "\(name)_labels_metadata.json")
        }
        return name
    }

    private func labels(
        _ scene: SimulatedScene, _ place: BigEarthNetPatch.Place, _ day: SimulatedDay
    ) throws -> JSONValue {
        let classes = scene.classMap(date: 0)
        let names = LandCover.allCases.filter { cover in
            classes.count { $0 == cover.rawValue } * 20 >= classes.count
        }.map(Self.corine)
        let sorted = Array(Set(names)).sorted().map(JSONValue.string)
        let extent = Double(BigEarthNetPatch.side) * 10
        return [
            "labels": .array(sorted.isEmpty ? [.string("Non-irrigated arable land")] : sorted),
            "coordinates": [
                "ulx": .integer(Int64(place.x)), "uly": .integer(Int64(place.y)),
                "lrx": .integer(Int64(place.x + extent)), "lry": .integer(Int64(place.y - extent)),
            ],
            "projection": .string(UTM.wellKnownText(epsg: place.site.epsg)),
            "tile_source": .string(
                "S2A_MSIL1C_\(day.compact())T101031_N0205_R022_\(place.site.tile)_"
                    + "\(day.compact())T101031.SAFE"),
            "acquisition_date": .string("\(day.compact("-")) 10:10:31"),
        ]
    }

    /// The CORINE class (level 3 name) that a cover counts as.
    private static func corine(_ cover: LandCover) -> String {
        switch cover {
        case .water: "Water bodies"
        case .coniferousForest: "Coniferous forest"
        case .broadleafForest: "Broad-leaved forest"
        case .heath: "Moors and heathland"
        case .grassland: "Pastures"
        case .cropland: "Non-irrigated arable land"
        case .vineyard: "Vineyards"
        case .bareGround: "Mineral extraction sites"
        case .roof: "Discontinuous urban fabric"
        case .road: "Discontinuous urban fabric"
        }
    }
}

/// What is to be known of the UTM zones.
enum UTM {
    /// The WKT 1 of a northern zone ("EPSG:326zz"), as BigEarthNet's files have it.
    static func wellKnownText(epsg: Int) -> String {
        let zone = epsg % 100
        return "PROJCS[\"WGS 84 / UTM zone \(zone)N\",GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\","
            + "SPHEROID[\"WGS 84\",6378137,298.257223563,AUTHORITY[\"EPSG\",\"7030\"]],"
            + "AUTHORITY[\"EPSG\",\"6326\"]],PRIMEM[\"Greenwich\",0,AUTHORITY[\"EPSG\",\"8901\"]],"
            + "UNIT[\"degree\",0.0174532925199433,AUTHORITY[\"EPSG\",\"9122\"]],"
            + "AXIS[\"Latitude\",NORTH],AXIS[\"Longitude\",EAST],AUTHORITY[\"EPSG\",\"4326\"]],"
            + "PROJECTION[\"Transverse_Mercator\"],PARAMETER[\"latitude_of_origin\",0],"
            + "PARAMETER[\"central_meridian\",\(zone * 6 - 183)],"
            + "PARAMETER[\"scale_factor\",0.9996],PARAMETER[\"false_easting\",500000],"
            + "PARAMETER[\"false_northing\",0],UNIT[\"metre\",1,AUTHORITY[\"EPSG\",\"9001\"]],"
            + "AXIS[\"Easting\",EAST],AXIS[\"Northing\",NORTH],AUTHORITY[\"EPSG\",\"\(epsg)\"]]"
    }
}
