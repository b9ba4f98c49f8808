import Foundation
import Manifests

/// Reads the files of one run folder and keeps their digests, under names that hold no machine's path.
struct InputLog {
    /// The folder.
    let folder: String
    /// What stands for the folder in the report: "bench", "pretrain/run-1", "prep".
    let role: String
    private(set) var inputs: [Report.Input] = []

    /// Begins with an existing folder.
    init(folder: String, role: String) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder) else {
            throw EvalError(.missing, folder, "no such folder")
        }
        guard isFolder.boolValue else { throw EvalError(.invalid, folder, "is not a folder") }
        self.folder = folder
        self.role = role
    }

    /// The path of a file in the folder.
    func path(_ relative: String) -> String { "\(folder)/\(relative)" }

    /// Whether something has that name.
    func exists(_ relative: String) -> Bool {
        FileManager.default.fileExists(atPath: path(relative))
    }

    /// The names in a folder, sorted and without hidden ones; none where there is no such folder.
    func names(in relative: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path(relative))) ?? []
        return names.filter { !$0.hasPrefix(".") }.sorted()
    }

    /// Notes a file's digest.
    mutating func note(_ relative: String) throws {
        let digest = try InputDigest(file: path(relative), named: "\(role)/\(relative)")
        inputs.append(
            Report.Input(path: digest.path, bytes: digest.bytes, sha256: digest.sha256.hex))
    }

    /// Reads a JSON file.
    mutating func read<T: Decodable>(_ type: T.Type, from relative: String) throws -> T {
        try note(relative)
        return try decodeStrictJSON(type, fromFile: path(relative))
    }

    /// Reads a file of JSON lines.
    mutating func lines<T: Decodable>(_ type: T.Type, from relative: String) throws -> JSONLines<T>
    {
        try note(relative)
        return try JSONLinesReader.read(type, from: path(relative))
    }

    /// Reads all bytes of a file of at most 16 MiB.
    mutating func bytes(_ relative: String) throws -> [UInt8] {
        try note(relative)
        return try WholeFile.read(path(relative), limit: 16 << 20)
    }

    /// The last part of a folder's path, a name for people.
    static func name(of folder: String) -> String {
        folder.split(separator: "/").last { $0 != "." }.map(String.init) ?? "run"
    }
}
