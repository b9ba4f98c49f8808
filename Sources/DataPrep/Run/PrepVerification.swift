import Foundation
import Geo
import Manifests
import Raster
import Store

/// Proves a folder that `PrepRun` wrote: every tile of the manifest is there, has its digest, opens, and is in the store.
public struct PrepVerification: Sendable, Codable {
    /// Tiles that the manifest lists.
    public var tiles = 0
    /// What is wrong: tile and cause.
    public var faults: [String] = []
    /// Whether a run was stopped before its manifest was written.
    public var isUnfinished = false

    /// Looks at every tile of a folder.
    ///
    /// - Throws: `ManifestError` with the line for a damaged manifest, `PrepError` for a folder that is no such output.
    public init(folder: String, onTile: (Int) -> Void = { _ in }) throws {
        _ = try RunRecord(readingFrom: folder)
        let manifest = "\(folder)/\(TileFolder.manifestName)"
        guard FileManager.default.fileExists(atPath: manifest) else {
            isUnfinished = true
            return
        }
        let lines = try JSONLinesReader.read(TileRecord.self, from: manifest)
        if lines.hasTornTail { faults.append("\(TileFolder.manifestName): the last line is torn") }
        tiles = lines.records.count
        let keys = Set(try SampleStore("\(folder)/store", for: .reading).keys())
        var ids: Set<String> = []
        for (number, record) in lines.records.enumerated() {
            if !ids.insert(record.id.lowercased()).inserted {
                faults.append("\(record.id): listed twice")
            }
            if let fault = Self.fault(of: record, in: folder) {
                faults.append("\(record.id): \(fault)")
            } else if !keys.contains(record.storeKey) {
                faults.append("\(record.id): not in the training store")
            }
            onTile(number + 1)
        }
    }

    private static func fault(of record: TileRecord, in folder: String) -> String? {
        guard record.staysInFolder else {
            return "the path \(record.path) leaves the folder"
        }
        let path = "\(folder)/\(record.path)"
        do {
            let digest = try SHA256Digest(ofFile: path)
            guard digest == record.sha256 else {
                return
                    "SHA-256 is \(digest), the manifest says \(record.sha256); run again to rebuild"
            }
            let file = try RasterFile(reading: path)
            guard file.size.width == record.width, file.size.height == record.height,
                file.bandCount == record.bands.count
            else { return "\(file.bandCount) bands of \(file.size), not what the manifest says" }
            return nil
        } catch {
            return "\(error)"
        }
    }
}
