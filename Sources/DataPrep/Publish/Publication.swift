import Foundation
import Manifests

/// The forms in which others read a folder of tiles.
public enum ExportFormat: String, Sendable, CaseIterable, Codable {
    /// STAC 1.1: a collection and an item a tile and date.
    case stac
    /// kwcoco: a video a tile, an image a date.
    case kwcoco
    /// A Croissant 1.1 card with GeoCroissant 1.0 properties.
    case croissant
    /// `<region>/crop_NNNN/<date>/<band>.tif`, one band a file, as MATTER's own loader reads.
    case peo
}

/// Makes something of a finished folder of tiles that other programs read; the tiles stay where they are.
///
/// What is written is the same for the same manifest, and refers to the tiles by relative paths. Killed anywhere and
/// started again it ends with the same bytes.
public struct Publication {
    /// What is said of the data as a whole.
    public struct About: Sendable, Hashable, Codable {
        /// A short name, which names the STAC collection.
        public var name = "matter-tiles"
        /// One sentence for readers.
        public var description =
            "Sentinel-2 reflectance in aligned tiles of one grid a region, made by matter-prep"
        /// Where the licence of the data is written.
        public var license =
            "https://sentinels.copernicus.eu/documents/247904/690755/Sentinel_Data_Legal_Notice"

        /// How the data are cited.
        public var citation = "Contains modified Copernicus Sentinel data"
        /// The day of publication, "2026-05-01", where there is one.
        public var published: String?

        /// What is said where nothing else is.
        public init() {}
    }

    private let catalogue: TileCatalogue
    private let format: ExportFormat
    private let about: About
    private let target: String

    /// Looks through a folder.
    ///
    /// - Parameters:
    ///   - folder: what `matter-prep run` or `merge` wrote.
    ///   - format: what to make of it.
    ///   - target: the folder to write.
    ///   - about: what is said of the data.
    /// - Throws: `PrepError`, `ManifestError` for a folder that is unfinished, empty or damaged.
    public init(
        of folder: String, as format: ExportFormat, to target: String, about: About = About()
    ) throws {
        catalogue = try TileCatalogue(folder)
        self.format = format
        self.about = about
        self.target = URL(filePath: target).standardized.path
    }

    /// What `run.json` holds of a publication.
    static func record(
        _ format: ExportFormat, _ about: About, _ inputs: [InputDigest]
    ) throws -> RunRecord {
        let plan: JSONValue = [
            "format": .string(format.rawValue), "about": try JSONValue(encoding: about),
        ]
        return RunRecord(program: "matter-prep publish", plan: plan, inputs: inputs)
    }

    /// Writes it; the file that makes it whole comes last.
    ///
    /// - Parameter checkStop: throws when the work should end; asked between files.
    /// - Returns: the files written, relative to the target, in order.
    /// - Throws: `PrepError` (`configuration`) where the target holds something else; `ManifestError`, `RasterError`.
    public func run(checkStop: @escaping () throws -> Void = {}) throws -> [String] {
        let lock = try FolderLock(folder: target)
        defer { withExtendedLifetime(lock) {} }
        try RunClaim.claim(target, for: Self.record(format, about, catalogue.inputs))
        let export = Export(
            catalogue: catalogue, about: about, target: target,
            contents: try FolderContents(of: target), checkStop: checkStop)
        let files =
            switch format {
            case .stac: try STACExport(export).write()
            case .kwcoco: try KwcocoExport(export).write()
            case .croissant: try CroissantExport(export).write()
            case .peo: try PEOExport(export).write()
            }
        try FolderContents.publish([RunRecord.fileName] + files, of: target)
        return files
    }
}

/// What every format needs.
struct Export {
    let catalogue: TileCatalogue
    let about: Publication.About
    /// Absolute.
    let target: String
    /// What an earlier publication left, where it came to its end.
    let contents: FolderContents?
    let checkStop: () throws -> Void

    /// Whether a file is there and, as far as an earlier publication tells, as it left it.
    func has(_ relative: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(target)/\(relative)")
            && contents?.isIntact(relative, in: target) ?? true
    }

    /// The path of something among the tiles, as seen from a folder below the target ("" for the target itself).
    func path(of relative: String, from folder: String = "") -> String {
        catalogue.path(of: relative, from: "\(target)/\(folder)")
    }

    /// What all dates of a tile's place say together, where that was looked for.
    func unchanged(_ tile: TileRecord) -> UnchangedTile? {
        catalogue.unchanged?.tiles[UnchangedPlan.tile(tile)]
    }

    /// Publishes a JSON document and gives back its path.
    func put(_ document: JSONValue, _ relative: String) throws -> String {
        try put(Array((document.serialized(pretty: true) + "\n").utf8), relative)
    }

    /// Publishes a file and gives back its path.
    func put(_ bytes: [UInt8], _ relative: String) throws -> String {
        try checkStop()
        try FolderWriter(root: target).makeFolder(for: relative)
        try FolderContents.write(bytes, to: "\(target)/\(relative)")
        return relative
    }
}
