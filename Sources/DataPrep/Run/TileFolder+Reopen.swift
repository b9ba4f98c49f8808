import Manifests
import Store

extension TileFolder {
    /// Drops tiles of some records, and their samples.
    func forget(_ isForgotten: (TileRecord) -> Bool) throws {
        for record in records.values where isForgotten(record) {
            try FolderBounds.remove(Self.raster(record.id), in: path)
            try FolderBounds.remove(Self.quicklook(record.id), in: path)
            if try store.contains(record.storeKey) { try store.remove(record.storeKey) }
        }
    }

    /// Drops all quick-looks, so that every tile is made again.
    func forgetQuicklooks() throws {
        for id in records.keys { try FolderBounds.remove(Self.quicklook(id), in: path) }
    }

    /// Makes a finished folder an unfinished one with the same tiles: the manifest becomes the journal.
    func reopen() throws {
        guard isFinished else { return }
        let lines = records.values.sorted { $0.id < $1.id }
        try AtomicFile.write(JSONLinesReader.bytes(of: lines), to: "\(path)/\(Self.journalName)")
        // The manifest first: without it nothing else of these counts.
        for name in [Self.manifestName, FolderContents.fileName, LeftOutTile.fileName] {
            try FolderBounds.remove(name, in: path)
        }
    }
}
