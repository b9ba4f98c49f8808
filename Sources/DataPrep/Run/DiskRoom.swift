import Glibc
import Manifests

/// Whether what is to be written fits onto the disk, asked before the first tile.
enum DiskRoom {
    /// Refuses to start what cannot end.
    ///
    /// Counted are the training samples alone: the part of the output that is not compressed. Where thresholds may leave tiles out,
    /// nobody knows beforehand, and nothing is refused. Uses `statvfs`.
    /// - Throws: `ManifestError` (`io`) with what is needed and what there is.
    static func check(for tiles: Int, of plan: PrepPlan) throws {
        let settings = plan.settings
        guard settings.largestNoDataShare >= 1, settings.largestCloudShare >= 1 else { return }
        let bands = plan.regions.map(\.bands.count).min() ?? 0
        let needed =
            tiles * settings.tileSize * settings.tileSize * (2 * bands + 1)
            - occupied("\(plan.output)/store/data.mdb")
        guard let free = free(plan.output), free < needed else { return }
        throw ManifestError(
            .io, path: plan.output,
            "needs \((needed + 999_999) / 1_000_000) MB more for the training samples alone, the disk has "
                + "\(free / 1_000_000) MB free; free some, or name a folder on another disk")
    }

    /// What a store of an earlier run takes already.
    private static func occupied(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_blocks) * 512 : 0
    }

    private static func free(_ folder: String) -> Int? {
        var disk = statvfs()
        guard statvfs(folder, &disk) == 0 else { return nil }
        let (bytes, overflows) = Int(clamping: disk.f_bavail).multipliedReportingOverflow(
            by: Int(clamping: disk.f_frsize))
        return overflows ? nil : bytes
    }
}
