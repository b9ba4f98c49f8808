import Foundation
import Manifests

/// Writes a document and everything that is rendered from it.
package enum DocumentFolder {
    /// Writes `report.json`, `index.html`, `report.md`, `report.tex`, `junit.xml`, `tables/*.csv` and `plots/*.vl.json`.
    ///
    /// All is rendered before anything is written, from the very bytes of `report.json`; each file then replaces its old
    /// self whole, `report.json` last, and names the digest of the `report.json` that it was made from.
    /// - Throws: `ManifestError`: `cannotCreate`, `notPermitted`, `locked` or `io`.
    package static func write(_ document: Document, to folder: String) throws {
        try write(render(encodeCanonicalJSON(document, pretty: true)), to: folder)
    }

    /// Tables and plots of an older report that this one does not have.
    private static func removeOld(_ folder: String, _ files: [String: [UInt8]]) throws {
        for part in ["tables", "plots"] {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(part)"))
                ?? []
            where files["\(part)/\(name)"] == nil {
                guard name.hasSuffix(".csv") || name.hasSuffix(".vl.json") else { continue }
                try FileManager.default.removeItem(atPath: "\(folder)/\(part)/\(name)")
            }
        }
    }

    /// The content of every file, made from `report.json` alone.
    /// - Throws: `ManifestError` (`invalid`) if it is no document of this version.
    package static func render(_ json: [UInt8]) throws -> [String: [UInt8]] {
        let document = try decodeStrictJSON(Document.self, from: json, path: "report.json")
        guard document.schema == Document.currentSchema else {
            throw ManifestError(
                .invalid, path: "report.json",
                "is of schema \(document.schema), this program renders \(Document.currentSchema); make the report again from its runs"
            )
        }
        let digest = SHA256Digest(of: json).hex
        var files = data(of: document)
        files["index.html"] = DocumentPage(document, digest: digest).markup()
        files["report.md"] = DocumentMarkdown(document, digest: digest).text()
        files["report.tex"] = DocumentLaTeX(document, digest: digest).text()
        return files.mapValues { Array($0.utf8) }.merging(["report.json": json]) { $1 }
    }

    /// The files that other programs read: `junit.xml`, `tables/*.csv` and `plots/*.vl.json`.
    static func data(of document: Document) -> [String: String] {
        var files = ["junit.xml": JUnitReport(document).text()]
        for table in document.tables { files["tables/\(table.id).csv"] = CSVText.table(table) }
        for drawing in document.drawings {
            files["plots/\(drawing.plot.id).vl.json"] =
                VegaLite(drawing).specification().serialized(pretty: true) + "\n"
        }
        return files
    }

    /// Replaces the files of a report, `report.json` last, and removes tables and plots that an older one had.
    /// - Throws: `ManifestError`: `cannotCreate`, `notPermitted`, `locked` or `io`.
    static func write(_ files: [String: [UInt8]], to folder: String) throws {
        try AtomicFile.makeFolder(at: folder)
        let lock = try FolderLock(folder: folder)
        for part in ["", "/tables", "/plots"] {
            try AtomicFile.makeFolder(at: folder + part)
            try AtomicFile.removeLeftovers(in: folder + part)
        }
        for name in files.keys.sorted(by: {
            ($0 == "report.json" ? 1 : 0, $0) < ($1 == "report.json" ? 1 : 0, $1)
        }) {
            try AtomicFile.write(files[name] ?? [], to: "\(folder)/\(name)")
        }
        try removeOld(folder, files)
        withExtendedLifetime(lock) {}
    }
}
