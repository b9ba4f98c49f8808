import Foundation
import Geo
import Raster

extension SceneReader {
    /// Scenes from raster files without metadata: files of one date and tile (in their names, else in their folder's) make
    /// one scene.
    func looseScenes(_ paths: [String]) throws -> [Scene] {
        var groups: [String: [String]] = [:]
        for path in paths {
            guard let label = Label(path) else {
                throw PrepError(
                    .badData, path,
                    "no sensing date in the file name; rename it like "
                        + "T33UUU_20160608T153121_B04.jp2 or give the product's folder")
            }
            groups["\(label.time.label) \(label.tile?.name ?? "")", default: []].append(path)
        }
        return try groups.keys.sorted().compactMap { try looseScene(groups[$0] ?? []) }
    }

    /// What names say of a loose file.
    private struct Label {
        let name: String
        let time: SensingTime
        let tile: MGRSTile?

        init?(_ path: String) {
            let url = URL(fileURLWithPath: path)
            let (file, folder) = (
                url.lastPathComponent, url.deletingLastPathComponent().lastPathComponent
            )
            if let time = SensingTime.found(in: file) {
                self.time = time
                name = url.deletingPathExtension().lastPathComponent
                tile = MGRSTile.found(in: file)
            } else if let time = SensingTime.found(in: folder) {
                self.time = time
                name = folder
                // Of a cut-out in another projection the tile is only where it comes from.
                tile = folder.contains("MSIL") ? MGRSTile.found(in: folder) : nil
            } else {
                return nil
            }
        }

        /// The level, where the product's name stands in the name.
        var isSurfaceReflectance: Bool? {
            name.contains("MSIL2A") ? true : name.contains("MSIL1C") ? false : nil
        }
    }

    private func looseScene(_ paths: [String]) throws -> Scene? {
        guard let first = paths.first, let label = Label(first) else { return nil }
        let folder = URL(fileURLWithPath: first).deletingLastPathComponent().path
        let files = BandFiles(paths)
        var isOffsetKnown = true
        var bands = try files.bands.mapValues { path in
            try source(path, ForeignRaster(reading: path), 0, label.time, &isOffsetKnown)
        }
        // Where files name their bands, what else lies there is none.
        var twins = files.twins
        for path in bands.isEmpty ? files.others : [] {
            for (band, source) in try describedBands(path, label.time, &isOffsetKnown) {
                if let taken = bands[band] { twins.append((band, taken.path, path)) }
                bands[band] = bands[band] ?? source
            }
        }
        for twin in twins { try refuse(twin.other, beside: twin.taken, twin.band, label.time) }
        var scene = Scene(
            name: label.name, folder: folder, time: label.time, tile: label.tile, baseline: nil,
            bands: bands, expectedPath: { "\(folder)/….\($0.rawValue).jp2" },
            classification: files.classification.map {
                BandSource(path: $0, radiometry: .harmonised)
            },
            truthPath: nil, isSurfaceReflectance: label.isSurfaceReflectance)
        scene.isOffsetKnown = isOffsetKnown
        return scene
    }

    /// A band of a file; where nobody says what offset its numbers have, they are taken for reflectance × 10000.
    private func source(
        _ path: String, _ file: ForeignRaster, _ index: Int, _ time: SensingTime,
        _ isOffsetKnown: inout Bool
    ) throws -> BandSource {
        let radiometry = try LooseNumbers(path, taken: time, rule: looseOffset)
            .radiometry(file, band: index)
        if radiometry == nil { isOffsetKnown = false }
        return BandSource(
            path: path, index: index, radiometry: radiometry ?? .harmonised,
            noData: file.nodata.flatMap { UInt16(exactly: $0) } ?? 0)
    }

    /// A band in two resolutions is one picture of one place; of two places one would be lost.
    private func refuse(
        _ other: String, beside taken: String, _ band: Sentinel2Band, _ time: SensingTime
    ) throws {
        let grids = try [taken, other].map { try ForeignRaster(reading: $0).grid }
        guard grids[0]?.bounds == grids[1]?.bounds, grids[0]?.crs == grids[1]?.crs else {
            throw PrepError(
                .badData, other,
                "has \(band.rawValue) of \(time) as \(taken) has, of other ground; put each into a region of its own"
            )
        }
    }

    /// The bands of a file by their descriptions; a single band without one is taken for `unnamedBand`.
    private func describedBands(
        _ path: String, _ time: SensingTime, _ isOffsetKnown: inout Bool
    ) throws -> [(Sentinel2Band, BandSource)] {
        let file = try ForeignRaster(reading: path)
        var named: [(Sentinel2Band, BandSource)] = []
        for (index, text) in file.bandDescriptions.enumerated() {
            guard let band = Sentinel2Band(name: text) else { continue }
            named.append((band, try source(path, file, index, time, &isOffsetKnown)))
        }
        if !named.isEmpty { return named }
        guard file.bandCount == 1 else {
            throw PrepError(
                .badData, path,
                "\(file.bandCount) bands without names; give them descriptions such as B02")
        }
        return [(unnamedBand, try source(path, file, 0, time, &isOffsetKnown))]
    }
}
