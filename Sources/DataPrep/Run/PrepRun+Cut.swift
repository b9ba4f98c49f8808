import Geo
import Manifests
import Raster

extension PrepRun {
    /// Cuts the tiles of a date that are not there yet.
    ///
    /// Where a file ends its decoder, or Sen2Cor comes to no end, what could be cut before it stays, and the rest of
    /// the date is left out.
    func cutDate(
        _ scene: Scene, _ date: DateAlignment, _ region: RegionPlan, _ alignment: RegionAlignment,
        _ folder: TileFolder
    ) throws -> CutTiles {
        var cut = CutTiles()
        var wanted: [WantedTile] = []
        let tiles = try TilePlan(alignment.grid, of: region.name, settings: plan.settings).tiles
        for (index, grid) in tiles {
            try checkStop()
            let id = "\(region.name)/\(index)/\(scene.time.label)"
            let expected = record(id, index, grid, scene, date, region)
            if let kept = try times.measure(.digest, { try folder.holds(id, expecting: expected) })
            {
                cut.records.append(kept)
                onEvent(.tile(id: id, .kept))
            } else if let known = folder.leavesOut(id), !DecodeFault.isReason(known.reason) {
                cut.leftOut.append(known)
                onEvent(.tile(id: id, .leftOut(known.reason)))
            } else {
                wanted.append(WantedTile(expected: expected, grid: grid))
            }
        }
        guard !wanted.isEmpty else { return cut }
        let before = cut.leftOut.count + cut.written
        do {
            try times.cut(with: blocks) {
                try make(
                    wanted, with: cutter(scene, date, region, alignment), region, folder, &cut)
            }
        } catch {
            guard let fault = SetAside(error) else { throw error }
            for tile in wanted[(cut.leftOut.count + cut.written - before)...] {
                let id = tile.expected.id
                cut.leftOut.append(LeftOutTile(id: id, setAsideFor: fault.reason))
                onEvent(.tile(id: id, .leftOut(fault.reason)))
            }
            cut.quarantined.append("\(region.name) \(scene.name): \(fault.line)")
        }
        return cut
    }

    private func make(
        _ tiles: [WantedTile], with date: DateCutter, _ region: RegionPlan, _ folder: TileFolder,
        _ cut: inout CutTiles
    ) throws {
        let (settings, quicklook) = (plan.settings, quicklookBands(region.bands))
        let (times, watch) = (times, watch)
        let angles = try SceneAngles(date.scene).over(tiles.map(\.grid), region.bands)
        try OrderedWork.run(tiles.count, threads: blocks.threads) { index -> MadeTile in
            var (record, grid) = (tiles[index].expected, tiles[index].grid)
            record.tell(of: date.read, region.bands, reflectance: date.reflectance)
            record.tell(of: angles[index])
            let tile = try times.measure(.resample, bytes: { $0.pixels.pixels.count * 2 }) {
                try date.cutter.cut(grid)
            }
            try watch.check([date.scene])
            if let unwanted = LeftOutTile(tile, id: record.id, settings: settings) {
                return .leftOut(unwanted)
            }
            return .whole(
                try EncodedTile(
                    tile, as: record, bands: region.bands, grid: grid, quicklook: quicklook,
                    in: settings.rasterFormat, times: times))
        } use: { made in
            try checkStop()
            switch made {
            case .leftOut(let tile):
                cut.leftOut.append(tile)
                onEvent(.tile(id: tile.id, .leftOut(tile.reason)))
            case .whole(let tile):
                cut.records.append(
                    try times.measure(.write, bytes: { _ in tile.bytes }) {
                        try folder.publish(tile)
                    })
                cut.written += 1
                onEvent(.tile(id: tile.record.id, .written))
            }
        }
    }

    /// What cuts a date's tiles, made when the first of them is wanted.
    private func cutter(
        _ scene: Scene, _ date: DateAlignment, _ region: RegionPlan, _ alignment: RegionAlignment
    ) throws -> DateCutter {
        let surface = SurfaceStep(
            rule: plan.settings.surfaceReflectance, elevation: plan.settings.surfaceElevation,
            sen2cor: plan.sen2cor, folder: "\(plan.output)/sen2cor", checkStop: checkStop)
        let prepared = try surface.prepared(scene, bands: region.bands)
        let warp = try SceneWarp(
            files: SceneFiles(scene: prepared.scene, blocks: blocks), region: alignment.grid,
            applied: date.applied, kernel: plan.settings.kernel)
        return DateCutter(
            scene: scene, read: prepared.scene,
            cutter: TileCutter(warp: warp, bands: region.bands),
            reflectance: prepared.reflectance)
    }

    private func quicklookBands(_ bands: [Sentinel2Band]) -> [Sentinel2Band] {
        if let wanted = plan.settings.quicklookBands { return wanted }
        let natural: [Sentinel2Band] = [.b04, .b03, .b02]
        return natural.allSatisfy(bands.contains) ? natural : [bands[0]]
    }

    /// A tile's record, without what only its pixels tell.
    private func record(
        _ id: String, _ index: TileIndex, _ grid: GeoGrid, _ scene: Scene, _ date: DateAlignment,
        _ region: RegionPlan
    ) -> TileRecord {
        TileRecord(
            id: id, region: region.name, column: index.column, row: index.row,
            date: scene.time.iso8601, path: TileFolder.raster(id), bytes: 0,
            sha256: SHA256Digest(of: [UInt8]()), width: grid.size.width, height: grid.size.height,
            bands: region.bands.map(\.rawValue), crs: grid.crs.definition,
            transform: grid.transform.gdal, validFraction: 0, cloudFraction: 0,
            shift: date.shift.map { TileRecord.Shift(rows: $0.rows, columns: $0.columns) },
            aligned: date.status == .aligned || date.status == .reference, reason: date.reason,
            source: TileRecord.Source(name: scene.name), storeKey: id)
    }
}

/// What takes a date with it and not the run.
private struct SetAside {
    /// The cause, the same on every machine.
    let reason: String
    /// The same with what helps a reader.
    let line: String

    /// Nil for an error that ends the run.
    init?(_ error: any Error) {
        switch error {
        case let fault as DecodeFault: (reason, line) = (fault.reason, fault.reason)
        case let fault as Sen2CorTimeout:
            (reason, line) = (fault.reason, "\(fault.reason); \(fault.advice)")
        default: return nil
        }
    }
}

extension TileRecord {
    /// Says how the numbers of the scene that is read became those of the tile.
    fileprivate mutating func tell(
        of scene: Scene, _ bands: [Sentinel2Band], reflectance: String?
    ) {
        let radiometries = bands.compactMap { scene.bands[$0]?.radiometry }
        surfaceReflectance = reflectance
        baseline = scene.baseline
        addedOffset = radiometries.map(\.offset)
        quantification = radiometries.map(\.quantification)
    }

    /// Says where sun and sensor stood.
    fileprivate mutating func tell(of angles: TileAngles) {
        (sunElevation, sunAzimuth) = (angles.sunElevation, angles.sunAzimuth)
        (viewIncidence, viewAzimuth) = (angles.viewIncidence, angles.viewAzimuth)
    }
}

/// A tile that is not there yet.
private struct WantedTile {
    let expected: TileRecord
    let grid: GeoGrid
}

/// What cuts the tiles of a date.
private struct DateCutter: Sendable {
    let scene: Scene
    /// The scene whose numbers are read: what the correction of the atmosphere made of `scene`.
    let read: Scene
    let cutter: TileCutter
    let reflectance: String?
}

/// A tile that was cut.
private enum MadeTile: Sendable {
    case leftOut(LeftOutTile)
    case whole(EncodedTile)
}

/// What became of the tiles of some dates.
struct CutTiles {
    var records: [TileRecord] = []
    var leftOut: [LeftOutTile] = []
    var written = 0
    /// Dates that were set aside, or cut short.
    var quarantined: [String] = []

    static func += (left: inout CutTiles, right: CutTiles) {
        left.records += right.records
        left.leftOut += right.leftOut
        left.written += right.written
        left.quarantined += right.quarantined
    }
}
