import Geo
import Manifests
import Raster
public import Store

/// Our own tiles, as `matter-prep run` left them: one tile of one date a sample, a plane a band.
///
/// All tiles have the bands of the first. The split is that of `unchanged/pairs.jsonl` where it is there (by region), else all are "train".
/// Option `labels`: a file of labels (`TileLabels`); tiles without one are in no split then.
public struct TilesDataset: Dataset {
    /// "tiles".
    public static let name = "tiles"
    /// None.
    public static let pixelOptions: [String: String] = [:]

    /// Indices by "train" and "val".
    public let splits: [String: [Int]]
    /// What was left out when the tiles were cut, and where the split comes from.
    public let remarks: [String]
    /// "B02"…, in the order of the rasters.
    public let planes: [String]

    /// The classes of the labels; none without them.
    public var classes: [String] { labels?.classes ?? [] }

    let root: String
    let records: [TileRecord]
    private let labels: TileLabels?

    /// Reads the manifest.
    ///
    /// - Throws: `BenchError`: 66 where there is no manifest, 65 for one that is empty or whose tiles have different bands, and for
    ///   wrong labels; 78 for other options. `ManifestError`, 65, for lines that cannot be read.
    public init(at root: String, options: DatasetOptions) throws {
        try options.expectOnly(["labels"], of: Self.name)
        let root = FileSystem.trimmed(root)
        let path = "\(root)/manifest.jsonl"
        guard FileSystem.isFile(path) else { throw Self.notHere(root) }
        let records = try JSONLinesReader.read(TileRecord.self, from: path).whole(path)
            .sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
        guard let first = records.first else {
            throw BenchError(.invalid, "\(path): names no tile; run matter-prep again")
        }
        for (record, next) in zip(records, records.dropFirst()) where record.id == next.id {
            throw BenchError(.invalid, "\(path): \(record.id) stands twice; run matter-prep again")
        }
        for record in records {
            try Self.check(record, bands: first.bands, path: path)
        }
        (self.root, self.records, planes) = (root, records, first.bands)
        let regions = try Self.publishedSplit(root)
        let labels = try options.values["labels"].map {
            try TileLabels(path: $0, tiles: Set(records.map(\.id)))
        }
        let used = records.indices.filter {
            labels == nil || labels?.targets[records[$0].id] != nil
        }
        splits = Dictionary(grouping: used) {
            labels?.splits[records[$0].id] ?? regions?[records[$0].region] ?? "train"
        }
        self.labels = labels
        let unlabelled = records.count - used.count
        let isDealt = regions != nil || labels?.splits.isEmpty == false
        remarks =
            (isDealt ? [] : ["no unchanged/pairs.jsonl: all tiles are in the split train"])
            + (unlabelled > 0 ? ["\(unlabelled) tiles have no label and are in no split"] : [])
    }

    private static func notHere(_ root: String) -> BenchError {
        for name in FileSystem.names(in: root).prefix(1000)
        where FileSystem.isFile("\(root)/\(name)/manifest.jsonl") {
            return BenchError(
                .missing,
                "\(root): no manifest.jsonl in it; found it one level below: use \(root)/\(name)")
        }
        let above = root.split(separator: "/").dropLast().joined(separator: "/")
        let parent = (root.hasPrefix("/") ? "/" : "") + above
        if !parent.isEmpty, FileSystem.isFile("\(parent)/manifest.jsonl") {
            return BenchError(
                .missing,
                "\(root): no manifest.jsonl in it; found it one level above: use \(parent)")
        }
        return BenchError(
            .missing,
            "\(root)/manifest.jsonl: not there; name the folder that matter-prep run wrote")
    }

    private static func check(_ record: TileRecord, bands: [String], path: String) throws {
        guard record.bands == bands else {
            throw BenchError(
                .invalid,
                "\(path): \(record.id) has the bands \(record.bands.joined(separator: ", ")) where the first tile has \(bands.joined(separator: ", ")); cut the regions with --bands"
            )
        }
        let parts = record.path.split(separator: "/", omittingEmptySubsequences: false)
        guard !record.path.hasPrefix("/"), !parts.contains(".."), !record.path.isEmpty else {
            throw BenchError(
                .invalid, "\(path): \(record.id): the path \(record.path) leaves the folder")
        }
    }

    // MARK: Splits

    private static func publishedSplit(_ root: String) throws -> [String: String]? {
        let path = "\(root)/unchanged/pairs.jsonl"
        guard FileSystem.isFile(path) else { return nil }
        var regions: [String: String] = [:]
        for value in try JSONLinesReader.read(path).whole(path) {
            guard let tile = value["tile"]?.string, let split = value["split"]?.string,
                let region = tile.split(separator: "/").first.map(String.init)
            else {
                throw BenchError(
                    .invalid,
                    "\(path): a pair without tile or split; run matter-prep unchanged again")
            }
            if let other = regions.updateValue(split, forKey: region), other != split {
                throw BenchError(
                    .invalid,
                    "\(path): the region \(region) is in \(other) and in \(split); run matter-prep unchanged again"
                )
            }
        }
        return regions
    }

    // MARK: Samples

    /// How many tiles there are, each date for itself.
    public var count: Int { records.count }
    /// "<region>/<column>_<row>/<date>".
    public func key(_ index: Int) -> String { records[index].id }
    /// The tile's label, where there are labels.
    public func target(_ index: Int) -> SampleTarget {
        labels?.targets[records[index].id] ?? .none
    }
    /// The tile's raster.
    public func files(_ index: Int) -> [String] { [records[index].path] }

    /// Whether the file has the bytes that the manifest says; their digest is proven by `matter-prep verify`.
    public func faults(_ index: Int, in planes: [SamplePlane]) -> [String] {
        let record = records[index]
        let bytes = try? WholeFile.size(of: "\(root)/\(record.path)")
        guard bytes == record.bytes else {
            return [
                "\(record.path) has \(bytes ?? 0) bytes where the manifest says \(record.bytes)"
            ]
        }
        return []
    }

    /// The tile's grid, as the manifest says.
    ///
    /// - Throws: `GeoError`, 65, for a transform that is none.
    public func footprint(_ index: Int) throws -> Footprint? {
        let record = records[index]
        let grid = GeoGrid(
            size: try PixelSize(width: record.width, height: record.height),
            transform: try AffineTransform(gdal: record.transform), crs: CRS(wkt: record.crs))
        let bounds = grid.bounds
        return Footprint(
            crs: record.crs, bounds: [bounds.left, bounds.bottom, bounds.right, bounds.top])
    }

    /// A reader for one thread.
    public func reader() throws -> any SampleReader { TilesReader(of: self) }
}

/// Reads tiles on one thread.
private final class TilesReader: SampleReader {
    private let dataset: TilesDataset
    private let loader = RasterLoader()

    init(of dataset: TilesDataset) {
        self.dataset = dataset
    }

    func read(_ index: Int, planes: [String]?, _ body: ([SamplePlane]) throws -> Void) throws {
        let record = dataset.records[index]
        let names = planes ?? dataset.planes.sorted()
        let bands = try names.map { name in
            guard let band = dataset.planes.firstIndex(of: name) else {
                throw BenchError(
                    .configuration,
                    "tiles have no plane \(name); they have \(dataset.planes.joined(separator: ", "))"
                )
            }
            return band
        }
        let path = "\(dataset.root)/\(record.path)"
        let image = try loader.read(path)
        guard image.bands == dataset.planes.count, image.pixelType == .uint16,
            image.width == record.width, image.height == record.height
        else {
            throw BenchError(
                .invalid,
                "\(path): \(image.width)×\(image.height) pixels in \(image.bands) bands of \(image.pixelType.rawValue); the manifest says \(record.width)×\(record.height) in \(dataset.planes.count) of uint16"
            )
        }
        try body(
            zip(names, bands).map { name, band in
                SamplePlane(
                    name: name, width: image.width, height: image.height, pixel: .uint16,
                    bytes: image.band(band))
            })
    }
}
