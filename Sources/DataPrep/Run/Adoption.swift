import Foundation
import Manifests

/// A folder's run taken over by a plan that has more of the same, or leaves pixels as they are: `run --adopt`.
///
/// More scenes, more regions, other quick-looks and other thresholds of selection can be taken over; anything else is
/// another run. The folder becomes an unfinished one of the new plan, in which each tile is known that stays the same.
struct Adoption {
    private let plan: PrepPlan
    private let earlier: RunRecord
    private let record: RunRecord
    /// Regions of the earlier run, and whether they have more scenes now.
    private let regions: [String: Bool]

    /// Settings that leave the pixels of a tile as they are.
    private static let free = ["quicklookBands", "largestNoDataShare", "largestCloudShare"]
    /// Where alignments wait for those that replace them.
    private static let waiting = "adopted"

    /// Nil where the plan is the folder's own, or one that cannot take it over.
    init?(_ plan: PrepPlan, from earlier: RunRecord) throws {
        let record = try plan.record(inputs: [])
        let before = earlier.withoutInputs
        guard plan.shard == nil, before != record, Self.rest(of: before) == Self.rest(of: record)
        else { return nil }
        let now = Self.regions(of: record)
        var regions: [String: Bool] = [:]
        for (name, region) in Self.regions(of: before) {
            guard let same = now[name], same.bands == region.bands,
                same.scenes.isSuperset(of: region.scenes)
            else { return nil }
            regions[name] = same.scenes != region.scenes
        }
        (self.plan, self.earlier, self.record, self.regions) = (plan, earlier, record, regions)
    }

    /// What differs, as `--explain` says it, but for files that nobody has read yet.
    var lines: [String] {
        PrepExplanation.differences(from: earlier.withoutInputs, to: record).map(\.line)
    }

    // MARK: Comparing

    /// A record without what may differ.
    private static func rest(of record: RunRecord) -> RunRecord {
        var record = record
        guard var members = record.plan.object else { return record }
        members["regions"] = nil
        if var settings = members["settings"]?.object {
            for key in free { settings[key] = nil }
            members["settings"] = .object(settings)
        }
        record.plan = .object(members)
        return record
    }

    private typealias Region = (bands: JSONValue?, scenes: Set<String>)

    private static func regions(of record: RunRecord) -> [String: Region] {
        var regions: [String: Region] = [:]
        for region in record.plan["regions"]?.array ?? [] {
            let scenes = region["scenes"]?.array?.compactMap(\.string) ?? []
            regions[region["name"]?.string ?? ""] = (region["bands"], Set(scenes))
        }
        return regions
    }

    // MARK: Taking over

    /// Takes the folder over; its record is written last, so that killed before that it is still the earlier run's.
    /// - Throws: `PrepError`, `ManifestError`, `StoreError` for what cannot be read or removed.
    func take() throws {
        let folder = try TileFolder(plan.output)
        for (name, hasMore) in regions.sorted(by: { $0.key < $1.key }) {
            if hasMore {
                try setAside(name, folder)
            } else if !folder.isIntact(Self.alignment(name)) {
                try FolderBounds.remove(Self.alignment(name), in: plan.output)
            }
        }
        try forgetUnwanted(folder)
        try folder.reopen()
        var record = record
        record.inputs = earlier.inputs
        try record.write(to: plan.output)
    }

    /// Puts the alignment of a region away until another one tells which of its tiles stay.
    private func setAside(_ region: String, _ folder: TileFolder) throws {
        let (file, waiting) = (Self.alignment(region), "\(Self.waiting)/\(region).json")
        let (path, exists) = ("\(plan.output)/\(file)", FileManager.default.fileExists(atPath:))
        if exists(path), folder.isIntact(file) {
            try FolderWriter(root: plan.output).write(WholeFile.read(path), to: waiting)
        } else if exists(path) || !exists("\(plan.output)/\(waiting)") {
            // Nothing tells what these tiles were aligned to.
            try folder.forget { $0.region == region }
        }
        try FolderBounds.remove(file, in: plan.output)
    }

    private func forgetUnwanted(_ folder: TileFolder) throws {
        let (before, settings) = (earlier.plan["settings"], plan.settings)
        if before?["quicklookBands"] != record.plan["settings"]?["quicklookBands"] {
            try folder.forgetQuicklooks()
        }
        let isStricter = settings.largestNoDataShare < before?["largestNoDataShare"]?.double ?? 1
        // What lacks data is not valid, and what is not valid may lack data: such a tile is looked at again.
        try folder.forget {
            $0.cloudFraction > settings.largestCloudShare
                || isStricter && 1 - $0.validFraction > settings.largestNoDataShare
        }
    }

    private static func alignment(_ region: String) -> String { "alignment/\(region).json" }

    // MARK: What stays

    /// Drops a region's tiles whose dates lie otherwise since the folder was taken over; nothing elsewhere.
    static func forgetMoved(by alignment: RegionAlignment, in folder: TileFolder) throws {
        let path = "\(folder.path)/\(waiting)/\(alignment.region).json"
        guard FileManager.default.fileExists(atPath: path) else { return }
        let before = try decodeStrictJSON(RegionAlignment.self, fromFile: path)
        // Both as they are written, so that nothing but what they say is compared.
        let now = try decodeStrictJSON(
            RegionAlignment.self, from: encodeCanonicalJSON(alignment))
        let same = Set(before.dates).intersection(now.dates).map(\.date)
        let stays = before.grid == now.grid ? Set(same) : []
        try folder.forget { $0.region == alignment.region && !stays.contains($0.date) }
    }

    /// Removes what was kept for the comparison, when all is compared.
    static func finish(_ folder: String) throws {
        let path = "\(folder)/\(waiting)"
        guard FileManager.default.fileExists(atPath: path) else { return }
        for name in try SceneReader.listing(path) {
            try FolderBounds.remove("\(waiting)/\(name)", in: folder)
        }
        try? FileManager.default.removeItem(atPath: path)
    }
}
