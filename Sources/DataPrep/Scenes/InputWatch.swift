import Glibc
import Raster

/// Notices files that change while a run reads them: their digests would no longer tell what the tiles were made of.
struct InputWatch: Sendable {
    private struct Identity: Equatable, Sendable {
        let device, inode, bytes, seconds, nanoseconds: Int

        /// What the system knows of a file; nil where there is none.
        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            (device, inode) = (Int(bitPattern: UInt(status.st_dev)), Int(bitPattern: status.st_ino))
            bytes = Int(status.st_size)
            (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
        }
    }

    private var identities: [String: Identity] = [:]

    /// Notes every file on disk that regions read, before any is read.
    init(_ regions: [RegionPlan]) {
        for region in regions {
            for scene in region.scenes {
                for path in Self.files(of: scene) { identities[path] = Identity(path) }
            }
        }
    }

    /// Refuses what was made of files that are no longer those that were proven.
    /// - Throws: `PrepError` (`badData`) that names the file.
    func check(_ scenes: some Sequence<Scene>) throws {
        for path in scenes.flatMap(Self.files) where identities[path] != Identity(path) {
            throw PrepError(
                .badData, path, "changed while it was read; let it be, and run into a new folder")
        }
    }

    private static func files(of scene: Scene) -> [String] {
        let paths =
            scene.bands.values.map(\.path) + [scene.classification?.path].compactMap(\.self)
            + scene.describedBy
        return paths.compactMap { path in
            switch StoredFile(path).place {
            case .disk: path
            case .archive(let archive): archive
            case .remote: nil
            }
        }
    }
}
