import Manifests

/// Writes a report and everything that is rendered from it.
public enum ReportFolder {
    /// The files of a report folder, in the order of writing.
    public static let fileNames = ["report.md", "report.tex", "index.html", "report.json"]

    /// Writes `report.json`, `index.html`, `report.md` and `report.tex` into a folder.
    ///
    /// All is rendered before anything is written, from the very bytes of `report.json`; each file then
    /// replaces its old self whole, and names the digest of the `report.json` it was made from.
    /// - Throws: `ManifestError`: `cannotCreate`, `notPermitted`, `locked` or `io`.
    public static func write(_ report: Report, to folder: String) throws {
        let files = try render(encodeCanonicalJSON(report, pretty: true))
        try AtomicFile.makeFolder(at: folder)
        let lock = try FolderLock(folder: folder)
        try AtomicFile.removeLeftovers(in: folder)
        for name in fileNames {
            if let bytes = files[name] { try AtomicFile.write(bytes, to: "\(folder)/\(name)") }
        }
        withExtendedLifetime(lock) {}
    }

    /// The content of every file of a report, made from `report.json` alone.
    /// - Throws: `ManifestError` (`invalid`) if the document is not a report of this version.
    public static func render(_ json: [UInt8]) throws -> [String: [UInt8]] {
        let report = try decodeStrictJSON(Report.self, from: json, path: "report.json")
        guard report.schema == Report.currentSchema else {
            throw ManifestError(
                .invalid, path: "report.json",
                "is of schema \(report.schema), this program renders \(Report.currentSchema); make the report again from its runs"
            )
        }
        let digest = SHA256Digest(of: json).hex
        return [
            "report.json": json,
            "index.html": Array(HTMLPage(report, digest: digest).document().utf8),
            "report.md": Array(MarkdownReport(report, digest: digest).document().utf8),
            "report.tex": Array(LaTeXReport(report, digest: digest).document().utf8),
        ]
    }
}
