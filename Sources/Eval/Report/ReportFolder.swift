import Manifests

/// Writes a report and everything that is rendered from it.
public enum ReportFolder {
    /// Writes `report.json`, `index.html`, `report.md`, `report.tex`, `junit.xml`, `tables/*.csv` and `plots/*.json`.
    ///
    /// All is rendered before anything is written, from the very bytes of `report.json`; each file then
    /// replaces its old self whole, `report.json` last, and names the digest of the `report.json` it was made from.
    /// - Throws: `ManifestError`: `cannotCreate`, `notPermitted`, `locked` or `io`.
    public static func write(_ report: Report, to folder: String) throws {
        try DocumentFolder.write(render(encodeCanonicalJSON(report, pretty: true)), to: folder)
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
        var files = ReportData(report).files
        files["index.html"] = HTMLPage(report, digest: digest).document()
        files["report.md"] = MarkdownReport(report, digest: digest).document()
        files["report.tex"] = LaTeXReport(report, digest: digest).document()
        return files.mapValues { Array($0.utf8) }.merging(["report.json": json]) { $1 }
    }
}
