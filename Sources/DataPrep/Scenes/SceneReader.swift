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

    /// What offset is in numbers of which neither file nor name says it; nil for not known.
    public let looseOffset: LooseOffset?

    /// A reader.
    public init(unnamedBand: Sentinel2Band = .b04, looseOffset: LooseOffset? = nil) {
        self.unnamedBand = unnamedBand
        self.looseOffset = looseOffset
    }

    /// Every scene at the paths, by sensing time, then name; a product given twice counts once.
    ///
    /// - Throws: `PrepError`, `missing` when a path does not exist or holds no scene, `badData` for two dates of one
    ///   name.
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
        return try ordered(found)
    }

    private func scenes(inFolder folder: String) throws -> [Scene] {
        let names = try Self.listing(folder)
        var found: [Scene] = []
        var (loose, dated, others): ([String], [String], [String]) = ([], [], [])
        var products: [String] = []
        for name in names where name != "truth" {
            let path = "\(folder)/\(name)"
            switch try Kind(of: path) {
            case .safe(let metadata): products.append(metadata)
            case .item(let item, let folder): found.append(try Scene(item: item, folder: folder))
            case .series(let description):
                if description == path, !Kind.isSeries(path) { continue }
                found += try ImageSeries(path: description).scenes
            case .raster: loose.append(path)
            case .archive: found += try scenes(inFolder: path)
            case .folderOfScenes:
                if try Kind.items(in: path, most: 2).count > 1 {
                    found += try scenes(inFolder: path)
                } else if SensingTime.found(in: name) != nil {
                    dated.append(path)
                } else {
                    others.append(path)
                }
            case .other: continue
            }
        }
        found += try concurrently(products) { try Scene(safe: $0) }
        if !found.isEmpty { try others.forEach(refuseScenes(below:)) }
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

    /// Scenes one folder further down would be passed over silently beside those that are read.
    private func refuseScenes(below folder: String) throws {
        for path in try Self.listing(folder).map({ "\(folder)/\($0)" })
        where StoredFile(path).isFolder {
            switch try Kind(of: path) {
            case .safe, .item, .series:
                throw PrepError(
                    .badData, folder,
                    "holds scenes too (\(path)); name this folder as one of the region's, or put it elsewhere"
                )
            default: continue
            }
        }
    }

    /// The scene of a folder whose name has the date, and whose files name their bands alone.
    private func scenes(inDatedFolder folder: String) throws -> [Scene] {
        let files = try Self.listing(folder).map { "\(folder)/\($0)" }
        return try looseScenes(files.filter { Kind.isRaster($0) })
    }

    /// Only a product's name stands for its files, wherever they lie; others are told by their folder too.
    private func ordered(_ scenes: [Scene]) throws -> [Scene] {
        var times: [String: SensingTime] = [:]
        for scene in scenes {
            let time = times.updateValue(scene.time, forKey: scene.name) ?? scene.time
            guard time == scene.time else {
                throw PrepError(
                    .badData, scene.folder,
                    "\(scene.name) is the name of a scene of \(time) and of one of \(scene.time); rename one"
                )
            }
        }
        var places: [String: Int] = [:]
        var single: [Scene] = []
        for scene in scenes {
            let key = scene.baseline == nil ? "\(scene.name) \(scene.folder)" : scene.name
            guard let place = places[key] else {
                places[key] = single.count
                single.append(scene)
                continue
            }
            let known = [single[place].folder] + single[place].twinFolders
            if !known.contains(scene.folder) { single[place].twinFolders.append(scene.folder) }
        }
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
            if let old = names.first(where: isOldProductMetadata) {
                throw PrepError(
                    .badData, "\(path)/\(old)",
                    "is a product in the format of before December 2016, which is not read; get it "
                        + "as reprocessed since (baseline 05.00)")
            }
            // A folder is an item's own where there is one only.
            let items = try items(in: path, most: 2)
            return items.count == 1 ? .item(items[0], folder: path) : .folderOfScenes
        }

        /// The first items of a folder, by name.
        static func items(in path: String, most: Int) throws -> [String] {
            let names = try SceneReader.listing(path).lazy
                .filter { $0.lowercased().hasSuffix(".json") }
            return Array(names.map { "\(path)/\($0)" }.filter { isItem($0) }.prefix(most))
        }

        /// Whether a TOML file among scenes describes a series; a recipe may lie there too.
        static func isSeries(_ path: String) -> Bool {
            guard let bytes = try? StoredFile(path).read(limit: STACItem.largest) else {
                return false
            }
            return Data(bytes).range(of: Data("[series]".utf8)) != nil
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

        private static func isOldProductMetadata(_ name: String) -> Bool {
            name.hasSuffix(".xml") && name.contains("_OPER_MTD_SAFL1C_")
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
