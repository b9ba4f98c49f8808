import Foundation
import Geo
import Manifests
package import Raster

/// Carries out a plan: proves and aligns region after region, cuts their tiles, publishes the manifest last.
///
/// Killed anywhere and started again it goes on where it was, and ends with the same bytes.
public struct PrepRun {
    /// What is to be done.
    public let plan: PrepPlan
    let blocks: DecodedBlocks
    let onEvent: (PrepEvent) -> Void
    let checkStop: () throws -> Void
    let adopts: Bool
    let times = StageTimes()
    let watch: InputWatch

    /// A run.
    ///
    /// - Parameters:
    ///   - plan: what is to be done.
    ///   - threads: how many decode, resample and encode; one for each core if nil. The bytes do not depend on it.
    ///   - adopts: whether a folder that lacks scenes or regions of the plan, or has other quick-looks or
    ///     thresholds, is gone on with.
    ///   - checkStop: throws when the run should end; asked between tiles.
    ///   - onEvent: told what happens.
    public init(
        _ plan: PrepPlan, threads: Int? = nil, adopts: Bool = false,
        checkStop: @escaping () throws -> Void = {},
        onEvent: @escaping (PrepEvent) -> Void = { _ in }
    ) {
        self.init(
            plan, blocks: DecodedBlocks(threads: threads), adopts: adopts, checkStop: checkStop,
            onEvent: onEvent)
    }

    /// A run whose decoding can be looked at.
    package init(
        _ plan: PrepPlan, blocks: DecodedBlocks, adopts: Bool = false,
        checkStop: @escaping () throws -> Void = {},
        onEvent: @escaping (PrepEvent) -> Void = { _ in }
    ) {
        self.plan = plan
        self.blocks = blocks
        self.adopts = adopts
        self.checkStop = checkStop
        self.onEvent = onEvent
        watch = InputWatch(plan.regions)
    }

    /// Does it.
    ///
    /// - Throws: `PrepError`, `RasterError`, `ManifestError`; each names file, cause and what to do.
    public func run() throws -> PrepReport {
        let (lock, ledger) = try claim()
        defer { withExtendedLifetime(lock) {} }
        let folder = try TileFolder(plan.output)
        blocks.useDisk(of: plan.output)
        var regions: [(plan: RegionPlan, alignment: RegionAlignment)] = []
        var (inputs, others) = ([InputDigest](), [String: [InputDigest]]())
        var cut = CutTiles()
        for region in plan.regions where !region.own.isEmpty {
            let proof = try prove(region, ledger, folder)
            inputs += proof.inputs
            if !proof.others.isEmpty { others[region.name] = proof.others }
            do {
                let alignment = try align(region, folder, isKnown: proof.isKnown)
                regions.append((region, alignment))
                cut.quarantined += (alignment.leftOut ?? []).map {
                    "\(region.name) \($0): the dates were aligned without it, since its file ends the decoder"
                }
            } catch let fault as DecodeFault {
                cut.quarantined.append("\(region.name): no date is left: \(fault.reason)")
            }
        }
        try RunClaim.complete(
            plan.output, with: plan.record(inputs: inputs, alignedTo: others))
        let total = try total(regions.map(\.alignment))
        onEvent(.tiles(total: total))
        try DiskRoom.check(for: total, of: plan)
        for (region, alignment) in regions {
            for (scene, date) in zip(region.ownScenes, alignment.dates) {
                if date.status == .skipped {
                    cut.quarantined.append(
                        "\(region.name) \(scene.name): \(date.reason ?? "skipped")")
                } else {
                    blocks.beginLastSweep(of: scene.name)
                    cut += try cutDate(scene, date, region, alignment, folder)
                    blocks.forget(scene.name)
                }
            }
        }
        let dropped = try regions.flatMap { try tilePlan($0.alignment).dropped }
        try Adoption.finish(plan.output)
        try times.measure(.write) {
            try folder.finish(cut.records, leftOut: cut.leftOut + dropped)
        }
        return PrepReport(
            alignments: regions.map(\.alignment), tiles: cut.records.count, written: cut.written,
            leftOut: cut.leftOut.count, placesDropped: dropped.count, quarantined: cut.quarantined,
            stages: times.report(of: blocks))
    }

    // MARK: Alignment

    private func align(
        _ region: RegionPlan, _ folder: TileFolder, isKnown: Bool
    ) throws -> RegionAlignment {
        onEvent(.region(name: region.name, scenes: region.own.count))
        let relative = "alignment/\(region.name).json"
        let path = "\(plan.output)/\(relative)"
        if isKnown, FileManager.default.fileExists(atPath: path), folder.isIntact(relative) {
            let known = try decodeStrictJSON(RegionAlignment.self, fromFile: path)
            if known.excluded.isEmpty {
                for date in known.dates { onEvent(.aligned(region: region.name, date)) }
                return known
            }
        }
        let guarded = GuardedAlignment(region: region, settings: plan.settings, blocks: blocks)
        let alignment = try times.align(with: blocks) {
            try guarded.run { date in
                try checkStop()
                onEvent(.aligned(region: region.name, date))
            }
        }
        try watch.check(region.scenes)
        try Adoption.forgetMoved(by: alignment, in: folder)
        try FolderWriter(root: plan.output).write(
            encodeCanonicalJSON(alignment, pretty: true), to: relative)
        return alignment
    }

    private func total(_ alignments: [RegionAlignment]) throws -> Int {
        try alignments.reduce(0) { sum, alignment in
            let dates = alignment.dates.count { $0.status != .skipped }
            let tiles = try tilePlan(alignment).tiles.count
            return sum + dates * tiles
        }
    }

    private func tilePlan(_ alignment: RegionAlignment) throws -> TilePlan {
        try TilePlan(alignment.grid, of: alignment.region, settings: plan.settings)
    }
}
