import Foundation
import Geo
import Manifests
import Synchronization

/// Masks that were rasterised already: in memory for as long as the data set is open, and in a folder where one is named.
///
/// A file's name is the digest of all that its mask follows from, so that a changed footprint, grid or rule never finds it. Files are
/// published whole; one that is damaged is made again.
final class MaskCache: Sendable {
    private let masks: Mutex<[Int: RunLengthMask]> = Mutex([:])
    private let folder: String?

    /// - Throws: `ManifestError` when the folder cannot be made.
    init(folder: String?) throws {
        self.folder = folder
        if let folder { try AtomicFile.makeFolder(at: folder) }
    }

    /// The mask of an image if it was used before.
    subscript(index: Int) -> RunLengthMask? { masks.withLock { $0[index] } }

    /// The mask on disk under a key, or the one that `make` gives; kept in memory from now on.
    ///
    /// - Throws: what `make` throws, and `ManifestError` when the file cannot be written.
    func mask(
        of index: Int, key: () throws -> String, make: () throws -> RunLengthMask
    ) throws -> RunLengthMask {
        let mask = try folder.map { try stored(at: "\($0)/\(key()).mask", make) } ?? make()
        masks.withLock { $0[index] = mask }
        return mask
    }

    private func stored(
        at path: String, _ make: () throws -> RunLengthMask
    ) throws -> RunLengthMask {
        if let bytes = try? WholeFile.read(path, limit: 1 << 28),
            let mask = RunLengthMask(serialized: bytes)
        {
            return mask
        }
        let mask = try make()
        try AtomicFile.write(mask.serialized, to: path)
        return mask
    }
}
