import Foundation
import Geo
import Manifests
package import Raster

/// Carries out a plan: proves the inputs, aligns every region, cuts its tiles, publishes the manifest last.
///
/// Killed anywhere and started again it goes on where it was, and ends with the same bytes.
public struct PrepRun {
    /// What is to be done.
    public let plan: PrepPlan
    private let blocks: DecodedBlocks
    private let onEvent: (PrepEvent) -> Void
    private let checkStop: () throws -> Void
    private let watch: InputWatch

    /// A run.
    ///
    /// - Parameters:
    ///   - plan: what is to be done.
    ///   - checkStop: throws when the run should end; asked between tiles.
    ///   - onEvent: told what happens.
    public init(
        _ plan: PrepPlan, checkStop: @escaping () throws -> Void = {},
        onEvent: @escaping (PrepEvent) -> Void = { _ in }
    ) {
        self.init(plan, blocks: DecodedBlocks(), checkStop: checkStop, onEvent: onEvent)
    }

    /// A run whose decoding can be looked at.
    package init(
        _ plan: PrepPlan, blocks: DecodedBlocks, checkStop: @escaping () throws -> Void = {},
        onEvent: @escaping (PrepEvent) -> Void = { _ in }
    ) {
        self.plan = plan
        self.blocks = blocks
        self.checkStop = checkStop
        self.onEvent = onEvent
        watch = InputWatch(plan.regions)
    }

    /// Does it.
    ///
    /// - Throws: `PrepError`, `RasterError`, `ManifestError`; each names file, cause and what to do.
    public func run() throws -> PrepReport {
        let inputs = try plan.prove(checkStop: checkStop)
        let lock = try FolderLock(folder: plan.output)
        defer { withExtendedLifetime(lock) {} }
        try RunClaim.claim(plan.output, for: plan.record(inputs: inputs))
        let folder = try TileFolder(plan.output)
        var alignments: [RegionAlignment] = []
        let regions = plan.regions.filter { !$0.own.isEmpty }
        for region in regions { alignments.append(try align(region, folder)) }
        let total = try total(alignments)
        onEvent(.tiles(total: total))
        try DiskRoom.check(for: total, of: plan)
        var cut = CutTiles()
        for (region, alignment) in zip(regions, alignments) {
            for (scene, date) in zip(region.ownScenes, alignment.dates)
            where date.status != .skipped {
                cut += try cutDate(scene, date, region, alignment, folder)
            }
        }
        try folder.finish(cut.records, leftOut: cut.leftOut)
        return PrepReport(
            alignments: alignments, tiles: cut.records.count, written: cut.written,
            leftOut: cut.leftOut.count,
            quarantined: alignments.flatMap { region in
                region.dates.filter { $0.status == .skipped }.map {
                    "\(region.region) \($0.scene): \($0.reason ?? "skipped")"
                }
            })
    }

    // MARK: Alignment

    private func align(_ region: RegionPlan, _ folder: TileFolder) throws -> RegionAlignment {
        onEvent(.region(name: region.name, scenes: region.own.count))
        let relative = "alignment/\(region.name).json"
        let path = "\(plan.output)/\(relative)"
        if FileManager.default.fileExists(atPath: path), folder.isIntact(relative) {
            let known = try decodeStrictJSON(RegionAlignment.self, fromFile: path)
            for date in known.dates { onEvent(.aligned(region: region.name, date)) }
            return known
        }
        let aligner = RegionAligner(
            region: region.name, scenes: region.scenes, bands: region.bands,
            settings: plan.settings, own: region.own, blocks: blocks)
        let alignment = try aligner.align { date in
            try checkStop()
            onEvent(.aligned(region: region.name, date))
        }
        try watch.check(region.scenes)
        try FolderWriter(root: plan.output).write(
            encodeCanonicalJSON(alignment, pretty: true), to: relative)
        return alignment
    }

    private func total(_ alignments: [RegionAlignment]) throws -> Int {
        try alignments.reduce(0) { sum, alignment in
            let dates = alignment.dates.count { $0.status != .skipped }
            return try sum + dates * TilePlan(alignment.grid, settings: plan.settings).tiles.count
        }
    }

    // MARK: Tiles

    private func cutDate(
        _ scene: Scene, _ date: DateAlignment, _ region: RegionPlan, _ alignment: RegionAlignment,
        _ folder: TileFolder
    ) throws -> CutTiles {
        var cut = CutTiles()
        var wanted: [(expected: TileRecord, grid: GeoGrid)] = []
        for (index, grid) in try TilePlan(alignment.grid, settings: plan.settings).tiles {
            try checkStop()
            let id = "\(region.name)/\(index)/\(scene.time.label)"
            let expected = record(id, index, grid, scene, date, region)
            if let kept = try folder.holds(id, expecting: expected) {
                cut.records.append(kept)
                onEvent(.tile(id: id, .kept))
            } else if let known = folder.leavesOut(id) {
                cut.leftOut.append(known)
                onEvent(.tile(id: id, .leftOut(known.reason)))
            } else {
                wanted.append((expected, grid))
            }
        }
        guard !wanted.isEmpty else { return cut }
        let (cutter, reflectance) = try cutter(scene, date, region, alignment)
        let (settings, quicklook) = (plan.settings, quicklookBands(region.bands))
        let (tiles, watch) = (wanted, watch)
        try OrderedWork.run(
            tiles.count, threads: ProcessInfo.processInfo.activeProcessorCount
        ) { index -> MadeTile in
            var (record, grid) = (tiles[index].expected, tiles[index].grid)
            record.surfaceReflectance = reflectance
            let tile = try cutter.cut(grid)
            try watch.check([scene])
            if let unwanted = LeftOutTile(tile, id: record.id, settings: settings) {
                return .leftOut(unwanted)
            }
            return .whole(
                try EncodedTile(
                    tile, as: record, bands: cutter.bands, grid: grid, quicklook: quicklook))
        } use: { made in
            try checkStop()
            switch made {
            case .leftOut(let tile):
                cut.leftOut.append(tile)
                onEvent(.tile(id: tile.id, .leftOut(tile.reason)))
            case .whole(let tile):
                cut.records.append(try folder.publish(tile))
                cut.written += 1
                onEvent(.tile(id: tile.record.id, .written))
            }
        }
        return cut
    }

    /// What cuts a date's tiles, made when the first of them is wanted.
    private func cutter(
        _ scene: Scene, _ date: DateAlignment, _ region: RegionPlan, _ alignment: RegionAlignment
    ) throws -> (cutter: TileCutter, reflectance: String?) {
        let surface = SurfaceStep(
            rule: plan.settings.surfaceReflectance, elevation: plan.settings.surfaceElevation,
            sen2cor: plan.sen2cor, folder: "\(plan.output)/sen2cor", checkStop: checkStop)
        let prepared = try surface.prepared(scene, bands: region.bands)
        let warp = try SceneWarp(
            files: SceneFiles(scene: prepared.scene, blocks: blocks), region: alignment.grid,
            applied: date.applied, kernel: plan.settings.kernel)
        return (TileCutter(warp: warp, bands: region.bands), prepared.reflectance)
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

/// A tile that was cut.
private enum MadeTile: Sendable {
    case leftOut(LeftOutTile)
    case whole(EncodedTile)
}

/// What became of the tiles of some dates.
private struct CutTiles {
    var records: [TileRecord] = []
    var leftOut: [LeftOutTile] = []
    var written = 0

    static func += (left: inout CutTiles, right: CutTiles) {
        left.records += right.records
        left.leftOut += right.leftOut
        left.written += right.written
    }
}
