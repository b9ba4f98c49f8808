import Glibc
import Manifests
import Raster

/// What the system knows of a file: the same for as long as nobody writes to it.
struct FileIdentity: Hashable, Sendable {
    /// Where its bytes lie, and how many they are.
    let device, inode, bytes: Int
    /// When its bytes were written last, in nanoseconds since 1970.
    let modified: Int
    /// When anything of it was changed, its names and rights too; nobody can set it back.
    let changed: Int

    /// That of a file on disk, nil where there is none; uses `stat`.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        (device, inode) = (Int(bitPattern: UInt(status.st_dev)), Int(bitPattern: status.st_ino))
        bytes = Int(status.st_size)
        (modified, changed) = (Self.nanoseconds(status.st_mtim), Self.nanoseconds(status.st_ctim))
    }

    /// Of a file, or of the archive that it lies in; nil on the network.
    init?(stored path: String) {
        var found = FileIdentity(path)
        if found == nil, case .archive(let archive) = StoredFile(path).place {
            found = FileIdentity(archive)
        }
        guard let found else { return nil }
        self = found
    }

    /// Whether nobody has written to the file since; names and rights may be others.
    func hasBytes(of other: FileIdentity) -> Bool {
        (device, inode, bytes, modified)
            == (other.device, other.inode, other.bytes, other.modified)
    }

    private static func nanoseconds(_ time: timespec) -> Int {
        Int(time.tv_sec) &* 1_000_000_000 &+ Int(time.tv_nsec)
    }
}

extension FileIdentity {
    /// Five numbers, as in a log.
    var json: JSONValue {
        .array([device, inode, bytes, modified, changed].map { .integer(Int64($0)) })
    }

    /// Reads them; nil for anything else.
    init?(_ json: JSONValue?) {
        let numbers = json?.array?.compactMap(\.int) ?? []
        guard numbers.count == 5 else { return nil }
        (device, inode, bytes) = (numbers[0], numbers[1], numbers[2])
        (modified, changed) = (numbers[3], numbers[4])
    }
}
