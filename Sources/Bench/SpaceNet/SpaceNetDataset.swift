import Geo
import Manifests
import Raster
public import Store

/// A SpaceNet release of building footprints in its published folders: bands as they are, and a mask of 0 and 1.
///
/// Chips keep their own sizes. Footprints are parsed, proven and rasterised when a mask is first asked for; the mask is then kept.
/// Options: `images`, `labels` (`geojson`, `csv`, or of SpaceNet 7 which folder), `allTouched`, `split`, `cache` (a folder for masks),
/// of SpaceNet 7 `unusable` (`ignore`, `keep`: whether pixels whose centres lie in unusable data have the code 255 in masks).
/// Splits of labelled images are not published but for SpaceNet 7 (Hafner et al., 2023); `split=hash` deals places by the SHA-256 of their
/// names, 70 : 10 : 20, and `split=listing` is that of MATTER's development code: the first 70 % of the sorted keys, and the rest as "val".
public struct SpaceNetDataset<Release: SpaceNetRelease>: RepairingDataset {
    /// "spacenet-1", "spacenet-2", "spacenet-4", "spacenet-7".
    public static var name: String { Release.name }
    /// Which images, which footprints, how masks are made of them, and which rule says in which part an image is.
    public static var pixelOptions: [String: String] {
        let form = Release.form
        var options = [
            "images": form.images[0].name, "labels": form.labelChoices[0], "allTouched": "false",
            "split": SpaceNetSplit.choices(of: Release.self)[0],
        ]
        if form.unusable != nil { options["unusable"] = "ignore" }
        return options
    }

    /// Indices by "train", "val", "test".
    public let splits: [String: [Int]]
    /// What was left out, and what differs from the release.
    public let remarks: [String]
    /// "band1"…, "mask".
    public let planes: [String]
    /// Which pixels are a building's.
    public let rule: RasterizeRule

    let root: String
    let chips: [SpaceNetChip]
    let bandCount: Int
    let isStrict: Bool
    let isInPixels: Bool
    let table: FootprintTable?
    let cache: MaskCache
    let unusableCache: MaskCache

    /// Finds images and footprints and pairs them; opens no image.
    ///
    /// - Throws: `BenchError` as `Dataset` says; `ManifestError` for folders that may not be listed or made.
    public init(at root: String, options: DatasetOptions) throws {
        let form = Release.form
        let names = ["images", "labels", "allTouched", "split", "cache"]
        try options.expectOnly(
            form.unusable == nil ? names : names + ["unusable"], of: Release.name)
        let wanted = try options.choice("images", of: form.images.map(\.name))
        let images = form.images.first { $0.name == wanted } ?? form.images[0]
        let labels = try options.choice("labels", of: form.labelChoices)
        var folder = try SpaceNetFolder(
            root, form: form, images: images, labels: labels, ground: Release.ground)
        if try options.choice("unusable", of: ["ignore", "keep"]) == "ignore" {
            try folder.findUnusable()
        }
        let tables = labels == "csv" ? try folder.tableFiles() : []
        table = tables.isEmpty ? nil : try FootprintTable(tables.map { "\(folder.root)/\($0)" })
        if let table {
            folder.leaveOutParts { table.contains($0) }
            folder.nameFootprints { tables[table.file(of: $0) ?? 0] }
        }
        chips = folder.chips
        try Self.check(chips, of: wanted, in: table, root: folder.root)
        self.root = folder.root
        bandCount = images.bands
        planes = (1...images.bands).map { "band\($0)" } + ["mask"]
        isStrict = options.isStrict
        isInPixels = form.footprints.first { $0.choice == labels }?.isInPixels ?? true
        rule =
            try options.choice("allTouched", of: ["false", "true"]) == "true"
            ? .allTouched : .centres
        cache = try MaskCache(folder: options.values["cache"])
        unusableCache = try MaskCache(folder: options.values["cache"])
        splits = SpaceNetSplit(
            try options.choice("split", of: SpaceNetSplit.choices(of: Release.self))
        )
        .indices(of: chips.map(\.key), Release.self)
        let differences = SpaceNetVersion.differences(of: chips.map(\.key), from: form.counts)
        if isStrict, let difference = differences.first {
            throw BenchError(.invalid, "\(folder.root): \(difference); without --strict it is read")
        }
        remarks = folder.remarks + differences + Self.remarks(of: table)
    }

    private static func check(
        _ chips: [SpaceNetChip], of images: String, in table: FootprintTable?, root: String
    ) throws {
        guard let table else { return }
        let missing = chips.filter { !table.contains($0.key) }
        if let first = missing.first {
            throw BenchError(
                .missing,
                "\(root)/\(first.footprints): names \(chips.count - missing.count) of \(chips.count) images; missing \(first.key); unpack the footprints again"
            )
        }
        let keys = Set(chips.map(\.key))
        let alone = table.images.filter { !keys.contains($0) }
        guard let first = alone.min() else { return }
        throw BenchError(
            .missing,
            "\(table.path(of: first) ?? root): its image \(images) \(first) is missing, \(alone.count) of \(table.images.count) are; unpack the archive again"
        )
    }

    private static func remarks(of table: FootprintTable?) -> [String] {
        guard let repeated = table?.repeated, repeated > 0 else { return [] }
        return ["\(repeated) buildings stand twice in the CSV files under one number; all are kept"]
    }

    // MARK: Samples

    /// How many images have footprints.
    public var count: Int { chips.count }
    /// An image's name: "AOI_2_Vegas_img1".
    public func key(_ index: Int) -> String { chips[index].key }
    /// The mask is a plane.
    public func target(_ index: Int) -> SampleTarget { .none }
    /// None: the mask has two.
    public var classes: [String] { [] }
    /// The image, its footprints, and the outlines of what cannot be used.
    public func files(_ index: Int) -> [String] {
        let chip = chips[index]
        return ([chip.image, chip.footprints] + [chip.unusable].compactMap(\.self)).sorted()
    }
    /// None: what is wrong is refused when it is read.
    public func faults(_ index: Int, in planes: [SamplePlane]) -> [String] { [] }

    /// The image's bounds; opens the file.
    ///
    /// - Throws: `RasterError` when it cannot be opened; `BenchError`, 65, when it does not say where it lies.
    public func footprint(_ index: Int) throws -> Footprint? {
        let file = try RasterFile(reading: imagePath(index))
        guard let grid = file.grid else { throw Self.noPlace(imagePath(index)) }
        let bounds = grid.bounds
        return Footprint(
            crs: grid.crs.definition,
            bounds: [bounds.left, bounds.bottom, bounds.right, bounds.top])
    }

    /// A reader for one thread.
    public func reader() throws -> any SampleReader { SpaceNetReader(of: self) }

    func imagePath(_ index: Int) -> String { "\(root)/\(chips[index].image)" }
}
