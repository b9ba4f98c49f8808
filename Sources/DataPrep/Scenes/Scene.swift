public import Geo

/// How a product's numbers become reflectance: ρ = (number + offset) ÷ quantification.
public struct Radiometry: Hashable, Sendable {
    /// What is added to the stored number: 0 before processing baseline 04.00, −1000 since.
    public let offset: Double
    /// The stored number that stands for a reflectance of 1, usually 10000.
    public let quantification: Double

    /// Numbers that are reflectance × 10000 already.
    public static let harmonised = Radiometry(offset: 0, quantification: 10000)

    /// A radiometry.
    public init(offset: Double, quantification: Double) {
        self.offset = offset
        self.quantification = quantification
    }

    /// Whether numbers can become reflectance by a scale and an offset; what is not said is.
    static func isSound(scale: Double?, offset: Double?) -> Bool {
        (1e-6...1).contains(scale ?? 0.0001) && (-10...10).contains(offset ?? 0)
    }

    /// Reflectance × 10000 of every number: 0 stays "no data", whatever else stays at least 1.
    ///
    /// So dates of different processing baselines may stand in one stack.
    public func harmonise(_ numbers: inout [UInt16], noData: UInt16) {
        guard self != .harmonised || noData != 0 else { return }
        numbers.withUnsafeMutableBufferPointer { harmonise($0, noneAt: noData, noData) }
    }

    /// The number that products write where the detector was saturated: no reflectance.
    static let saturated = UInt16.max

    /// The same in place; what was `saturated` becomes "no data" too.
    func harmonise(
        _ numbers: UnsafeMutableBufferPointer<UInt16>, noData: UInt16, saturated: UInt16
    ) {
        guard self != .harmonised || noData != 0 else {
            for index in numbers.indices {
                let number = numbers[index]
                numbers[index] = number == saturated ? 0 : number
            }
            return
        }
        harmonise(numbers, noneAt: noData, saturated)
    }

    private func harmonise(
        _ numbers: UnsafeMutableBufferPointer<UInt16>, noneAt none: UInt16, _ other: UInt16
    ) {
        let gain = 10000 / quantification
        let table = (UInt16.min...UInt16.max).map { number -> UInt16 in
            guard number != none, number != other else { return 0 }
            let value = ((Double(number) + offset) * gain).rounded()
            guard !value.isNaN else { return 0 }
            return UInt16(min(max(value, 1), Double(UInt16.max)))
        }
        table.withUnsafeBufferPointer { table in
            for index in numbers.indices { numbers[index] = table[Int(numbers[index])] }
        }
    }
}

/// A rectangle of ground that is a file's outline, whatever its number of pixels.
public struct Ground: Hashable, Sendable {
    /// The outline in map coordinates.
    public let bounds: MapBounds
    /// The projection.
    public let crs: CRS

    /// A rectangle.
    public init(bounds: MapBounds, crs: CRS) {
        self.bounds = bounds
        self.crs = crs
    }

    /// The grid of a file of a size that covers it.
    ///
    /// - Throws: `GeoError` for an outline without area.
    public func grid(_ size: PixelSize) throws -> GeoGrid {
        let transform = try AffineTransform(gdal: [
            bounds.left, bounds.width / Double(size.width), 0,
            bounds.top, 0, -bounds.height / Double(size.height),
        ])
        return GeoGrid(size: size, transform: transform, crs: crs)
    }
}

/// One band of a scene: the file it lies in and how its numbers are read.
public struct BandSource: Hashable, Sendable {
    /// The file.
    public let path: String
    /// Which band of the file, counted from 0.
    public let index: Int
    /// How numbers become reflectance.
    public let radiometry: Radiometry
    /// The number that means "no data".
    public let noData: UInt16

    /// The ground that the metadata say the file covers: what counts when the file itself does not say.
    public let ground: Ground?

    /// The numbers of a mask that mean clear ground; nil for a classification with Sentinel-2's own numbers.
    public let clear: Set<UInt16>?

    /// What takes the atmosphere out of the numbers, once they are reflectance; nil leaves them.
    var correction: BandCorrection?

    /// A band of a file.
    public init(
        path: String, index: Int = 0, radiometry: Radiometry, noData: UInt16 = 0,
        ground: Ground? = nil, clear: Set<UInt16>? = nil
    ) {
        self.path = path
        self.index = index
        self.radiometry = radiometry
        self.noData = noData
        self.ground = ground
        self.clear = clear
    }

    /// Numbers of a foreign mask as classes: what is clear becomes 5 (bare ground), all else 9 (cloud).
    func classify(_ numbers: inout [UInt16]) {
        guard let clear else { return }
        for index in numbers.indices { numbers[index] = clear.contains(numbers[index]) ? 5 : 9 }
    }
}

/// A scene of one date: which files hold its bands, and what its metadata say.
public struct Scene: Sendable {
    /// The product's own name, without folders.
    public let name: String
    /// The folder that every file of the scene lies in.
    public let folder: String
    /// When it was taken.
    public let time: SensingTime
    /// The grid tile it covers, where the product says so.
    public let tile: MGRSTile?
    /// The processing baseline, "04.00", where the product says so.
    public let baseline: String?
    /// The files of its bands.
    public internal(set) var bands: [Sentinel2Band: BandSource]
    /// Where a band that the scene lacks was looked for: what an error names.
    public let expectedPath: @Sendable (Sentinel2Band) -> String
    /// The scene classification (L2A), 20 m, values 0…11.
    public let classification: BandSource?
    /// The product's own list of its files with their digests (`manifest.safe`), where it brings one.
    public internal(set) var checksumPath: String?
    /// The file that tells the true shift, beside a simulated scene.
    public let truthPath: String?
    /// The granule's own metadata (`MTD_TL.xml`), where the product brings them.
    public internal(set) var granulePath: String?
    /// Whether numbers are reflectance of the surface (L2A), not of the top of the atmosphere (L1C); nil if unknown.
    public internal(set) var isSurfaceReflectance: Bool?

    /// Whether it is known what offset its numbers have; false for files that neither say it nor have a product's name.
    public internal(set) var isOffsetKnown = true

    /// The files that say how the pixels are read: the product's metadata, its STAC item, or its series' description.
    var describedBy: [String] = []

    /// What a STAC item says of files that lie beside it, by path below `folder`.
    var itemChecksums: [String: FileChecksum] = [:]

    /// Other folders that hold the same product, which are not read.
    var twinFolders: [String] = []

    /// What a STAC item says of sun and sensor over the whole scene.
    var itemAngles = TileAngles()

    /// Byte counts and digests that the product gives of its files, by path below `folder`; read when asked for.
    ///
    /// - Throws: `PrepError` for a `manifest.safe` that contradicts itself.
    public func checksums() throws -> [String: FileChecksum] {
        try checksumPath.map(ProductChecksums.checksums) ?? itemChecksums
    }

    /// The source of a band.
    ///
    /// - Throws: `PrepError` with code `missing`, naming the band and the file that was expected.
    public func source(of band: Sentinel2Band) throws -> BandSource {
        guard let source = bands[band] else {
            throw PrepError(
                .missing, name,
                "band \(band.rawValue) is missing: expected \(expectedPath(band)); "
                    + "get the product again or leave the band out of --bands")
        }
        return source
    }
}
