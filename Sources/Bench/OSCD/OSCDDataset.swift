public import Geo
public import Manifests
import Raster

/// The Onera Satellite Change Detection data set in its published folder form, or anything laid out like it.
///
/// Opening it looks at names only; every file that is expected must be there. `load(_:bands:)` reads a city whole.
/// Cities are always in the order of their names.
public struct OSCDDataset: Sendable {
    /// Which cities are for training and which for testing.
    public let split: OSCDSplit
    /// Which form of the images is read.
    public let images: OSCDImages
    private let layout: OSCDLayout
    private let files: [OSCDCityFiles]
    private let kept = OSCDCityCache()

    /// Finds the data set in a folder and checks that nothing is missing.
    ///
    /// - Throws: `BenchError`: 66 naming what is missing and where it was expected (or where the data set was found instead),
    ///   65 for lists that contradict themselves.
    public init(at root: String, images: OSCDImages = .rect) throws {
        let layout = try OSCDLayout(root: root)
        let split = try OSCDSplit(imagesFolder: layout.images)
        try Self.checkPresence(of: split, in: layout)
        let all =
            split.train.map { ($0, SplitName.train) } + split.test.map { ($0, SplitName.test) }
        self.layout = layout
        self.split = split
        self.images = images
        files = try all.sorted { $0.0 < $1.0 }.map {
            try OSCDCityFiles(name: $0.0, split: $0.1, layout: layout, images: images)
        }
    }

    /// The names of all cities, sorted.
    public var cities: [String] { files.map(\.name) }

    private static func checkPresence(of split: OSCDSplit, in layout: OSCDLayout) throws {
        let expected = (split.train + split.test).sorted()
        let missing = expected.filter { !FileSystem.isFolder("\(layout.images)/\($0)") }
        guard !missing.isEmpty else { return }
        throw BenchError(
            .missing,
            "\(layout.images): expected \(expected.count) cities, found \(expected.count - missing.count): missing \(missing.joined(separator: ", ")); unpack the archive again"
        )
    }

    private func files(of city: String) throws -> OSCDCityFiles {
        guard let files = files.first(where: { $0.name == city }) else {
            throw BenchError(
                .configuration,
                "no city \(city) in \(layout.root); there are \(cities.joined(separator: ", "))")
        }
        return files
    }

    /// All files of a city, relative to the root.
    func relativeFiles(of city: String) -> [String] {
        files.first { $0.name == city }?.all.map(layout.relative) ?? []
    }

    // MARK: Digests

    /// Reads every file once and proves it: the digest of each city, and that of the whole.
    ///
    /// - Throws: `ManifestError` when a file cannot be read.
    public func digests() throws -> OSCDDigests {
        var cities: [String: SHA256Digest] = [:]
        for files in files { cities[files.name] = try digest(ofFiles: files.all) }
        let lines = files.map {
            "\($0.name)\t\($0.split.rawValue)\t\(cities[$0.name]?.hex ?? "")\n"
        }
        return OSCDDigests(whole: SHA256Digest(of: Array(lines.joined().utf8)), cities: cities)
    }

    private func digest(ofFiles paths: [String]) throws -> SHA256Digest {
        let lines = try paths.sorted().map {
            "\(layout.relative($0))\t\(try SHA256Digest(ofFile: $0))\n"
        }
        return SHA256Digest(of: Array(lines.joined().utf8))
    }

    // MARK: Reading

    /// A city with all bands, which is read once as long as there is room for it.
    ///
    /// - Throws: as `load(_:bands:)`.
    func whole(_ index: Int) throws -> OSCDCity {
        try kept.city(index) { try load(files[index].name, bands: OSCDPlanes.bands) }
    }

    /// Reads a city: the bands asked for on both dates, the truth, the days.
    ///
    /// - Throws: `BenchError` or `RasterError`: 65 for a truncated file, bands or labels of unequal size, unknown label codes,
    ///   labels that contradict each other.
    public func load(_ city: String, bands: [Sentinel2Band]) throws -> OSCDCity {
        let files = try files(of: city)
        let (before, place) = try stack(files.bands[0], of: bands)
        let (after, placeAfter) = try stack(files.bands[1], of: bands)
        guard before.size == after.size else {
            throw BenchError(
                .invalid,
                "\(city): the first date has \(before.size) pixels, the second \(after.size); \(images == .native ? "read the co-registered images instead (--images rect)" : "unpack the archive again")"
            )
        }
        // Native dates are not co-registered: to two of the coarsest band's pixels they still lie on one ground.
        try expectSameGround(
            placeAfter, as: place, pixels: 12, width: before.size.width,
            files.bands[1][.b02, default: ""])
        return OSCDCity(
            name: city, split: files.split, pair: ImagePair(before: before, after: after),
            truth: try truth(of: files, imageSize: before.size),
            days: try AcquisitionDates.parse(
                WholeFile.readText(files.dates, limit: 1 << 16), path: files.dates))
    }

    /// The bands of a date on B02's grid, and where that lies if its file says so.
    private func stack(
        _ files: [Sentinel2Band: String], of bands: [Sentinel2Band]
    ) throws -> (BandStack, RasterPlace?) {
        let blue = try RasterPlane(reading: files[.b02, default: ""])
        let reference = blue.size
        var pixels: [UInt16] = []
        pixels.reserveCapacity(reference.count * bands.count)
        for band in bands {
            let path = files[band, default: ""]
            let plane = band == .b02 ? blue : try RasterPlane(reading: path)
            let metres = images == .native ? band.nativeResolutionInMetres : 10
            guard covers(reference, plane.size, metres: metres) else {
                throw BenchError(
                    .invalid,
                    "\(path): \(plane.size) pixels of \(metres) m where B02 has \(reference) of 10 m; unpack the archive again"
                )
            }
            let factor = band.nativeResolutionInMetres / 10
            try expectSameGround(
                plane.place, as: blue.place, pixels: 2 * factor, width: reference.width, path)
            guard metres > 10 || plane.size != reference else {
                pixels += plane.pixels
                continue
            }
            let offset = blue.place?.offset(in: plane.place, of: plane.size) ?? (column: 0, row: 0)
            pixels += plane.enlarged(to: reference, by: metres / 10, from: offset)
        }
        return (BandStack(size: reference, bands: bands, pixels: pixels), blue.place)
    }

    /// Refuses a file that says it lies elsewhere than B02, by more than some of that one's pixels.
    private func expectSameGround(
        _ place: RasterPlace?, as blue: RasterPlace?, pixels: Int, width: Int, _ path: String
    ) throws {
        guard let place, let blue, !place.isNear(blue, by: Double(pixels), width: width) else {
            return
        }
        throw BenchError(
            .invalid,
            "\(path): lies at \(place), its city's B02 at \(blue); it belongs to other images, unpack the archive again"
        )
    }

    /// Where a city lies by B02 of its first date; nil where the file does not say.
    ///
    /// - Throws: `RasterError` when the file cannot be read.
    func place(of index: Int) throws -> RasterPlace? {
        // What was read is the loader's memory.
        let loader = RasterLoader()
        return try withExtendedLifetime(loader) {
            RasterPlace(of: try loader.read(files[index].bands[0][.b02, default: ""]))
        }
    }

    /// Whether a band's pixels cover the ground of B02's: native ones to less than two of them, as each band was cut out for itself.
    private func covers(_ reference: PixelSize, _ size: PixelSize, metres: Int) -> Bool {
        guard images == .native else { return size == reference }
        let factor = metres / 10
        return abs(size.width * factor - reference.width) < 2 * factor
            && abs(size.height * factor - reference.height) < 2 * factor
    }

    private func truth(of files: OSCDCityFiles, imageSize: PixelSize) throws -> [UInt8] {
        let png = try OSCDLabel.decode(
            Self.codes(in: files.labelPNG, imageSize: imageSize), as: .png, path: files.labelPNG)
        let tiff = try OSCDLabel.decode(
            Self.codes(in: files.labelTIFF, imageSize: imageSize), as: .tiff, path: files.labelTIFF)
        try OSCDLabel.checkAgreement(png, tiff, at: (files.labelPNG, files.labelTIFF))
        return png
    }

    private static func codes(in path: String, imageSize: PixelSize) throws -> [UInt8] {
        let label = try RasterPlane(readingLabel: path)
        guard label.size == imageSize else {
            throw BenchError(
                .invalid,
                "\(path): \(label.size) pixels where the images have \(imageSize); it belongs to other images"
            )
        }
        return label.pixels.map { UInt8(clamping: $0) }
    }
}

/// What proves the content of the data set.
public struct OSCDDigests: Sendable, Hashable {
    /// SHA-256 over the lines "city TAB split TAB digest of the city" in the cities' order.
    public let whole: SHA256Digest
    /// For each city, SHA-256 over the sorted lines "path TAB SHA-256 of the file" of its files.
    public let cities: [String: SHA256Digest]
}

/// A city of OSCD, read whole.
public struct OSCDCity: Sendable {
    /// Its name.
    public let name: String
    /// The split it belongs to.
    public let split: SplitName
    /// Both dates.
    public let pair: ImagePair
    /// 1 where the ground changed, row by row.
    public let truth: [UInt8]
    /// The two days, ISO 8601.
    public let days: [String]

    /// The share of pixels without data in any of the bands read, for each date.
    public var noDataShare: [Double] {
        [pair.before, pair.after].map { stack in
            Double(stack.dataMask.count { $0 == 0 }) / Double(stack.size.count)
        }
    }

    /// The share of pixels that changed.
    public var changedShare: Double { Double(truth.count { $0 != 0 }) / Double(truth.count) }
}
