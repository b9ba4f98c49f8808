import Geo
import Manifests

/// Writes patches in the form of BigEarthNet version 2 (reBEN): the 12 bands, a reference map a patch, and `metadata.csv`.
///
/// No two patches lie in the same land: its mix, hills, sowing and air are drawn for each, more widely than version 1's, so that a
/// class looks different from patch to patch. Labels are the classes that cover at least a twentieth of the map, as in version 1's
/// form here. One patch in ten lies in France, the others in Germany and Slovenia: a small part of its own to be had by country.
struct BigEarthNetV2Product {
    let plan: SimulationPlan

    /// Countries of the series' sites, and their latitudes.
    private static let regions = [("Germany", 52.0), ("Slovenia", 47), ("France", 43.5)]

    /// What a line of the table says.
    private struct Patch {
        let number: Int
        let day: SimulatedDay
        let place: BigEarthNetPatch.Place
        /// Place in `regions`.
        let region: Int
        /// "S2A_MSIL2A_20170613T101031_N9999_R022_T33UUU", the scene; patches lie in a folder of its name.
        let scene: String

        var name: String { "\(scene)_\(place.column)_\(place.row)" }

        /// Three of five are learnt from, one selects, one is scored; dates and countries are in all parts.
        var part: String {
            ["train", "train", "validation", "train", "test"][(number + number / 10) % 5]
        }
    }

    /// Writes what is not there yet below `<root>/bigearthnet-v2`.
    ///
    /// - Parameters:
    ///   - root: The synthetic Earth's folder.
    ///   - finished: Told the name of each patch that is on disk; what it throws ends the work.
    /// - Throws: What a file that cannot be written throws.
    func write(to root: String, finished: (String) throws -> Void) throws {
        let folder = "\(root)/bigearthnet-v2"
        var lines = [
            "patch_id,labels,split,country,s1_name,s2v1_name,"
                + "contains_seasonal_snow,contains_cloud_or_shadow"
        ]
        for number in 0..<plan.patches {
            let patch = patch(number)
            let land = land(patch)
            let codes = CORINECover(scene: land).codes(date: 1)
            try write(patch, land, codes, to: folder)
            lines.append(line(patch, codes))
            try finished("bigearthnet-v2/BigEarthNet-S2/\(patch.scene)/\(patch.name)")
        }
        try FolderWriter(root: folder).write(
            lines.joined(separator: "\n") + "\n", to: "metadata.csv")
    }

    private func patch(_ number: Int) -> Patch {
        let region = number % 10 == 9 ? 2 : number % 2
        let site = SeriesSite(region: region)
        let days = BigEarthNetPatch.days
        let day = days[(number + number / 10) % days.count]
        return Patch(
            number: number, day: day,
            place: BigEarthNetPatch.Place(site: site, column: number % 90, row: number / 90),
            region: region,
            scene: "S2A_MSIL2A_\(day.compact())T101031_N9999_R\(padded(site.relativeOrbit, 3))"
                + "_\(site.tile)")
    }

    /// The land of a patch on two dates, some of it felled, built on or flooded before the second.
    private func land(_ patch: Patch) -> SimulatedScene {
        var random = SplitMix64(
            seed: SplitMix64.derive(seed: plan.seed, 50, UInt64(patch.number)))
        func drawn(_ low: Float, _ high: Float) -> Float {
            low + (high - low) * Float(random.nextUniform())
        }
        // Part of the range lies outside of 0 … 1, so that many patches lack a class wholly.
        func share(_ low: Float, _ high: Float) -> Float { min(max(drawn(low, high), 0), 1) }
        var options = LandOptions()
        options.forest = share(-0.35, 1.05)
        options.conifers = share(-0.5, 1.5)
        options.lakes = share(-0.05, 0.06)
        options.riverHalfWidth = max(3, drawn(-40, 60))
        options.builtUp = share(-0.25, 0.35)
        options.pasture = share(-0.4, 1.1)
        options.vineyard = share(-0.4, 0.4)
        options.relief = drawn(15, 480)
        options.height = drawn(40, 700)
        options.blockSize = drawn(240, 680)
        options.delay = drawn(-14, 14)
        options.latitude = Self.regions[patch.region].1
        return SimulatedScene.make(
            seed: SplitMix64.derive(seed: plan.seed, 51, UInt64(patch.number)),
            size: BigEarthNetPatch.side, options: options, dates: 2, changedFraction: 0.06)
    }

    /// The second date through an air of its own; clouds are left out, as from the published patches.
    private func date(_ patch: Patch, of land: SimulatedScene) -> Acquisition {
        var random = SplitMix64(
            seed: SplitMix64.derive(seed: plan.seed, 52, UInt64(patch.number)))
        var date = land.acquisition(day: patch.day, index: 1)
        date.haze = 0.005 + 0.09 * Float(random.nextUniform())
        date.wetness = Float(random.nextUniform())
        date.noise = 0.8 + 1.2 * Float(random.nextUniform())
        date.cirrus = max(0, 0.5 * Float(random.nextUniform()) - 0.25)
        return date
    }

    private func write(
        _ patch: Patch, _ land: SimulatedScene, _ codes: [UInt16], to folder: String
    ) throws {
        let images = "\(folder)/BigEarthNet-S2/\(patch.scene)"
        let maps = "\(folder)/Reference_Maps/\(patch.scene)"
        let map = ProductFolder("\(maps)/\(patch.name)")
        let product = ProductFolder("\(images)/\(patch.name)")
        guard !product.isWhole else { return }
        try AtomicFile.makeFolder(at: images)
        try AtomicFile.makeFolder(at: maps)
        let grid = try patch.place.grid(side: BigEarthNetPatch.side, resolution: 10)
        // The image comes last: where it is, its map is too.
        try map.publish { writer in
            try writer.write(
                BigEarthNetPatch.strips(codes, grid), to: "\(patch.name)_reference_map.tif")
        }
        let image = land.image(date(patch, of: land), bands: BigEarthNetPatch.bands)
        try product.publish { writer in
            try BigEarthNetPatch.write(image, of: patch.name, at: patch.place, to: writer)
        }
    }

    /// A line of the table; the partner of Sentinel-1 has a name, but there is none here.
    private func line(_ patch: Patch, _ codes: [UInt16]) -> String {
        var counts: [String: Int] = [:]
        for code in codes {
            if let name = CORINECover.name(code) { counts[name, default: 0] += 1 }
        }
        let labels = counts.filter { $0.value * 20 >= codes.count }.keys.sorted()
        let list = labels.map { "'\($0)'" }.joined(separator: ", ")
        let (place, day) = (patch.place, patch.day.compact())
        let spot = "\(place.column)_\(place.row)"
        return "\(patch.name),\"[\(list)]\",\(patch.part),\(Self.regions[patch.region].0),"
            + "S1A_IW_GRDH_1SDV_\(day)T165043_\(place.site.tile.dropFirst())_\(spot),"
            + "S2A_MSIL2A_\(day)T101031_\(spot),False,False"
    }
}
