import Foundation
import Manifests
import Raster

/// Dates that an earlier run set aside and whose files are others now: got again, since no decoder survived them.
///
/// A run goes on with such files, as it does with the same ones: nothing was made of these dates, or it is forgotten.
struct HealedDates {
    private let plan: PrepPlan
    private let dates: [(region: String, scene: Scene)]

    /// Nil where two records differ in anything else, or not at all.
    ///
    /// - Throws: `ManifestError` for tables of the earlier run that cannot be read.
    init?(_ plan: PrepPlan, from earlier: RunRecord, to later: RunRecord) throws {
        var (one, other) = (earlier, later)
        (one.inputs, other.inputs) = ([], [])
        let changed = Set(earlier.inputs).symmetricDifference(later.inputs).map(\.path)
        guard one == other, !changed.isEmpty else { return nil }
        let all = plan.regions.flatMap { region in
            region.ownScenes.map { (region: region.name, scene: $0) }
        }
        dates = all.filter { date in changed.contains { Self.isFile($0, of: date.scene) } }
        self.plan = plan
        let setAside = try Self.setAside(by: plan)
        let theirs = dates
        guard
            theirs.allSatisfy({ setAside.contains(Self.key($0.region, $0.scene.time.label)) }),
            changed.allSatisfy({ path in theirs.contains { Self.isFile(path, of: $0.scene) } })
        else { return nil }
    }

    /// Dates that were set aside, of some regions.
    init(_ plan: PrepPlan, _ dates: [(region: String, scene: Scene)]) {
        (self.plan, self.dates) = (plan, dates)
    }

    /// Lets a folder's run go on with these dates' files as they are now, of which its record knows nothing then.
    ///
    /// The record is written last: killed before that, the next run does the same again.
    /// - Throws: `ManifestError`, `StoreError`, `PrepError` for what cannot be read or removed.
    func takeOver(in folder: TileFolder) throws {
        try forget(in: folder)
        var record = try RunRecord(readingFrom: plan.output)
        record.inputs.removeAll { input in
            dates.contains { Self.isFile(input.path, of: $0.scene) }
        }
        try record.write(to: plan.output)
    }

    /// Whether an earlier run set a scene's date aside.
    static func isSetAside(
        _ scene: Scene, of region: RegionPlan, _ plan: PrepPlan
    ) throws -> Bool {
        try setAside(by: plan).contains(key(region.name, scene.time.label))
    }

    // MARK: What the earlier run set aside

    private static func isFile(_ path: String, of scene: Scene) -> Bool {
        path.hasPrefix("\(scene.name)/")
    }

    private static func key(_ region: some StringProtocol, _ label: some StringProtocol) -> String {
        "\(region)/\(label)"
    }

    /// "<region>/<date>" of every date that was set aside, wholly or from some tile on.
    private static func setAside(by plan: PrepPlan) throws -> Set<String> {
        func isThere(_ relative: String) -> Bool {
            FileManager.default.fileExists(atPath: "\(plan.output)/\(relative)")
        }
        var dates: Set<String> = []
        for region in plan.regions {
            let file = alignment(of: region.name)
            let excluded =
                try isThere(file)
                ? decodeStrictJSON(RegionAlignment.self, fromFile: "\(plan.output)/\(file)")
                    .excluded
                : nil
            // A finished run leaves a region without alignment only where it could read none of its dates.
            for scene in region.ownScenes
            where excluded?.contains(scene.name) ?? isThere(TileFolder.manifestName) {
                dates.insert(key(region.name, scene.time.label))
            }
        }
        guard isThere(LeftOutTile.fileName) else { return dates }
        for tile in try leftOut(of: plan) where DecodeFault.isReason(tile.reason) {
            dates.insert(date(ofTile: tile.id))
        }
        return dates
    }

    private static func alignment(of region: String) -> String { "alignment/\(region).json" }

    private static func leftOut(of plan: PrepPlan) throws -> [LeftOutTile] {
        try JSONLinesReader.read(
            LeftOutTile.self, from: "\(plan.output)/\(LeftOutTile.fileName)"
        ).records
    }

    /// "<region>/<date>" of a tile's "<region>/<column>_<row>/<date>".
    private static func date(ofTile id: String) -> String {
        let parts = id.split(separator: "/", omittingEmptySubsequences: false)
        return key(parts.first ?? "", parts.last ?? "")
    }

    // MARK: Forgetting

    /// Drops what was made of these dates' earlier files.
    ///
    /// What tells that they were set aside stays, so that this can be done again.
    private func forget(in folder: TileFolder) throws {
        let names = Set(dates.map { Self.key($0.region, $0.scene.time.label) })
        try folder.forget { names.contains(Self.date(ofTile: $0.id)) }
        folder.forgetLeftOut { names.contains(Self.date(ofTile: $0.id)) }
        for date in dates {
            try FolderBounds.remove("sen2cor/\(date.scene.name)/sen2cor.json", in: plan.output)
            let file = Self.alignment(of: date.region)
            let path = "\(plan.output)/\(file)"
            guard FileManager.default.fileExists(atPath: path) else { continue }
            // An alignment that excluded dates is made anew by itself.
            if try decodeStrictJSON(RegionAlignment.self, fromFile: path).excluded.isEmpty {
                try FolderBounds.remove(file, in: plan.output)
            }
        }
        guard FileManager.default.fileExists(atPath: "\(plan.output)/\(LeftOutTile.fileName)")
        else { return }
        let known = try Self.leftOut(of: plan).filter {
            DecodeFault.isReason($0.reason) || !names.contains(Self.date(ofTile: $0.id))
        }
        try FolderContents.write(
            JSONLinesReader.bytes(of: known), to: "\(plan.output)/\(LeftOutTile.fileName)")
    }
}
