import Manifests

/// BigEarthNet version 2, reBEN (Clasen et al., 2024), in its published folders.
///
/// `metadata.parquet` says which patches there are, in which part, with which of the 19 classes; `BigEarthNet-S2/TILE/PATCH`,
/// `BigEarthNet-S1/TILE/PATCH` and `Reference_Maps/TILE/PATCH` hold the files. Options: `images` (s2, s1, s1s2), `map` (none;
/// codes: plane "reference_map", CORINE's codes as uint16; classes: plane "mask", 0 … 18 and 255 to ignore, which 122, 999 and all
/// codes outside of the 19 classes become), `snow-and-cloud` (out; in: also the patches of
/// `metadata_for_patches_with_snow_cloud_or_shadow.parquet`), `country` (names of the column `country`, separated by commas: only
/// their patches), `subset` (false, true: whether only what is there is used), `nan` (refuse, keep).
public struct BigEarthNetV2: PatchDataset {
    /// "bigearthnet-v2".
    public static let name = "bigearthnet-v2"
    /// Which sensors, and the map.
    public static let pixelOptions: [String: String] = ["images": "s2", "map": "none"]

    let patches: PatchCollection

    /// Opens the folder: its table and the names of its folders.
    ///
    /// - Throws: `BenchError` or `ManifestError`: 66 for what is missing; 65 for a table that is wrong, or, if strict, another
    ///   than the published; 78 for options.
    public init(at root: String, options: DatasetOptions) throws {
        try options.expectOnly(
            ["images", "map", "snow-and-cloud", "country", "subset", "nan"], of: Self.name)
        let images = try options.choice("images", of: ["s2", "s1", "s1s2"])
        let map = try options.choice("map", of: ["none", "codes", "classes"])
        let hasSnow = try options.choice("snow-and-cloud", of: ["out", "in"]) == "in"
        let isSubset = try options.choice("subset", of: ["false", "true"]) == "true"
        let keepsNaN = try options.choice("nan", of: ["refuse", "keep"]) == "keep"
        var groups: [PatchGroup] = []
        if images != "s1" { groups.append(.optical(in: "BigEarthNet-S2", partsBelowTile: 2)) }
        if images != "s2" { groups.append(.radar(in: "BigEarthNet-S1", partsBelowTile: 3)) }
        if map != "none" {
            groups.append(
                .map(in: "Reference_Maps", partsBelowTile: 2, asClasses: map == "classes"))
        }
        let folder = try DatasetRoot.find(
            root, holding: groups.map(\.folder), dataset: "BigEarthNet version 2")
        let tables =
            ["metadata"] + (hasSnow ? ["metadata_for_patches_with_snow_cloud_or_shadow"] : [])
        let rows = try PatchMetadata(root: folder, tables: tables)
        var patches = PatchCollection(
            root: folder, groups: groups, classes: CORINEClass.nineteen, keepsNaN: keepsNaN)
        try patches.take(
            rows.names, partners: images == "s2" ? nil : rows.partners, split: rows.split,
            labels: rows.labels, countries: rows.countries, from: rows.source)
        try patches.keepCountries(options.values["country"], from: rows.source)
        try patches.settle(isSubset: isSubset)
        patches.remarkOnEmptyLabels()
        patches.remarks += try PublishedDigest.differences(
            of: rows.files.map { path in
                PublishedDigest(
                    name: FileSystem.name(of: path), found: try SHA256Digest(ofFile: path),
                    published: Self.published[FileSystem.name(of: path)] ?? "")
            }, in: folder, isStrict: options.isStrict)
        self.patches = patches
    }

    /// The SHA-256 of both tables at zenodo.org/records/10891137.
    package static let published = [
        "metadata.parquet": "408911df2da7092da9ecc72071972a808ec486ba09f6cb048f7716793d14ded6",
        "metadata_for_patches_with_snow_cloud_or_shadow.parquet":
            "b6842b35359dfb5281dd92c674211fd4882f7865f0b442ebfec92daea6371c4e",
    ]
}
