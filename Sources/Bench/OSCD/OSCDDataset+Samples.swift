import Geo
public import Store

/// Cities as samples: planes "before.B01" … "after.B8A" of uint16 and "mask", 1 where the ground changed.
extension OSCDDataset: Dataset {
    /// "oscd".
    public static let name = "oscd"

    /// Which of both forms.
    public static var pixelOptions: [String: String] { ["images": "rect"] }

    /// Opens the data set; the option images is rect (co-registered, 10 m) or native.
    ///
    /// - Throws: as `init(at:images:)`; `BenchError`, 78 for other options, 65, if strict, for another split.
    public init(at root: String, options: DatasetOptions) throws {
        try options.expectOnly(["images"], of: Self.name)
        let images = try options.choice("images", of: OSCDImages.allCases.map(\.rawValue))
        try self.init(at: root, images: OSCDImages(rawValue: images) ?? .rect)
        guard !options.isStrict || split == .official else {
            throw BenchError(
                .invalid,
                "\(root): \(split.train.count) + \(split.test.count) cities, \(Self.otherSplit) with its \(OSCDSplit.official.train.count) + \(OSCDSplit.official.test.count); without --strict it is read"
            )
        }
    }

    private static let otherSplit = "other cities or another split than the published"

    /// How many cities there are.
    public var count: Int { cities.count }

    /// The city's name.
    public func key(_ index: Int) -> String { cities[index] }

    /// Nothing: the truth is the plane "mask".
    public func target(_ index: Int) -> SampleTarget { .none }

    /// Cities by their split, "train" and "test"; there is no other.
    public var splits: [String: [Int]] {
        var splits: [String: [Int]] = [:]
        for (index, city) in cities.enumerated() {
            splits[split.train.contains(city) ? "train" : "test", default: []].append(index)
        }
        return splits
    }

    /// All bands of the first date, all of the second, the mask.
    public var planes: [String] { OSCDPlanes.names }

    /// None: the target is a mask.
    public var classes: [String] { [] }

    /// What is worth knowing: that the cities are not those of the published split, if so.
    public var remarks: [String] {
        split == .official
            ? [] : ["\(Self.otherSplit): not comparable with OSCD"]
    }

    /// All files of a city.
    public func files(_ index: Int) -> [String] { relativeFiles(of: cities[index]).sorted() }

    /// None: reading a city proves sizes, labels and that both labels agree.
    public func faults(_ index: Int, in planes: [SamplePlane]) -> [String] { [] }

    /// The ground of the first date's B02; nil where the file does not say.
    ///
    /// - Throws: `RasterError` when the file cannot be read.
    public func footprint(_ index: Int) throws -> Footprint? {
        try place(of: index).map { place in
            Footprint(crs: "EPSG:\(place.epsg)", bounds: (0..<4).map { place.bounds[$0] })
        }
    }

    /// A reader that reads cities whole.
    public func reader() -> any SampleReader { OSCDReader(self) }
}

/// Reads cities whole and keeps the last one.
private final class OSCDReader: SampleReader {
    private let dataset: OSCDDataset
    private var last: (index: Int, city: OSCDCity)?

    init(_ dataset: OSCDDataset) {
        self.dataset = dataset
    }

    func read(_ index: Int, planes: [String]?, _ body: ([SamplePlane]) throws -> Void) throws {
        if last?.index != index {
            last = nil
            last = (index, try dataset.whole(index))
        }
        guard let city = last?.city else { return }
        let places = try OSCDPlanes.places(of: planes, in: city.name)
        let size = city.pair.size
        try city.withPlanes { bytes in
            try body(
                places.map { place in
                    SamplePlane(
                        name: OSCDPlanes.names[place], width: size.width, height: size.height,
                        pixel: place == OSCDPlanes.mask ? .uint8 : .uint16, bytes: bytes[place])
                })
        }
    }
}
