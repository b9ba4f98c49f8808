import Glibc
import Raster
public import Store

/// EuroSAT with all bands (Helber et al., 2019) in its published folders: `CLASS/CLASS_N.tif`, 13 bands of 64 × 64 pixels.
///
/// The bands of a file are in the order of their names' numbers with B8A last: B01 … B09, B10, B11, B12, B8A. The data set itself
/// has no split. Option `split`: spatial (parts by longitude: `eurosat-spatial-{train,val,test}.txt`) or random
/// (`eurosat-{train,val,test}.txt`), both lists torchgeo's (huggingface.co/datasets/torchgeo/eurosat) and expected in the root; or
/// none: all 27,000 images in one part, "all". Option `subset` (false, true): whether only what is there is used.
public struct EuroSAT: Dataset {
    /// "eurosat-ms".
    public static let name = "eurosat-ms"
    /// Which lists say in which part an image is.
    public static let pixelOptions = ["split": "spatial"]

    /// How many images each class has.
    package static let sizes = [
        ("AnnualCrop", 3000), ("Forest", 3000), ("HerbaceousVegetation", 3000), ("Highway", 2500),
        ("Industrial", 2500), ("Pasture", 2000), ("PermanentCrop", 2500), ("Residential", 3000),
        ("River", 2500), ("SeaLake", 3000),
    ]
    package static let bands = [
        "B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B09", "B10", "B11", "B12", "B8A",
    ]

    /// The SHA-256 of torchgeo's lists.
    package static let lists = [
        "eurosat-spatial-train.txt":
            "2db7d455afb8dcbca898ea19a00f1f90c091734efdbba89e22aaf24056da243f",
        "eurosat-spatial-val.txt":
            "6c758477604b7057a0fd990d7f6327b63b99a6725aac11a6a9d0174a7fdd8f0b",
        "eurosat-spatial-test.txt":
            "de22dec83d350cac3b3e4ca8e285cb6733c81ab94bf5bcf9213a567993402452",
        "eurosat-train.txt": "1c1d2e855f95deee605a3d992f914d113fddbecf422ec61648057d029a37d695",
        "eurosat-val.txt": "b385741f31daa9f1250cf1e1fe03adfab394e1172e0693df40141af004f60330",
        "eurosat-test.txt": "cf37948894c12bd953930ff54ee9b7abf0b31478abb8d25fd2c6c721db74c592",
    ]

    let root: String
    private let names: NameList
    private let category: [UInt8]
    /// Indices by the name of their part.
    public let splits: [String: [Int]]
    /// What was seen at opening.
    public let remarks: [String]

    /// Opens the folder: lists and folders' names.
    ///
    /// - Throws: `BenchError` or `ManifestError`: 66 for what is missing, 65 for lists that are wrong, or, if strict, others
    ///   than torchgeo's, 78 for options.
    public init(at root: String, options: DatasetOptions) throws {
        try options.expectOnly(["split", "subset"], of: Self.name)
        let split = try options.choice("split", of: ["spatial", "random", "none"])
        let isSubset = try options.choice("subset", of: ["false", "true"]) == "true"
        let folder = try Self.folder(root, isSubset: isSubset)
        let rows = try EuroSATRows(split: split, root: folder)
        let found = try Self.images(below: folder)
        let isThere = rows.names.isThere(in: found)
        var remarks: [String] = []
        if let missing = isThere.firstIndex(of: false) {
            let count = isThere.count { $0 }
            let text =
                "expected \(rows.names.count) images, found \(count): missing \(rows.names[missing])"
            guard isSubset, count > 0 else {
                throw BenchError(
                    .missing,
                    "\(folder): \(text); unpack the archive again, or use what is there with --option subset=true"
                )
            }
            remarks.append("\(text) (option subset=true)")
        }
        let unlisted = found.count - isThere.count { $0 }
        if unlisted > 0 { remarks.append("\(unlisted) images are in none of the lists") }
        remarks += try PublishedDigest.differences(
            of: rows.digests, in: folder, isStrict: options.isStrict)
        let kept = isThere.indices.filter { isThere[$0] }
        self.root = folder
        self.remarks = remarks
        names = rows.names.picked(kept)
        category = kept.map { rows.category[$0] }
        var splits = Dictionary(uniqueKeysWithValues: rows.parts.map { ($0, [Int]()) })
        for (index, place) in kept.enumerated() {
            splits[rows.parts[Int(rows.split[place])], default: []].append(index)
        }
        self.splits = splits
    }

    private static func folder(_ root: String, isSubset: Bool) throws -> String {
        let classes = sizes.map(\.0)
        guard isSubset else {
            return try DatasetRoot.find(root, holding: classes, dataset: "EuroSAT with all bands")
        }
        let folder = FileSystem.trimmed(root)
        guard classes.contains(where: { FileSystem.isFolder("\(folder)/\($0)") }) else {
            throw BenchError(
                .missing, "\(folder): holds no folder of a class, such as \(classes[0])")
        }
        return folder
    }

    /// The names of all images there, without ".tif", sorted.
    private static func images(below root: String) throws -> NameList {
        var found = NameList()
        for (name, _) in sizes where FileSystem.isFolder("\(root)/\(name)") {
            let files = try NameList(inFolder: "\(root)/\(name)")
            for index in 0..<files.count
            where files.bytes(of: index).suffix(4) == [0x2E, 0x74, 0x69, 0x66] {
                found.append(files.bytes(of: index).dropLast(4))
            }
        }
        return found.sorted()
    }

    // MARK: Dataset

    /// Number of images.
    public var count: Int { names.count }
    /// "AnnualCrop_1".
    public func key(_ index: Int) -> String { names[index] }
    /// The class.
    public func target(_ index: Int) -> SampleTarget { .category(Int(category[index])) }
    /// The 13 bands in the file's order.
    public var planes: [String] { Self.bands }
    /// The ten classes, by name.
    public var classes: [String] { Self.sizes.map(\.0) }
    /// The one file of an image.
    public func files(_ index: Int) -> [String] {
        ["\(classes[Int(category[index])])/\(names[index]).tif"]
    }
    /// Nothing: size and type are refused by `read` itself.
    public func faults(_ index: Int, in planes: [SamplePlane]) -> [String] { [] }
    /// A reader for one thread.
    public func reader() throws -> any SampleReader { EuroSATReader(self) }
    /// The ground of the image.
    public func footprint(_ index: Int) throws -> Footprint? {
        // What was read is the loader's memory.
        let loader = RasterLoader()
        defer { withExtendedLifetime(loader) {} }
        let raster = try loader.read("\(root)/\(files(index)[0])")
        guard let bounds = raster.bounds, let epsg = raster.epsg else { return nil }
        return Footprint(crs: "EPSG:\(epsg)", bounds: (0..<4).map { bounds[$0] })
    }
}

/// Which images there should be, in the order of their names' bytes.
private struct EuroSATRows {
    var names = NameList()
    var category: [UInt8] = []
    var split: [UInt8] = []
    let parts: [String]
    /// Which lists they are from.
    private(set) var digests: [PublishedDigest] = []

    init(split kind: String, root: String) throws {
        parts = kind == "none" ? ["all"] : ["train", "val", "test"]
        var rows: [(name: String, category: UInt8, split: UInt8)] = []
        if kind == "none" {
            for (place, (name, size)) in EuroSAT.sizes.enumerated() {
                rows += (1...size).map { ("\(name)_\($0)", UInt8(place), 0) }
            }
        } else {
            for (place, part) in parts.enumerated() {
                let list = try Self.file(kind, part, root)
                let name = Self.fileName(kind, part)
                digests.append(
                    PublishedDigest(
                        name: name, found: list.digest, published: EuroSAT.lists[name] ?? ""))
                rows += try Self.rows(of: list).map { ($0.0, $0.1, UInt8(place)) }
            }
        }
        rows.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        for (name, category, split) in rows {
            names.append(name.utf8)
            self.category.append(category)
            self.split.append(split)
        }
        if let twice = names.firstDuplicate() {
            throw BenchError(
                .invalid,
                "\(root): \(names[twice]) is in the lists twice, in \(parts[Int(split[twice - 1])]) and in \(parts[Int(split[twice])]); get them again"
            )
        }
    }

    private static func fileName(_ kind: String, _ part: String) -> String {
        kind == "spatial" ? "eurosat-spatial-\(part).txt" : "eurosat-\(part).txt"
    }

    private static func file(_ kind: String, _ part: String, _ root: String) throws -> ListFile {
        let file = fileName(kind, part)
        guard let list = try ListFile(in: [root], named: [file]) else {
            throw BenchError(
                .missing,
                "\(root)/\(file): not there; get the list from huggingface.co/datasets/torchgeo/eurosat, or use all images as one part with --option split=none"
            )
        }
        return list
    }

    /// Names of files ("AnnualCrop_1.jpg"), whose endings do not matter.
    private static func rows(of list: ListFile) throws -> [(String, UInt8)] {
        var rows: [(String, UInt8)] = []
        try list.forEachLine { line, fields in
            let text = String(decoding: fields[0], as: UTF8.self)
            let stem = String(text.prefix { $0 != "." })
            let parts = stem.split(separator: "_", omittingEmptySubsequences: false)
            guard parts.count == 2, let number = Int(parts[1]), String(number) == parts[1],
                let place = EuroSAT.sizes.firstIndex(where: { $0.0 == parts[0] }),
                (1...EuroSAT.sizes[place].1).contains(number)
            else { throw list.fault(line, fields[0], expected: "an image's name") }
            rows.append((stem, UInt8(place)))
        }
        return rows
    }
}

/// Reads images on one thread.
private final class EuroSATReader: SampleReader {
    private let images: EuroSAT
    private let loader = RasterLoader()

    init(_ images: EuroSAT) { self.images = images }

    func read(_ index: Int, planes: [String]?, _ body: ([SamplePlane]) throws -> Void) throws {
        let path = "\(images.root)/\(images.files(index)[0])"
        let raster = try loader.read(path)
        guard raster.width == 64, raster.height == 64, raster.bands == EuroSAT.bands.count,
            raster.pixelType == .uint16
        else {
            throw BenchError(
                .invalid,
                "\(path): \(raster.bands) bands of \(raster.width)×\(raster.height) pixels of \(raster.pixelType); expected 13 of 64×64 of uint16, unpack the archive again"
            )
        }
        let asked = planes ?? EuroSAT.bands.sorted()
        try body(
            asked.map { name in
                guard let band = EuroSAT.bands.firstIndex(of: name) else {
                    throw BenchError(
                        .configuration,
                        "\(EuroSAT.name) has no plane \(name); it has \(EuroSAT.bands.joined(separator: ", "))"
                    )
                }
                return SamplePlane(
                    name: name, width: 64, height: 64, pixel: .uint16, bytes: raster.band(band))
            })
    }
}
