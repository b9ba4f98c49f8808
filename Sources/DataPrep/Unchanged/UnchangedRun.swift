import Foundation
import Geo
import Manifests
import Store

/// Finds unchanged ground in a prepared folder: compares the dates of every tile, scores and selects tiles, and lists date pairs
/// for training.
///
/// Killed anywhere and started again it goes on where it was, and ends with the same bytes.
public struct UnchangedRun {
    /// What is to be done.
    public let plan: UnchangedPlan
    private let onEvent: (UnchangedEvent) -> Void
    private let checkStop: () throws -> Void

    /// A run.
    ///
    /// - Parameters:
    ///   - plan: what is to be done.
    ///   - checkStop: throws when the run should end; asked between pairs of dates.
    ///   - onEvent: told what happens.
    public init(
        _ plan: UnchangedPlan, checkStop: @escaping () throws -> Void = {},
        onEvent: @escaping (UnchangedEvent) -> Void = { _ in }
    ) {
        self.plan = plan
        self.checkStop = checkStop
        self.onEvent = onEvent
    }

    /// Does it.
    ///
    /// - Throws: `PrepError`, `StoreError`, `RasterError`, `ManifestError`; each names file, cause and what to do.
    public func run() throws -> UnchangedReport {
        let store = try SampleStore("\(plan.folder)/store", for: .reading)
        let lock = try FolderLock(folder: plan.output)
        defer { withExtendedLifetime(lock) {} }
        try claim(try plan.record())
        let folder = try UnchangedFolder(plan.output)
        var tiles: [UnchangedTile] = []
        var written = 0
        for records in plan.tiles {
            try checkStop()
            let id = UnchangedPlan.tile(records[0])
            let inputs = SHA256Digest(of: try JSONLinesReader.bytes(of: records))
            if let kept = try folder.holds(id, inputs: inputs) {
                if plan.settings.writesNormalised {
                    try writeMissingCopies(kept, records, store, folder)
                }
                tiles.append(kept)
                onEvent(.tile(id: id, isKept: true))
                continue
            }
            tiles.append(try compare(records, inputs: inputs, store, folder))
            written += 1
            onEvent(.tile(id: id, isKept: false))
        }
        let split = try split()
        let sampling = PairSampling(settings: plan.settings, split: split)
        let pairs = try zip(tiles, plan.tiles).flatMap { try sampling.pairs(of: $0, $1) }
        try folder.finish(tiles, pairs, normalises: plan.settings.normalises)
        return UnchangedReport(
            tiles: tiles, written: written, trainingPairs: pairs.count,
            undecidedPairs: tiles.reduce(0) { $0 + $1.pairs.count(where: \.isUndecided) },
            split: ["train": split.training, "val": split.validation])
    }

    private func compare(
        _ records: [TileRecord], inputs: SHA256Digest, _ store: SampleStore,
        _ folder: UnchangedFolder
    ) throws -> UnchangedTile {
        let settings = plan.settings
        let series = try TileSeries(records, store: store, settings: settings)
        let outcome = try TileComparison(series: series, settings: settings).run(
            checkStop: checkStop)
        let known = settings.rule.isUnchanged(outcome.probabilities, size: series.size)
            .compactMap(\.self)
        let unchanged = known.count { $0 }
        let score = known.isEmpty ? nil : Double(unchanged) / Double(known.count)
        let knownShare = Double(known.count) / Double(series.size.count)
        var tile = UnchangedTile(
            tile: series.tile, region: records[0].region, bands: series.bands.map(\.rawValue),
            dates: series.dates.map(\.record.date), leftOut: series.leftOut, pairs: outcome.pairs,
            pairsUsed: outcome.pairs.count { $0.refusal == nil }, known: knownShare, score: score,
            selected: (score ?? -1) >= settings.smallestScore
                && knownShare >= settings.smallestKnown,
            path: nil, bytes: 0, sha256: nil, quicklookSHA256: nil, inputs: inputs,
            fits: outcome.fits)
        if settings.writesNormalised { tile.fits = try writeCopies(tile.fits, series, folder) }
        return try folder.publish(tile, outcome, series, rule: settings.rule)
    }

    /// Writes the copies that are not there and gives the fits with their digests.
    private func writeCopies(
        _ fits: [NormalisationFit], _ series: TileSeries, _ folder: UnchangedFolder
    ) throws -> [NormalisationFit] {
        try fits.map { fit in
            guard fit.refusal == nil,
                let date = series.dates.first(where: { $0.record.date == fit.date })
            else { return fit }
            var fit = fit
            fit.copySHA256 = try folder.publishCopy(of: date, fit: fit)
            return fit
        }
    }

    private func writeMissingCopies(
        _ tile: UnchangedTile, _ records: [TileRecord], _ store: SampleStore,
        _ folder: UnchangedFolder
    ) throws {
        guard !folder.hasCopies(of: tile, records) else { return }
        let series = try TileSeries(records, store: store, settings: plan.settings)
        _ = try writeCopies(tile.fits, series, folder)
    }

    private func split() throws -> RegionSplit {
        let regions = Dictionary(grouping: plan.tiles.map { $0[0] }, by: \.region)
        return RegionSplit(
            try regions.map { name, tiles in
                RegionSplit.Region(
                    name: name, outlines: try tiles.map { try TilePlace($0).outline })
            }, validationShare: plan.settings.validationShare, seed: plan.settings.seed)
    }

    /// Writes `run.json`, or proves that the folder belongs to the same settings.
    ///
    /// A manifest that was written anew, as with a date that was set aside before, is no other run: what is known of a
    /// tile holds while its own lines do.
    private func claim(_ record: RunRecord) throws {
        let path = "\(plan.output)/\(RunRecord.fileName)"
        guard FileManager.default.fileExists(atPath: path) else {
            try record.write(to: plan.output)
            return
        }
        let earlier = try RunRecord(readingFrom: plan.output)
        guard earlier != record else { return }
        var ofThese = earlier
        ofThese.inputs = record.inputs
        guard ofThese != record else {
            try UnchangedFolder.reopen(plan.output)
            try record.write(to: plan.output)
            return
        }
        let changed = [
            earlier.version == record.version
                ? nil : "version \(earlier.version) → \(record.version)",
            earlier.plan == record.plan && earlier.seed == record.seed ? nil : "settings",
        ].compactMap(\.self)
        throw PrepError(
            .configuration, plan.output,
            "the folder holds another run (\(changed.joined(separator: ", ")) differ; see its "
                + "\(RunRecord.fileName)); remove it to begin anew")
    }
}
