import Geo
import Manifests
import Raster

/// What a digest does not tell: whether a manifest's lines are as they were written, and its tiles as the lines say.
extension FolderProof {
    /// Lines that differ from how their records are written, by number.
    static func faults(ofManifest path: String, _ records: [TileRecord]) throws -> [String] {
        let lines = try WholeFile.read(path).split(separator: UInt8(ascii: "\n"))
        return try zip(lines, records).enumerated().compactMap { index, pair in
            guard try !pair.0.elementsEqual(encodeCanonicalJSON(pair.1)) else { return nil }
            return "\(TileFolder.manifestName):\(index + 1): not as it was written; "
                + "run again to write it anew"
        }
    }

    /// What a tile's raster is other than its record says.
    static func fault(of record: TileRecord, in folder: String) -> String? {
        do {
            return try fault(of: RasterFile(reading: "\(folder)/\(record.path)"), record)
        } catch {
            return "\(error)"
        }
    }

    private static func fault(of file: borrowing RasterFile, _ record: TileRecord) -> String? {
        guard file.size.width == record.width, file.size.height == record.height,
            file.bandCount == record.bands.count
        else { return "\(file.bandCount) bands of \(file.size), not what the manifest says" }
        guard file.bandDescriptions == record.bands else {
            return "bands \(file.bandDescriptions), not what the manifest says"
        }
        guard file.transform?.gdal == record.transform,
            let crs = file.crs, CoordinateTransform.isSame(crs, CRS(wkt: record.crs))
        else { return "lies elsewhere than the manifest says" }
        guard let block = file.missingBlock else { return nil }
        return "band \(block.band + 1) has no block at column \(block.column), row \(block.row)"
    }
}
