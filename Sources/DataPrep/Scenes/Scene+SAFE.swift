import Foundation
import Geo
import Raster

extension Scene {
    /// A product in SAFE format, L1C or L2A, by its `MTD_MSIL….xml`.
    init(safe metadataPath: String) throws {
        let folder = URL(fileURLWithPath: metadataPath).deletingLastPathComponent().path
        let manifest = "\(folder)/manifest.safe"
        try FolderBounds.check([metadataPath, manifest], in: folder)
        let metadata = try ProductMetadata(contentsOf: metadataPath)
        let images = SAFEImages(folder: folder, files: metadata.imageFiles)
        var bands: [Sentinel2Band: BandSource] = [:]
        for band in Sentinel2Band.allCases {
            guard let path = images.path(of: band) else { continue }
            bands[band] = BandSource(path: path, radiometry: metadata.radiometry(of: band))
        }
        self.init(
            name: metadata.productName, folder: folder, time: metadata.time, tile: metadata.tile,
            baseline: metadata.baseline, bands: bands,
            expectedPath: { images.expectedPath(of: $0) },
            classification: images.path(ofLayer: "SCL", resolutions: ["_20m", "_60m"]).map {
                BandSource(path: $0, radiometry: .harmonised)
            },
            checksumPath: StoredFile(manifest).exists ? manifest : nil,
            truthPath: Scene.truth(of: folder), granulePath: images.granulePath,
            isSurfaceReflectance: metadata.isSurfaceReflectance,
            describedBy: [metadataPath] + [images.granulePath].compactMap(\.self))
        let files =
            bands.values.map(\.path) + [classification?.path, granulePath].compactMap(\.self)
        try FolderBounds.check(files, in: folder)
    }

    /// The truth of a simulated scene: `truth/<folder name>.json` beside its folder.
    static func truth(of folder: String) -> String? {
        let url = URL(fileURLWithPath: folder)
        let name = url.lastPathComponent
        let stem = name.hasSuffix(".SAFE") ? String(name.dropLast(5)) : name
        let beside = url.deletingLastPathComponent().appendingPathComponent("truth").path
        return [name, stem].map { "\(beside)/\($0).json" }
            .first { StoredFile($0).exists }
    }
}

/// Where the images of a SAFE folder lie.
private struct SAFEImages: Sendable {
    let folder: String
    let files: [String]

    /// Only paths that stay in the folder are believed.
    init(folder: String, files: [String]) {
        self.folder = folder
        self.files = files.filter {
            !$0.hasPrefix("/") && !$0.split(separator: "/").contains("..")
        }
    }

    /// The granule's metadata, beside the folder that its images lie in.
    var granulePath: String? {
        files.lazy.compactMap { file -> String? in
            let parts = file.split(separator: "/")
            guard parts.count > 2, parts[0] == "GRANULE" else { return nil }
            let path = "\(folder)/GRANULE/\(parts[1])/MTD_TL.xml"
            return StoredFile(path).exists ? path : nil
        }.first
    }

    /// A band at its native resolution if the product has it so, else at the finest that it has.
    func path(of band: Sentinel2Band) -> String? {
        let native = "_\(band.nativeResolutionInMetres)m"
        return path(ofLayer: band.rawValue, resolutions: [native, "", "_10m", "_20m", "_60m"])
    }

    func path(ofLayer layer: String, resolutions: [String]) -> String? {
        for resolution in resolutions {
            let ending = "_\(layer)\(resolution)"
            if let file = files.first(where: { $0.hasSuffix(ending) }) { return onDisk(file) }
        }
        return nil
    }

    /// The metadata name files without suffix; what lies there decides, and JP2 is what is expected.
    private func onDisk(_ file: String) -> String {
        let stem = "\(folder)/\(file)"
        return [".jp2", ".tif", ""].map { stem + $0 }
            .first { StoredFile($0).exists } ?? stem + ".jp2"
    }

    func expectedPath(of band: Sentinel2Band) -> String {
        if let path = path(of: band) { return path }
        let example = files.first { $0.contains("_B") } ?? "GRANULE/…/IMG_DATA/…_B02"
        let other = example.range(of: #"_B\d[\dA]"#, options: .regularExpression)
        guard let other else { return "\(folder)/\(example)" }
        return "\(folder)/\(example.replacingCharacters(in: other, with: "_" + band.rawValue)).jp2"
    }
}
