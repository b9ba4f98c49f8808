import Foundation
import Geo
import Raster

extension SceneReader {
    /// Scenes from raster files without metadata: files of one date (in their names) and tile make one scene.
    func looseScenes(_ paths: [String]) throws -> [Scene] {
        var groups: [String: [String]] = [:]
        for path in paths {
            let name = URL(fileURLWithPath: path).lastPathComponent
            guard let time = SensingTime.found(in: name) else {
                throw PrepError(
                    .badData, path,
                    "no sensing date in the file name; rename it like "
                        + "T33UUU_20160608T153121_B04.jp2 or give the product's folder")
            }
            let tile = MGRSTile.found(in: name)?.name ?? ""
            groups["\(time.label) \(tile)", default: []].append(path)
        }
        return try groups.keys.sorted().map { try looseScene(groups[$0] ?? []) }
    }

    private func looseScene(_ paths: [String]) throws -> Scene {
        let first = URL(fileURLWithPath: paths[0])
        let name = first.lastPathComponent
        let folder = first.deletingLastPathComponent().path
        guard let time = SensingTime.found(in: name) else {
            throw PrepError(.badData, paths[0], "no sensing date in the file name")
        }
        let files = BandFiles(paths)
        var bands = files.bands.mapValues { BandSource(path: $0, radiometry: .harmonised) }
        for path in files.others {
            for (band, source) in try describedBands(path) where bands[band] == nil {
                bands[band] = source
            }
        }
        return Scene(
            name: first.deletingPathExtension().lastPathComponent, folder: folder, time: time,
            tile: MGRSTile.found(in: name), baseline: nil, bands: bands,
            expectedPath: { "\(folder)/….\($0.rawValue).jp2" },
            classification: files.classification.map {
                BandSource(path: $0, radiometry: .harmonised)
            },
            truthPath: nil)
    }

    /// The bands of a file by their descriptions; a single band without one is taken for `unnamedBand`.
    private func describedBands(_ path: String) throws -> [(Sentinel2Band, BandSource)] {
        let file = try RasterFile(reading: path)
        let noData = file.nodata.flatMap { UInt16(exactly: $0) } ?? 0
        func source(_ index: Int) -> BandSource {
            BandSource(path: path, index: index, radiometry: .harmonised, noData: noData)
        }
        let named = file.bandDescriptions.enumerated().compactMap { index, text in
            Sentinel2Band(name: text).map { ($0, source(index)) }
        }
        if !named.isEmpty { return named }
        guard file.bandCount == 1 else {
            throw PrepError(
                .badData, path,
                "\(file.bandCount) bands without names; give them descriptions such as B02")
        }
        return [(unnamedBand, source(0))]
    }
}
