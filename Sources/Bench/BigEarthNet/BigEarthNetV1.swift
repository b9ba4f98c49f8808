import Manifests

/// BigEarthNet version 1 (Sumbul et al., 2019 and 2021) in its published folders: `BigEarthNet-v1.0/PATCH/PATCH_B02.tif` with
/// `PATCH_labels_metadata.json`, and `BigEarthNet-S1-v1.0` beside it.
///
/// Which patches there are, and in which part, the lists say: `train.csv`, `val.csv` and `test.csv` (also `bigearthnet-train.csv`,
/// and each with `.bz2`), in the root or in `splits`. The lists of patches with seasonal snow, with clouds and without one of the
/// 19 classes lie beside them, if they are there. Options: `images` (s2, s1, s1s2), `classes` (19, 43), `snow-and-cloud` (out, in:
/// whether patches on those lists are left out), `subset` (false, true: whether only what is there is used), `nan` (refuse, keep).
public struct BigEarthNetV1: PatchDataset {
    /// "bigearthnet-v1".
    public static let name = "bigearthnet-v1"
    /// Which sensors.
    public static let pixelOptions: [String: String] = ["images": "s2"]

    let patches: PatchCollection

    private static let optical = "BigEarthNet-v1.0"
    private static let radar = "BigEarthNet-S1-v1.0"

    /// Opens the folder: lists, folders' names, and the label document of each patch.
    ///
    /// - Throws: `BenchError` or `ManifestError`: 66 for what is missing; 65 for lists or labels that are wrong, or, if strict,
    ///   lists that are not the official ones; 78 for options.
    public init(at root: String, options: DatasetOptions) throws {
        try options.expectOnly(
            ["images", "classes", "snow-and-cloud", "subset", "nan"], of: Self.name)
        let images = try options.choice("images", of: ["s2", "s1", "s1s2"])
        let usesAll43 = try options.choice("classes", of: ["19", "43"]) == "43"
        let keepsSnow = try options.choice("snow-and-cloud", of: ["out", "in"]) == "in"
        let isSubset = try options.choice("subset", of: ["false", "true"]) == "true"
        let keepsNaN = try options.choice("nan", of: ["refuse", "keep"]) == "keep"
        var groups: [PatchGroup] = []
        if images != "s1" { groups.append(.optical(in: Self.optical, partsBelowTile: nil)) }
        if images != "s2" { groups.append(.radar(in: Self.radar, partsBelowTile: nil)) }
        let folder = try DatasetRoot.find(
            root, holding: groups.map(\.folder), dataset: "BigEarthNet version 1")
        var patches = PatchCollection(
            root: folder, groups: groups,
            classes: usesAll43 ? CORINEClass.all.map(\.name) : CORINEClass.nineteen,
            keepsNaN: keepsNaN)
        let lists = try PatchLists(root: folder)
        var partners = lists.partners
        if images != "s2", partners == nil {
            partners = try Self.partners(of: lists.names, below: folder)
        }
        try patches.take(
            lists.names, partners: images == "s2" ? nil : partners, split: lists.split, labels: [],
            from: lists.source)
        try Self.leaveOut(from: &patches, lists, keepsSnow: keepsSnow)
        try patches.settle(isSubset: isSubset)
        let group = groups[0]
        let whole = patches
        patches.labels = try PatchLabels(usesAll43: usesAll43).bits(count: patches.names.count) {
            let name = String(decoding: whole.name($0, in: group), as: UTF8.self)
            return "\(folder)/\(group.folder)/\(name)/\(name)_labels_metadata.json"
        }
        patches.remarkOnEmptyLabels()
        let rows = PublishedDigest(
            name: "the rows of the lists", found: BigEarthNetRows(lists).proof,
            published: Self.publishedRows)
        patches.remarks += try PublishedDigest.differences(
            of: [rows], in: folder, isStrict: options.isStrict)
        self.patches = patches
    }

    /// The SHA-256 of all rows of the official lists (`BigEarthNetRows`): files differ in their line ends.
    package static let publishedRows =
        "e84a9d6035bbb8d5c8fe94905be6839006d422d33ebd19ec55a6065e5ec0bf4c"

    private static func leaveOut(
        from patches: inout PatchCollection, _ lists: PatchLists, keepsSnow: Bool
    ) throws {
        for (what, list) in try lists.exclusions() {
            let isListed = patches.names.isThere(in: list)
            let count = isListed.count { $0 }
            guard count > 0 else { continue }
            guard !keepsSnow else {
                patches.remarks.append(
                    "\(count) patches \(what) are kept (option snow-and-cloud=in)")
                continue
            }
            patches.remarks.append("\(count) patches \(what) are left out")
            patches.keep(isListed.indices.filter { !isListed[$0] })
        }
    }

    /// Finds the Sentinel-1 partner of each patch by what its partners' documents say.
    private static func partners(of names: NameList, below root: String) throws -> NameList {
        let folders = try NameList(inFolder: "\(root)/\(radar)")
        let answers = try PatchLabels.concurrently(folders.count) { index -> String in
            let name = folders[index]
            let path = "\(root)/\(radar)/\(name)/\(name)_labels_metadata.json"
            let document = try JSONValue.parse(file: path, limits: JSONLimits(bytes: 1 << 16))
            guard case .string(let partner)? = document["corresponding_s2_patch"] else {
                throw BenchError(
                    .invalid, "\(path): has no \"corresponding_s2_patch\"; unpack the archive again"
                )
            }
            return partner
        }
        let places = Dictionary(
            answers.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        var partners = NameList()
        for index in 0..<names.count {
            // A patch without a partner is found missing by its own name.
            let place = places[names[index]]
            partners.append(place.map { folders.bytes(of: $0) } ?? names.bytes(of: index))
        }
        return partners
    }
}

/// The official lists of version 1.
struct PatchLists {
    private(set) var names = NameList()
    /// The second column, where all lists have one.
    private(set) var partners: NameList?
    private(set) var split: [UInt8] = []
    let source: String
    private let folders: [String]

    init(root: String) throws {
        folders = [root, "\(root)/splits"]
        source = "\(root): the lists train, val and test"
        var second = NameList()
        for (place, part) in PatchCollection.parts.enumerated() {
            guard
                let list = try ListFile(
                    in: folders, named: ["\(part).csv", "bigearthnet-\(part).csv"])
            else {
                throw BenchError(
                    .missing,
                    "\(root)/\(part).csv: not there, nor in splits, nor packed as .bz2; get the official lists (git.tu-berlin.de/rsim/BigEarthNet-S2_19-classes_models, splits)"
                )
            }
            try list.forEachLine { line, fields in
                guard ListFile.isName(fields[0]), fields[0].starts(with: "S2".utf8) else {
                    throw list.fault(line, fields[0], expected: "a patch's name")
                }
                names.append(fields[0])
                split.append(UInt8(place))
                if fields.count > 1, ListFile.isName(fields[1]), fields[1].starts(with: "S1".utf8) {
                    second.append(fields[1])
                }
            }
        }
        partners = second.count == names.count && names.count > 0 ? second : nil
    }

    /// The lists of patches that are not to be used, each sorted, with what is said of them; those that are there.
    func exclusions() throws -> [(what: String, names: NameList)] {
        let known = [
            ("with seasonal snow", "patches_with_seasonal_snow.csv"),
            ("with clouds or their shadow", "patches_with_cloud_and_shadow.csv"),
            ("without any of the 19 classes", "patches_with_no_19_class_targets.csv"),
        ]
        return try known.compactMap { what, name in
            guard let list = try ListFile(in: folders, named: [name]) else { return nil }
            var names = NameList()
            try list.forEachLine { line, fields in
                guard ListFile.isName(fields[0]) else {
                    throw list.fault(line, fields[0], expected: "a patch's name")
                }
                names.append(fields[0])
            }
            return (what, names.sorted())
        }
    }
}
