import CLMDB
import Glibc
import Manifests

/// An LMDB file opened for reading or writing.
///
/// LMDB's own lock file would hold process ids, so it is not used: a writer holds the folder's `FolderLock` instead, and the
/// file's bytes follow from the samples and their order alone.
final class LMDBEnvironment {
    let path: String
    private var handle: OpaquePointer
    private let lock: FolderLock?

    /// Opens the folder's `data.mdb`; a writer makes it.
    init(_ folder: String, writing: Bool) throws {
        path = folder
        lock = writing ? try FolderLock(folder: folder) : nil
        if writing { Self.removeStump(in: folder) }
        if !writing, access("\(folder)/data.mdb", R_OK) != 0 {
            let reason = String(cString: strerror(errno))
            throw StoreError(.missing, path: folder, "no training store here: data.mdb: \(reason)")
        }
        handle = try Self.open(folder, writing: writing)
    }

    /// Removes a file too short for the two pages that LMDB begins with: a full disk or a limit ended its maker there.
    private static func removeStump(in folder: String) {
        let file = "\(folder)/data.mdb"
        var status = stat()
        guard stat(file, &status) == 0, status.st_size < 2 * sysconf(Int32(_SC_PAGESIZE)) else {
            return
        }
        unlink(file)
    }

    private static func open(_ folder: String, writing: Bool) throws -> OpaquePointer {
        var made: OpaquePointer?
        mdb_env_create(&made)
        guard let made else { throw StoreError(.io, path: folder, "mdb_env_create: no memory") }
        let flags = MDB_NOLOCK | MDB_NOTLS | (writing ? 0 : MDB_RDONLY)
        // Others make stores with room for more than can be mapped here; a reader needs what there is, and some growth.
        var status = stat()
        if !writing, stat("\(folder)/data.mdb", &status) == 0 {
            mdb_env_set_mapsize(made, max(1 << 30, 4 * Int(status.st_size)))
        }
        let opened = mdb_env_open(made, folder, UInt32(flags), 0o666)
        guard opened == 0 else {
            mdb_env_close(made)
            throw error(opened, path: folder, opening: true, "cannot open the store")
        }
        return made
    }

    deinit { mdb_env_close(handle) }

    /// Runs `body` in one transaction over the unnamed database; a writer's is committed, and on the disk when this returns.
    func transaction<Result>(
        writing: Bool, _ body: (Transaction) throws -> Result
    ) throws -> Result {
        var transaction: OpaquePointer?
        try check(
            mdb_txn_begin(handle, nil, writing ? 0 : UInt32(MDB_RDONLY), &transaction),
            "cannot begin a transaction")
        guard let transaction else { throw StoreError(.io, path: path, "no transaction") }
        do {
            var database: MDB_dbi = 0
            try check(mdb_dbi_open(transaction, nil, 0, &database), "cannot open the database")
            let result = try body(
                Transaction(handle: transaction, database: database, environment: self))
            if !writing { mdb_txn_abort(transaction) }
            if writing { try commit(transaction) }
            return result
        } catch let error as CommitFailure {
            throw error.cause
        } catch {
            mdb_txn_abort(transaction)
            throw error
        }
    }

    /// LMDB frees a transaction even where its commit fails, so that it must not be aborted then.
    private struct CommitFailure: Error { let cause: any Error }

    /// Commits, and opens the file anew.
    ///
    /// An environment keeps the memory of written pages and leaves what it held in the holes of later ones, so that the file's bytes
    /// would tell where a run was interrupted.
    private func commit(_ transaction: OpaquePointer) throws {
        do {
            try check(mdb_txn_commit(transaction), "cannot commit")
            let fresh = try Self.open(path, writing: true)
            mdb_env_close(handle)
            handle = fresh
        } catch { throw CommitFailure(cause: error) }
    }

    /// Doubles the room until `bytes` more fit.
    ///
    /// Depends on what is stored alone, so that the file's bytes do too.
    func makeRoom(for bytes: Int) throws {
        var info = MDB_envinfo()
        var status = MDB_stat()
        mdb_env_info(handle, &info)
        mdb_env_stat(handle, &status)
        let page = Int(status.ms_psize)
        let needed = (Int(info.me_last_pgno) + 64) * page + 2 * bytes
        var size = max(Int(info.me_mapsize), 1 << 28)
        while size < needed { size *= 2 }
        guard size != Int(info.me_mapsize) else { return }
        try check(mdb_env_set_mapsize(handle, size), "cannot make room for \(size) bytes")
    }

    func check(_ status: Int32, key: String? = nil, _ doing: String) throws {
        guard status != 0 else { return }
        throw Self.error(status, path: path, key: key, opening: false, doing)
    }

    private static func error(
        _ status: Int32, path: String, key: String? = nil, opening: Bool, _ doing: String
    ) -> StoreError {
        let reason = String(cString: mdb_strerror(status))
        let damaged = [MDB_INVALID, MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_VERSION_MISMATCH]
        let code: StoreError.Code =
            switch status {
            case _ where damaged.contains(status): .invalid
            case EMFILE, ENFILE, ENOMEM: .outOfResources
            case ENOSPC, EDQUOT, EFBIG, EIO: .io
            default: opening && status > 0 ? .cannotCreate : .io
            }
        let help = damaged.contains(status) ? "; delete the folder and make the store again" : ""
        return StoreError(code, path: path, key: key, "\(doing): \(reason)\(help)")
    }
}

/// One transaction; valid within `LMDBEnvironment.transaction` only.
struct Transaction {
    let handle: OpaquePointer
    let database: MDB_dbi
    let environment: LMDBEnvironment

    /// The value of a key, or nil.
    ///
    /// The bytes lie in the mapped file and live as long as the transaction.
    func value(_ key: String) throws -> UnsafeRawBufferPointer? {
        var value = MDB_val()
        let status = withKey(key) { mdb_get(handle, database, &$0, &value) }
        if status == MDB_NOTFOUND { return nil }
        try environment.check(status, key: key, "cannot read")
        return UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size)
    }

    func put(_ bytes: [UInt8], _ key: String) throws {
        let status = bytes.withUnsafeBytes { bytes in
            var value = MDB_val(
                mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
            return withKey(key) { mdb_put(handle, database, &$0, &value, 0) }
        }
        try environment.check(status, key: key, "cannot write")
    }

    /// Removes a key; false if it was not there.
    func remove(_ key: String) throws -> Bool {
        let status = withKey(key) { mdb_del(handle, database, &$0, nil) }
        if status == MDB_NOTFOUND { return false }
        try environment.check(status, key: key, "cannot remove")
        return true
    }

    /// All keys, sorted by their bytes.
    func keys() throws -> [String] {
        var cursor: OpaquePointer?
        try environment.check(mdb_cursor_open(handle, database, &cursor), "cannot list")
        defer { mdb_cursor_close(cursor) }
        var keys: [String] = []
        var (key, value) = (MDB_val(), MDB_val())
        while true {
            let status = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)
            if status == MDB_NOTFOUND { return keys }
            try environment.check(status, "cannot list")
            let bytes = UnsafeRawBufferPointer(start: key.mv_data, count: key.mv_size)
            keys.append(String(decoding: bytes, as: UTF8.self))
        }
    }

    private func withKey(_ key: String, _ body: (inout MDB_val) -> Int32) -> Int32 {
        var bytes = Array(key.utf8)
        return bytes.withUnsafeMutableBytes { bytes in
            var value = MDB_val(mv_size: bytes.count, mv_data: bytes.baseAddress)
            return body(&value)
        }
    }
}
