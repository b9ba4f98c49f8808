import Foundation
public import Geo
public import Raster

/// What is wrong with a pixel of a band; the bits stand in the order of the bands of `MSK_QUALIT`.
///
/// ESA, Sentinel-2 Products Specification Document 15.0, section on quality masks.
public struct QualityFlags: OptionSet, Hashable, Sendable {
    /// The bits.
    public let rawValue: UInt16

    /// Flags by their bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Ancillary packets were lost.
    public static let ancillaryLost = QualityFlags(rawValue: 1)
    /// Ancillary packets were degraded.
    public static let ancillaryDegraded = QualityFlags(rawValue: 2)
    /// Image packets were lost.
    public static let imageLost = QualityFlags(rawValue: 4)
    /// Image packets were degraded.
    public static let imageDegraded = QualityFlags(rawValue: 8)
    /// The detector's element is defective.
    public static let defective = QualityFlags(rawValue: 16)
    /// Nothing was seen.
    public static let noData = QualityFlags(rawValue: 32)
    /// Crosstalk was corrected only in part.
    public static let partlyCorrected = QualityFlags(rawValue: 64)
    /// The detector was saturated.
    public static let saturated = QualityFlags(rawValue: 128)

    /// The flag that a polygon's type in GML stands for.
    init(gmlType: String) {
        let types = [
            "ANC_LOST", "ANC_DEG", "MSI_LOST", "MSI_DEG", "QT_DEFECTIVE_PIXELS",
            "QT_NODATA_PIXELS", "QT_PARTIALLY_CORRECTED_PIXELS", "QT_SATURATED_PIXELS",
        ]
        let found = types.firstIndex { gmlType.uppercased().hasPrefix($0) }
        self.init(rawValue: found.map { 1 << UInt16($0) } ?? 0)
    }
}

/// What hides or covers the ground; the bits stand in the order of the bands of `MSK_CLASSI_B00`.
public struct CloudFlags: OptionSet, Hashable, Sendable {
    /// The bits.
    public let rawValue: UInt16

    /// Flags by their bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// A cloud that nothing is seen through.
    public static let opaque = CloudFlags(rawValue: 1)
    /// Thin cirrus.
    public static let cirrus = CloudFlags(rawValue: 2)
    /// Snow or ice; since baseline 04.00.
    public static let snow = CloudFlags(rawValue: 4)
}

/// The quality masks of a granule: rasters since baseline 04.00, polygons in GML before.
public struct QualityMasks: Sendable {
    private let files: [String: String]
    let ground: Ground
    /// Shared by copies.
    private let parsed = ParsedMasks()

    /// Masks by their names: "MSK_QUALIT_B02" → where it lies.
    init(files: [String: String], ground: Ground) {
        self.files = files
        self.ground = ground
    }

    /// The mask of clouds: a raster since baseline 04.00, polygons before; nil where the product has none.
    var cloudFile: String? { files["MSK_CLASSI_B00"] ?? files["MSK_CLOUDS_B00"] }

    /// The grid that the mask of clouds is read on: a raster's own, pixels of 20 m for polygons.
    func cloudGrid() throws -> GeoGrid {
        if let path = cloudFile, !path.hasSuffix(".gml") {
            let file = try ForeignRaster(reading: path)
            return try file.grid ?? ground.grid(file.size)
        }
        let (width, height) = (ground.bounds.width / 20, ground.bounds.height / 20)
        return try ground.grid(
            PixelSize(width: max(1, Int(width.rounded())), height: max(1, Int(height.rounded()))))
    }

    /// The names of the masks that are there, sorted.
    public var names: [String] { files.keys.sorted() }

    /// `QualityFlags` of a band by pixel of a grid; nil where the product has no such mask.
    ///
    /// - Throws: `PrepError` or `RasterError` for a mask that cannot be read.
    public func flags(of band: Sentinel2Band, onto grid: GeoGrid) throws -> RasterBuffer<UInt16>? {
        if let path = files["MSK_QUALIT_\(band.rawValue)"], !path.hasSuffix(".gml") {
            return try bits(path, onto: grid)
        }
        let kinds = ["DEFECT", "NODATA", "SATURA", "TECQUA"]
        let polygons = try kinds.compactMap { files["MSK_\($0)_\(band.rawValue)"] }
            .filter { $0.hasSuffix(".gml") }.map { try parsed.polygons(of: $0) }
        guard !polygons.isEmpty else { return nil }
        return try burn(polygons, onto: grid) { QualityFlags(gmlType: $0.kind).rawValue }
    }

    /// The files that say which pixels of a band were lost, defective or saturated.
    func defectFiles(of band: Sentinel2Band) -> [String] {
        if let path = files["MSK_QUALIT_\(band.rawValue)"] { return [path] }
        return ["DEFECT", "SATURA", "TECQUA"].compactMap { files["MSK_\($0)_\(band.rawValue)"] }
            .filter { $0.hasSuffix(".gml") }
    }

    /// `CloudFlags` by pixel of a grid; nil where the product has no such mask.
    ///
    /// - Throws: `PrepError` or `RasterError` for a mask that cannot be read.
    public func clouds(onto grid: GeoGrid) throws -> RasterBuffer<UInt16>? {
        if let path = files["MSK_CLASSI_B00"] { return try bits(path, onto: grid) }
        guard let path = files["MSK_CLOUDS_B00"] else { return nil }
        return try burn([parsed.polygons(of: path)], onto: grid) { polygon in
            switch polygon.kind.uppercased() {
            case "OPAQUE": CloudFlags.opaque.rawValue
            case "CIRRUS": CloudFlags.cirrus.rawValue
            default: 0
            }
        }
    }

    /// The number of the detector that saw each pixel of a grid, 0 for none; nil where the product has no footprints.
    ///
    /// Where footprints in GML overlap, the later one counts.
    /// - Throws: `PrepError` or `RasterError` for a mask that cannot be read.
    public func detectors(
        of band: Sentinel2Band, onto grid: GeoGrid
    ) throws -> RasterBuffer<UInt16>? {
        guard let path = files["MSK_DETFOO_\(band.rawValue)"] else { return nil }
        guard path.hasSuffix(".gml") else { return try plane(path, 0, onto: grid) }
        var numbers = RasterBuffer<UInt16>(size: grid.size, filledWith: 0)
        for polygon in try parsed.polygons(of: path).polygons {
            try MaskPolygons.fill(polygon, on: grid) { row, columns in
                for column in columns {
                    numbers.pixels[row * grid.size.width + column] = polygon.detector ?? 0
                }
            }
        }
        return numbers
    }

    // MARK: Rasters

    /// Bands of 0 and 1 as bits of one number.
    private func bits(_ path: String, onto grid: GeoGrid) throws -> RasterBuffer<UInt16> {
        var all = RasterBuffer<UInt16>(size: grid.size, filledWith: 0)
        for band in 0..<min(16, try ForeignRaster(reading: path).bandCount) {
            let one = try plane(path, band, onto: grid)
            for index in all.pixels.indices where one.pixels[index] != 0 {
                all.pixels[index] |= 1 << UInt16(band)
            }
        }
        return all
    }

    private func plane(_ path: String, _ band: Int, onto grid: GeoGrid) throws -> RasterBuffer<
        UInt16
    > {
        let file = try ForeignRaster(reading: path)
        let own = try file.grid ?? ground.grid(file.size)
        let warp = try Warp(from: own, onto: grid, shift: ConstantShift.zero)
        guard let window = warp.sourceWindow() else {
            return RasterBuffer(size: grid.size, filledWith: 0)
        }
        let part = try file.read(window, band: band)
        return try warp.resample(
            part, origin: window.offset, nodata: 0, kernel: .nearest, threads: 1
        ).image
    }

    // MARK: Polygons

    private func burn(
        _ masks: [MaskPolygons], onto grid: GeoGrid, value: (MaskPolygons.Polygon) -> UInt16
    ) throws -> RasterBuffer<UInt16> {
        guard CoordinateTransform.isSame(grid.crs, ground.crs) else {
            throw PrepError(
                .usage, "\(grid.crs)", "polygons of masks are drawn in \(ground.crs) only")
        }
        var flags = RasterBuffer<UInt16>(size: grid.size, filledWith: 0)
        for polygon in masks.flatMap(\.polygons) {
            let bits = value(polygon)
            guard bits != 0 else { continue }
            try MaskPolygons.fill(polygon, on: grid) { row, columns in
                for column in columns { flags.pixels[row * grid.size.width + column] |= bits }
            }
        }
        return flags
    }
}

extension Scene {
    /// The granule's quality masks, those of them that are there; nil for a scene without granule metadata.
    ///
    /// - Throws: `PrepError` for granule metadata that contradict themselves.
    public func qualityMasks() throws -> QualityMasks? {
        guard let granule = try granule() else { return nil }
        var files: [String: String] = [:]
        for file in granule.maskFiles {
            let parts = file.split(separator: "/").map(String.init)
            guard let last = parts.last, !parts.contains("..") else { continue }
            let stem = last.split(separator: ".").first.map(String.init) ?? last
            let place = "\(folder)/\(parts.joined(separator: "/"))"
            let bare = place.hasSuffix(last) ? String(place.dropLast(last.count)) + stem : place
            let suffixes = [".jp2", ".tif", ".gml"]
            files[stem] = ([place] + suffixes.map { bare + $0 }).first { StoredFile($0).exists }
            let isCloudMask = ["MSK_CLASSI_B00", "MSK_CLOUDS_B00"].contains(stem)
            if isCloudMask, files[stem] == nil,
                StoredFile(String(place.dropLast(last.count))).exists
            {
                throw PrepError(
                    .missing, place, "the product names this cloud mask; get the product again")
            }
        }
        try FolderBounds.check(Array(files.values), in: folder)
        return QualityMasks(files: files, ground: granule.ground)
    }
}
