import Foundation
import Geo
import Manifests
import Raster

/// Writes cities in the form of the Onera Satellite Change Detection data set (OSCD).
///
/// Reflectance is that at the top of the atmosphere (L1C, with B10). The two dates differ in season,
/// sun, haze and crops, none of which is a change; new buildings, clearings and floods are.
struct OSCDProduct {
    let plan: SimulationPlan

    /// The folders' names, as published.
    static let prefix = "Onera Satellite Change Detection dataset - "

    private static let dates = [
        (SimulatedDay(2016, 6, 12), SimulatedDay(2018, 4, 23)),
        (SimulatedDay(2015, 8, 24), SimulatedDay(2017, 10, 16)),
        (SimulatedDay(2016, 4, 27), SimulatedDay(2018, 6, 6)),
        (SimulatedDay(2015, 7, 5), SimulatedDay(2018, 3, 24)),
    ]

    /// The city's name: "sim01" and so on.
    static func name(_ city: Int) -> String { "sim" + padded(city + 1, 2) }

    /// The number of cities whose labels are for training; the rest are for testing.
    private var trainCount: Int { min(plan.cities - 1, (plan.cities * 14 + 12) / 24) }

    /// Writes what is not there yet below `<root>/oscd`.
    func write(to root: String, finished: (String) throws -> Void) throws {
        let folder = FolderWriter(root: root + "/oscd")
        for city in 0..<plan.cities {
            try write(city: city, to: folder)
            try finished("oscd/\(Self.name(city))")
        }
        let names = (0..<plan.cities).map(Self.name)
        let images = Self.prefix + "Images"
        try folder.write(
            names[..<trainCount].joined(separator: ",") + "\n", to: images + "/train.txt")
        try folder.write(
            names[trainCount...].joined(separator: ",") + "\n", to: images + "/test.txt")
    }

    private func write(city: Int, to folder: FolderWriter) throws {
        let name = Self.name(city)
        let split = city < trainCount ? "Train" : "Test"
        let images = ProductFolder(folder.path("\(Self.prefix)Images/\(name)"))
        guard !images.isWhole else { return }
        let scene = SimulatedScene.make(
            seed: SplitMix64.derive(seed: plan.seed, 20, UInt64(city)), size: plan.citySize,
            options: .city(city), dates: 2, changedFraction: 0.035)
        let site = SeriesSite(region: city)
        let grid = try site.grid(width: plan.citySize, height: plan.citySize, resolution: 10)
        let pair = acquisitions(scene, city: city)
        // Labels and truth first: where the images are, the rest is too.
        try writeLabels(
            scene, grid, to: folder, place: "\(Self.prefix)\(split) Labels/\(name)", name)
        try folder.write(
            Self.truth(pair.1), to: "truth/\(name).json")
        try AtomicFile.makeFolder(at: folder.path(Self.prefix + "Images"))
        try images.publish { writer in
            for (index, date) in [pair.0, pair.1].enumerated() {
                try writeDate(scene.image(date), index + 1, site, grid, to: writer)
            }
            let (first, second) = (pair.0.day.compact(), pair.1.day.compact())
            try writer.write("date_1: \(first)\ndate_2: \(second)\n", to: "dates.txt")
        }
    }

    private static func truth(_ second: Acquisition) -> JSONValue {
        [
            "globalShift": [
                "rows": .number(second.shift.global.rows),
                "columns": .number(second.shift.global.columns),
            ]
        ]
    }

    private func acquisitions(
        _ scene: SimulatedScene, city: Int
    ) -> (Acquisition, Acquisition) {
        var random = SplitMix64(seed: SplitMix64.derive(seed: scene.seed, 91))
        let days = Self.dates[city % Self.dates.count]
        var first = scene.acquisition(day: days.0, index: 0)
        var second = scene.acquisition(
            day: days.1, index: 1, rows: random.nextUniform() * 0.5 - 0.25,
            columns: random.nextUniform() * 0.5 - 0.25)
        first.isTopOfAtmosphere = true
        second.isTopOfAtmosphere = true
        first.haze = 0.01 + 0.02 * Float(random.nextUniform())
        second.haze = 0.02 + 0.05 * Float(random.nextUniform())
        first.wetness = Float(random.nextUniform())
        second.wetness = Float(random.nextUniform())
        return (first, plan.seasoned(second, since: first))
    }

    private func writeLabels(
        _ scene: SimulatedScene, _ grid: GeoGrid, to folder: FolderWriter, place: String,
        _ name: String
    ) throws {
        let mask = scene.changeMask(from: 0, to: 1)
        let shown = try RasterBuffer(size: grid.size, pixels: mask.map { $0 * 255 })
        try folder.write(RasterWriter.encode(shown, as: .png), to: "\(place)/cm/cm.png")
        try folder.write(
            TruthFiles.map(mask.map { $0 + 1 }, grid: grid, names: ["change"]),
            to: "\(place)/cm/\(name)-cm.tif")
    }

    private func writeDate(
        _ image: SimulatedImage, _ number: Int, _ site: SeriesSite, _ grid: GeoGrid,
        to folder: FolderWriter
    ) throws {
        let stem = "S2A_OPER_MSI_L1C_TL_SGS__\(image.acquisition.day.compact())T101031_\(site.tile)"
        _ = try concurrently(image.bands) { band in
            let native = try site.grid(
                width: band.width, height: band.height, resolution: band.resolution)
            let values = try RasterBuffer(size: native.size, pixels: band.values)
            try folder.write(
                RasterWriter.encode(values, grid: native, as: .geoTIFF(), nodata: 0),
                to: "imgs_\(number)/\(stem)_\(band.band.rawValue).tif")
            let full = try RasterBuffer(
                size: grid.size, pixels: image.tenMetres(band.band) ?? [])
            try folder.write(
                RasterWriter.encode(full, grid: grid, as: .geoTIFF(), nodata: 0),
                to: "imgs_\(number)_rect/\(band.band.rawValue).tif")
        }
        try folder.write(Self.picture(image), to: "pair/img\(number).png")
    }

    /// Red, green and blue, 8 bits, reflectance 0 … 0.3.
    private static func picture(_ image: SimulatedImage) throws -> [UInt8] {
        let pixels = [Sentinel2Band.b04, .b03, .b02].flatMap { band in
            (image.tenMetres(band) ?? []).map { UInt8(min(Int($0) * 255 / 3000, 255)) }
        }
        return try RasterWriter.encode(
            RasterBuffer(size: image.size, bands: 3, pixels: pixels), as: .png)
    }
}
