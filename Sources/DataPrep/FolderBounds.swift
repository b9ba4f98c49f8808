import Glibc

/// Keeps paths inside of a folder, whatever symbolic links say.
enum FolderBounds {
    /// Where symbolic links lead a path outside of a folder; nil where it stays inside, or is not there.
    ///
    /// Uses `realpath`.
    static func escape(of path: String, from folder: String) -> String? {
        guard let root = resolved(folder) else { return nil }
        return escape(of: path, fromResolved: root)
    }

    private static func escape(of path: String, fromResolved root: String) -> String? {
        guard let place = resolved(path) else { return nil }
        let isInside = place == root || place.hasPrefix(root == "/" ? root : root + "/")
        return isInside ? nil : place
    }

    /// Refuses files of a product that lie outside of its folder.
    /// - Throws: `PrepError` (`badData`) that names the link and where it leads.
    static func check(_ paths: [String], in folder: String) throws {
        // What lies in an archive or on the network has no links: `realpath` finds no such path.
        guard let root = resolved(folder) else { return }
        for path in paths {
            guard let place = escape(of: path, fromResolved: root) else { continue }
            throw PrepError(
                .badData, path,
                "a symbolic link leads out of the product, to \(place); put the file itself there")
        }
    }

    /// Removes a file of a folder, if it is there and no symbolic link leads out.
    ///
    /// Uses `unlink`.
    /// - Throws: `PrepError` (`cannotCreate`) for a file that stays.
    static func remove(_ relative: String, in folder: String) throws {
        let path = "\(folder)/\(relative)"
        guard resolved(path) != nil, escape(of: path, from: folder) == nil else { return }
        guard unlink(path) == 0 || errno == ENOENT else {
            throw PrepError(
                .cannotCreate, path,
                "is out of date and cannot be removed (errno \(errno)); remove it")
        }
    }

    private static func resolved(_ path: String) -> String? {
        guard let place = realpath(path, nil) else { return nil }
        defer { free(place) }
        return String(cString: place)
    }
}
