import Geo
import Glibc
import Manifests
import Raster
import Store

/// The patches of a version of BigEarthNet, by rows of its lists: names, labels and parts, nothing of pixels.
struct PatchCollection: Sendable {
    /// The parts in which patches are.
    static let parts = ["train", "val", "test"]

    let root: String
    let groups: [PatchGroup]
    /// Names of the patches, in the order of their bytes.
    private(set) var names = NameList()
    /// Names of their Sentinel-1 partners, where those are read.
    private(set) var partners: NameList?
    /// The part of each, as a place in `parts`.
    private(set) var split: [UInt8] = []
    /// The classes of each, a bit a class.
    var labels: [UInt64] = []
    /// The country of each, where the lists tell.
    private(set) var countries = PatchCountries()
    var classes: [String]
    var remarks: [String] = []
    /// Whether folders of patches are there, rightly, that were not chosen.
    private var isPart = false
    /// Whether Sentinel-1 with NaN or infinities is handed on.
    let keepsNaN: Bool

    /// A collection without patches yet.
    init(root: String, groups: [PatchGroup], classes: [String], keepsNaN: Bool) {
        (self.root, self.groups, self.classes) = (root, groups, classes)
        self.keepsNaN = keepsNaN
    }

    /// Takes rows in any order; refuses names that are there twice.
    ///
    /// - Throws: `BenchError`, 65.
    mutating func take(
        _ rows: NameList, partners: NameList?, split: [UInt8], labels: [UInt64],
        countries: PatchCountries = PatchCountries(), from source: String
    ) throws {
        guard rows.count > 0 else {
            throw BenchError(.invalid, "\(source): lists no patch at all; get it again")
        }
        let order = rows.order()
        names = rows.picked(order)
        self.partners = partners?.picked(order)
        self.split = order.map { split[$0] }
        self.labels = labels.isEmpty ? [] : order.map { labels[$0] }
        self.countries = countries.picked(order)
        guard let twice = names.firstDuplicate() else { return }
        let (first, second) = (
            Self.parts[Int(self.split[twice - 1])], Self.parts[Int(self.split[twice])]
        )
        throw BenchError(
            .invalid,
            "\(source): \(names[twice]) is there twice, in \(first) and in \(second); get the list again"
        )
    }

    /// Keeps the patches of which all folders are there, or refuses the folder.
    ///
    /// - Parameter isSubset: Whether patches that are not there are left out.
    /// - Throws: `BenchError`, 66, that names the first of those missing.
    mutating func settle(isSubset: Bool) throws {
        var isThere = [Bool](repeating: true, count: names.count)
        var missing: String?
        for group in groups {
            let found = try group.patches(below: root)
            let wanted = group.isRadar ? partners ?? NameList() : names
            let here = wanted.isThere(in: found)
            if missing == nil, let first = here.firstIndex(of: false) {
                missing = "\(wanted[first]) in \(group.folder)"
            }
            for index in here.indices where !here[index] { isThere[index] = false }
            let unlisted = found.count - here.count { $0 }
            if unlisted > 0, !isPart {
                remarks.append("\(group.folder): \(unlisted) folders are in none of the lists")
            }
        }
        guard let missing else { return }
        let places = isThere.indices.filter { isThere[$0] }
        let counts = "expected \(names.count) patches, found \(places.count): missing \(missing)"
        guard isSubset, !places.isEmpty else {
            throw BenchError(
                .missing,
                "\(root): \(counts); unpack the archive again, or use what is there with --option subset=true"
            )
        }
        remarks.append("\(counts) (option subset=true)")
        keep(places)
    }

    /// Keeps the patches of some countries, which an option names.
    ///
    /// - Throws: `BenchError`, 78 for a country that there is not, 65 where the lists tell of none.
    mutating func keepCountries(_ option: String?, from source: String) throws {
        guard let option else { return }
        let places = try countries.patches(in: option, source: source)
        remarks.append(
            "\(places.count) of \(names.count) patches lie in \(option) (option country)")
        isPart = true
        keep(places)
    }

    /// Keeps the patches at some places only.
    mutating func keep(_ places: [Int]) {
        names = names.picked(places)
        partners = partners?.picked(places)
        split = places.map { split[$0] }
        if !labels.isEmpty { labels = places.map { labels[$0] } }
        countries = countries.picked(places)
    }

    /// Says how many patches have no class.
    mutating func remarkOnEmptyLabels() {
        let empty = labels.count { $0 == 0 }
        guard empty > 0 else { return }
        remarks.append(
            "\(empty) patches have none of the \(classes.count) classes; they are kept, with an empty vector"
        )
    }

    // MARK: What a data set tells

    var planes: [String] { groups.flatMap(\.files).map(\.plane) }

    func target(_ index: Int) -> SampleTarget {
        .categories(classes.indices.map { UInt8(labels[index] >> UInt64($0) & 1) })
    }

    var splits: [String: [Int]] {
        var splits = Dictionary(uniqueKeysWithValues: Self.parts.map { ($0, [Int]()) })
        for (place, part) in Self.parts.enumerated() {
            splits[part] = split.indices.filter { split[$0] == place }
        }
        return splits
    }

    /// The name that a group's files of a patch have.
    func name(_ index: Int, in group: PatchGroup) -> ArraySlice<UInt8> {
        group.isRadar ? partners?.bytes(of: index) ?? [] : names.bytes(of: index)
    }

    func files(_ index: Int) -> [String] {
        var path: [UInt8] = []
        return groups.flatMap { group in
            group.write(pathOf: name(index, in: group), to: &path)
            let start = String(decoding: path, as: UTF8.self)
            return group.files.map { start + $0.suffix }
        }.sorted()
    }

    func footprint(_ index: Int) throws -> Footprint? {
        guard let group = groups.first, let file = group.files.first else { return nil }
        var path: [UInt8] = []
        group.write(pathOf: name(index, in: group), to: &path)
        let whole = "\(root)/\(String(decoding: path, as: UTF8.self))\(file.suffix)"
        // What was read is the loader's memory.
        let loader = RasterLoader()
        defer { withExtendedLifetime(loader) {} }
        let raster = try loader.read(whole)
        guard let bounds = raster.bounds, let epsg = raster.epsg else { return nil }
        return Footprint(
            crs: "EPSG:\(epsg)", bounds: (0..<4).map { bounds[$0] })
    }
}

extension BigEarthNetV2: CountryDataset {
    /// The country that the table says of a patch; nil where it does not.
    public func country(_ index: Int) -> String? { patches.countries[index] }
}

/// A data set of patches: what is the same for both versions.
protocol PatchDataset: Dataset {
    var patches: PatchCollection { get }
}

extension PatchDataset {
    /// Number of patches.
    public var count: Int { patches.names.count }
    /// The patch's name.
    public func key(_ index: Int) -> String { patches.names[index] }
    /// Which classes the patch has.
    public func target(_ index: Int) -> SampleTarget { patches.target(index) }
    /// Indices by "train", "val" and "test".
    public var splits: [String: [Int]] { patches.splits }
    /// Bands of Sentinel-2, of Sentinel-1, the map: whatever was chosen.
    public var planes: [String] { patches.planes }
    /// Names of the classes.
    public var classes: [String] { patches.classes }
    /// What was seen at opening.
    public var remarks: [String] { patches.remarks }
    /// Files of a patch.
    public func files(_ index: Int) -> [String] { patches.files(index) }
    /// Nothing: sizes, types, places, codes and numbers that are none are refused by `read` itself.
    public func faults(_ index: Int, in planes: [SamplePlane]) -> [String] { [] }
    /// The ground of the patch, from its first file.
    public func footprint(_ index: Int) throws -> Footprint? { try patches.footprint(index) }
    /// A reader for one thread.
    public func reader() throws -> any SampleReader { try PatchReader(patches) }
}
