import Raster

/// Notices files that change while a run reads them: their digests would no longer tell what the tiles were made of.
struct InputWatch: Sendable {
    private var identities: [String: FileIdentity] = [:]

    /// Notes every file on disk that regions read, before any is read.
    init(_ regions: [RegionPlan]) {
        for region in regions {
            for scene in region.scenes {
                for path in Self.files(of: scene) { identities[path] = FileIdentity(path) }
            }
        }
    }

    /// Refuses what was made of files that are no longer those that were proven.
    /// - Throws: `PrepError` (`badData`) that names the file.
    func check(_ scenes: some Sequence<Scene>) throws {
        for path in scenes.flatMap(Self.files) {
            let (before, now) = (identities[path], FileIdentity(path))
            let isSame = before.map { now?.hasBytes(of: $0) ?? false } ?? (now == nil)
            guard isSame else { throw Self.change(of: path) }
        }
    }

    /// That a file is another than it was.
    static func change(of path: String) -> PrepError {
        PrepError(
            .badData, path, "changed while it was read; let it be, and run into a new folder")
    }

    private static func files(of scene: Scene) -> [String] {
        let paths =
            scene.bands.values.map(\.path) + [scene.classification?.path].compactMap(\.self)
            + scene.describedBy
        return paths.compactMap { path in
            // What the disk has under this name, an archive too, need not be opened.
            if FileIdentity(path) != nil { return path }
            return switch StoredFile(path).place {
            case .disk: path
            case .archive(let archive): archive
            case .remote: nil
            }
        }
    }
}
