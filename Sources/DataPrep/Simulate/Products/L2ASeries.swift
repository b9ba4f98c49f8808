import Geo
import Manifests

/// Writes the multi-date L2A series of one region and the truth beside it.
struct L2ASeries {
    let plan: SimulationPlan
    let region: Int

    /// Writes what is not there yet below `<root>/l2a`.
    ///
    /// - Parameters:
    ///   - root: The synthetic Earth's folder.
    ///   - finished: Told the name of each date that is on disk; what it throws ends the work.
    /// - Throws: What a file that cannot be written throws.
    func write(to root: String, finished: (String) throws -> Void) throws {
        let site = SeriesSite(region: region)
        let folder = "\(root)/l2a/\(site.name)"
        try AtomicFile.makeFolder(at: folder + "/truth")
        let scene = SimulatedScene.make(
            seed: SplitMix64.derive(seed: plan.seed, 10, UInt64(region)), size: plan.size,
            options: .region(region), dates: plan.dates, changedFraction: 0.012)
        for index in 0..<plan.dates {
            let date = SeriesCalendar.acquisition(index, of: scene, plan: plan)
            let name = SAFEName(site: site, day: date.day, index: index)
            let product = ProductFolder("\(folder)/\(name.product)")
            if !product.isWhole {
                // The product comes last: where it is, its truth is too.
                try writeTruth(scene, date, name, to: FolderWriter(root: folder + "/truth"))
                let bands = Sentinel2Band.allCases.filter { $0 != .b10 }
                let image = scene.image(date, bands: bands)
                try product.publish { try SAFEProduct(name: name, image: image).write(into: $0) }
            }
            try finished("l2a/\(site.name)/\(name.product)")
        }
    }

    private func writeTruth(
        _ scene: SimulatedScene, _ date: Acquisition, _ name: SAFEName, to folder: FolderWriter
    ) throws {
        let grid = try name.site.grid(width: plan.size, height: plan.size, resolution: 10)
        let stem = name.product
        try folder.write(
            try TruthFiles.shiftField(date.shift, size: plan.size), to: "\(stem).safetensors")
        try folder.write(
            TruthFiles.map(
                scene.classMap(date: date.index), grid: grid, names: ["land cover"]),
            to: "\(stem).classes.tif")
        try folder.write(
            TruthFiles.map(
                scene.changeMask(from: 0, to: date.index), grid: grid,
                names: ["change since the first date"]),
            to: "\(stem).change.tif")
        try folder.write(
            [
                "globalShift": [
                    "rows": .number(date.shift.global.rows),
                    "columns": .number(date.shift.global.columns),
                ],
                "field": .string("\(stem).safetensors"),
                "fieldStep": .integer(Int64(TruthFiles.fieldStep)),
                "warp": .number(date.shift.warp),
                "classMap": .string("\(stem).classes.tif"),
                "changeSinceFirstDate": .string("\(stem).change.tif"),
                "cloudFraction": .number(Double(date.cloudFraction)),
            ] as JSONValue, to: "\(stem).json")
    }
}
