import Foundation
public import Geo
import Manifests
import Raster

/// Finds the scenes that a path stands for: a SAFE folder, zipped or not, a folder of band files, loose files, or a
/// folder of those.
///
/// What something is, is told from what it holds, never from its suffix.
public struct SceneReader: Sendable {
    /// The band that a single-band file is taken for when neither its name nor its description says.
    public let unnamedBand: Sentinel2Band

    /// A reader.
    public init(unnamedBand: Sentinel2Band = .b04) {
        self.unnamedBand = unnamedBand
    }

    /// Every scene at the paths, by sensing time, then name; a product given twice counts once.
    ///
    /// - Throws: `PrepError`, `missing` when a path does not exist or holds no scene.
    public func scenes(at paths: [String]) throws -> [Scene] {
        var found: [Scene] = []
        var loose: [String] = []
        for path in paths {
            switch try Kind(of: path) {
            case .folderOfScenes, .archive: found += try scenes(inFolder: path)
            case .raster: loose.append(path)
            case .safe(let metadata): found.append(try Scene(safe: metadata))
            case .item(let item, let folder): found.append(try Scene(item: item, folder: folder))
            case .series(let description): found += try ImageSeries(path: description).scenes
            case .other: throw PrepError(.badData, path, "neither a scene nor a raster file")
            }
        }
        found += try looseScenes(loose)
        return ordered(found)
    }

    private func scenes(inFolder folder: String) throws -> [Scene] {
        let names = try Self.listing(folder)
        var found: [Scene] = []
        var (loose, dated): ([String], [String]) = ([], [])
        for name in names where name != "truth" {
            let path = "\(folder)/\(name)"
            switch try Kind(of: path) {
            case .safe(let metadata): found.append(try Scene(safe: metadata))
            case .item(let item, let folder): found.append(try Scene(item: item, folder: folder))
            case .series(let description): found += try ImageSeries(path: description).scenes
            case .raster: loose.append(path)
            case .archive: found += try scenes(inFolder: path)
            case .folderOfScenes:
                if SensingTime.found(in: name) != nil { dated.append(path) }
            case .other: continue
            }
        }
        if found.isEmpty { found = try looseScenes(loose) }
        if found.isEmpty { found = try dated.flatMap(scenes(inDatedFolder:)) }
        guard !found.isEmpty else {
            throw PrepError(
                .missing, folder,
                "no scene in this folder (\(names.count) entries): expected *.SAFE folders, folders "
                    + "with a STAC item, or raster files with a date in their names or their folder's"
            )
        }
        return found
    }

    /// The scene of a folder whose name has the date, and whose files name their bands alone.
    private func scenes(inDatedFolder folder: String) throws -> [Scene] {
        let files = try Self.listing(folder).map { "\(folder)/\($0)" }
        return try looseScenes(files.filter { Kind.isRaster($0) })
    }

    private func ordered(_ scenes: [Scene]) -> [Scene] {
        var seen: Set<String> = []
        let single = scenes.filter { seen.insert($0.name).inserted }
        return single.sorted { ($0.time, $0.name) < ($1.time, $1.name) }
    }

    /// The names in a folder, sorted, hidden ones left out.
    static func listing(_ folder: String) throws -> [String] {
        try StoredFile(folder).listing()
    }
}

// MARK: What a path is

extension SceneReader {
    enum Kind {
        case safe(metadata: String)
        /// A STAC item and, where it has one to itself, its folder.
        case item(String, folder: String?)
        case raster
        case folderOfScenes
        case archive
        /// The description of a time series.
        case series(String)
        case other

        init(of path: String) throws {
            let file = StoredFile(path)
            guard file.exists else {
                throw PrepError(
                    .missing, Network.redacted(path),
                    file.isRemote && !Network.isAllowed
                        ? "lies on the network; get it with matter-prep fetch"
                        : "there is no such file or folder")
            }
            if file.isArchive {
                _ = try ZipArchive(path)
                self = .archive
            } else {
                self = file.isFolder ? try Self.folder(path) : Self.file(path)
            }
        }

        private static func folder(_ path: String) throws -> Kind {
            let names = try SceneReader.listing(path)
            if let metadata = names.first(where: isProductMetadata) {
                return .safe(metadata: "\(path)/\(metadata)")
            }
            if names.contains(ImageSeries.fileName) {
                return .series("\(path)/\(ImageSeries.fileName)")
            }
            let items = names.filter { $0.lowercased().hasSuffix(".json") }
            if let item = items.first(where: { isItem("\(path)/\($0)") }) {
                return .item("\(path)/\(item)", folder: path)
            }
            return .folderOfScenes
        }

        private static func file(_ path: String) -> Kind {
            let name = URL(fileURLWithPath: path).lastPathComponent
            if isProductMetadata(name) { return .safe(metadata: path) }
            if name.lowercased().hasSuffix(".toml") { return .series(path) }
            if name.lowercased().hasSuffix(".json"), isItem(path) {
                return .item(path, folder: nil)
            }
            return isRaster(path) ? .raster : .other
        }

        private static func isProductMetadata(_ name: String) -> Bool {
            name == "MTD_MSIL2A.xml" || name == "MTD_MSIL1C.xml"
        }

        /// Whether a JSON file is a STAC item; nothing else of it is believed yet.
        private static func isItem(_ path: String) -> Bool {
            guard let bytes = try? StoredFile(path).read(limit: STACItem.largest),
                Data(bytes).range(of: Data("\"stac_version\"".utf8)) != nil,
                let item = try? JSONValue.parse(bytes)
            else { return false }
            return item["type"]?.string == "Feature" && item["stac_version"] != nil
        }

        /// TIFF, BigTIFF, JP2 box or JPEG 2000 codestream, told from the first bytes.
        static func isRaster(_ path: String) -> Bool {
            let head = [UInt8](SceneReader.head(of: path, count: 12))
            let signatures: [[UInt8]] = [
                [0x49, 0x49, 0x2A, 0], [0x4D, 0x4D, 0, 0x2A], [0x49, 0x49, 0x2B, 0],
                [0x4D, 0x4D, 0, 0x2B], [0, 0, 0, 0x0C, 0x6A, 0x50, 0x20, 0x20],
                [0xFF, 0x4F, 0xFF, 0x51],
            ]
            return signatures.contains { head.starts(with: $0) }
        }
    }

    static func head(of path: String, count: Int) -> Data {
        Data(StoredFile(path).head(count: count))
    }
}
