import Geo
import Manifests
import Raster
import Tensors

/// A tile as its files will hold it: all that can be made of it without touching the output folder.
struct EncodedTile: Sendable {
    let record: TileRecord
    /// The COG.
    let raster: [UInt8]
    /// The quick-look, PNG.
    let quicklook: [UInt8]
    /// The training sample.
    let sample: [String: HostArray]

    /// Encodes a tile, and completes its record by what only the pixels tell.
    init(
        _ tile: Tile, as record: TileRecord, bands: [Sentinel2Band], grid: GeoGrid,
        quicklook: [Sentinel2Band], in format: RasterFormat, times: StageTimes
    ) throws {
        raster = try times.measure(.encode, bytes: \.count) {
            try RasterWriter.encode(
                tile.pixels,
                RasterDescription(
                    grid: grid, nodata: 0, bandNames: record.bands, metadata: Self.facts(record),
                    bands: bands.map(\.reflectanceDescription), mask: tile.valid),
                as: format)
        }
        self.quicklook = try times.measure(.encode, bytes: \.count) {
            try Self.picture(tile, bands, quicklook)
        }
        sample = times.measure(.encode) { Self.sample(tile, bands) }
        var record = record
        record.validFraction = tile.validFraction
        record.cloudFraction = tile.cloudFraction
        record.bytes = raster.count
        let (raster, picture) = (raster, self.quicklook)
        (record.sha256, record.quicklookSHA256) = times.measure(
            .digest, bytes: { _ in raster.count + picture.count }
        ) { (SHA256Digest(of: raster), SHA256Digest(of: picture)) }
        self.record = record
    }

    /// What the raster says of where its pixels come from; what is not known is left out.
    private static func facts(_ record: TileRecord) -> [String: String] {
        var facts = [
            "MATTER_SENSING_TIME": record.date, "MATTER_SOURCE": record.source.name,
            "MATTER_SCALE": "reflectance x 10000",
            "MATTER_SURFACE_REFLECTANCE": record.surfaceReflectance ?? "unknown",
        ]
        facts["MATTER_PROCESSING_BASELINE"] = record.baseline
        facts["MATTER_ADDED_OFFSET"] = record.addedOffset.map(Self.list)
        facts["MATTER_QUANTIFICATION"] = record.quantification.map(Self.list)
        return facts
    }

    /// One number if it is that of all bands, else those of the bands.
    private static func list(_ numbers: [Double]) -> String {
        (Set(numbers).count == 1 ? Array(numbers.prefix(1)) : numbers)
            .map { Int(exactly: $0).map(String.init) ?? "\($0)" }.joined(separator: ",")
    }

    /// Bytes of all that is written of it.
    var bytes: Int {
        raster.count + quicklook.count + sample.values.reduce(0) { $0 + $1.bytes.count }
    }

    /// Bright and dark ends are those of the clear ground, so that a cloud does not turn the land black.
    private static func picture(
        _ tile: Tile, _ bands: [Sentinel2Band], _ wanted: [Sentinel2Band]
    ) throws -> [UInt8] {
        let found = wanted.compactMap { bands.firstIndex(of: $0) }
        let channels = (found.count == 3 ? found : [found.first ?? 0]).map {
            shades(tile.pixels.band($0), tile.valid)
        }
        return try QuickLook.png(channels, tile.pixels.size)
    }

    /// From the 2nd to the 98th percentile of the valid numbers; of all, when hardly any is valid.
    static func shades(_ values: ArraySlice<UInt16>, _ valid: [UInt8]) -> [UInt8] {
        var clear = ValueCounts(values, where: valid)
        if clear.total < values.count / 100 { clear = ValueCounts(values) }
        guard clear.total > 0 else { return [UInt8](repeating: 0, count: values.count) }
        return QuickLook.shades(
            values, from: clear.value(at: clear.total * 2 / 100),
            to: clear.value(at: (clear.total - 1) * 98 / 100))
    }

    private static func sample(_ tile: Tile, _ bands: [Sentinel2Band]) -> [String: HostArray] {
        let shape = [tile.pixels.size.height, tile.pixels.size.width]
        var arrays = ["valid": HostArray(tile.valid, shape: shape)]
        for (index, band) in bands.enumerated() {
            arrays[band.rawValue] = HostArray(Array(tile.pixels.band(index)), shape: shape)
        }
        return arrays
    }
}

/// How often each number occurs: ranks without sorting.
private struct ValueCounts {
    private var counts = [Int](repeating: 0, count: 1 << 16)
    let total: Int

    /// Counts the numbers that are marked by 1.
    init(_ values: ArraySlice<UInt16>, where marks: [UInt8]) {
        for (value, mark) in zip(values, marks) { counts[Int(value)] += mark == 1 ? 1 : 0 }
        total = counts.reduce(0, +)
    }

    /// Counts the numbers that are not 0.
    init(_ values: ArraySlice<UInt16>) {
        for value in values { counts[Int(value)] += 1 }
        counts[0] = 0
        total = counts.reduce(0, +)
    }

    /// The number at a place in sorted order.
    func value(at rank: Int) -> UInt16 {
        var passed = 0
        for (value, count) in counts.enumerated() {
            passed += count
            if passed > rank { return UInt16(value) }
        }
        return UInt16.max
    }
}
