package import Tensors

/// A map of features as a cloud-optimised GeoTIFF: float32, a band a feature, tiles of 256×256, plain, overviews by means of 2×2.
///
/// NaN is no data, in the map and in the tags; an overview's pixel is the mean of those of its four that have data.
/// BigTIFF, directories first, then the pixels from the smallest overview to the full map, as readers over a network want it. Written
/// without GDAL: embedding needs to run where training does.
package struct FeatureTIFF {
    private static let tile = 256
    /// What GDAL's tag calls a pixel without data.
    static let noData = "nan"
    /// (features, height, width): the map, then its overviews.
    private let levels: [Tensor]
    private let transform: [Double]
    private let crs: String

    /// Takes a map.
    ///
    /// - Parameters:
    ///   - map: float32 (features, height, width), on the CPU.
    ///   - transform: six numbers from the map's pixels to coordinates, in GDAL's order, north up.
    ///   - crs: "EPSG:32633"; any other text is kept as a citation.
    package init(_ map: Tensor, transform: [Double], crs: String) {
        precondition(transform.count == 6, "a transform has six numbers")
        var levels = [map]
        while let last = levels.last, max(last.size(1), last.size(2)) > 512 {
            let sides = [last.size(1), last.size(2)].map { $0 % 2 }
            // An odd last row or column is a mean of itself.
            let even = last.unsqueezed(0).padded([0, sides[1], 0, sides[0]], mode: "replicate")
            levels.append(Self.halved(even).squeezed(0))
        }
        (self.levels, self.transform, self.crs) = (levels, transform, crs)
    }

    /// Means of 2×2 over what is not NaN: (1, features, height, width), of even sides.
    private static func halved(_ map: Tensor) -> Tensor {
        func means(_ values: Tensor) -> Tensor { values.averagePool2d([2], stride: [2]) }
        // Where all four have data, the share is 1 and nothing is rounded; where none has, 0/0 is NaN again.
        return means(map.replacingNaN()) / means(map.isNaN().not().to(.float32))
    }

    /// The file.
    package func bytes() -> [UInt8] {
        // Directories have the same size wherever the pixels lie: laid out once to learn it, once with the offsets.
        let empty = levels.map { _ in 0 }
        var ends = 16
        let starts = levels.indices.map { level in
            defer { ends += directory(level, at: ends, next: 0, pixels: 0).count }
            return ends
        }
        var offsets = empty
        var place = ends
        for level in levels.indices.reversed() {
            offsets[level] = place
            place += tileCount(level) * Self.tile * Self.tile * 4
        }
        var file = TIFFWriter()
        file.append(0x4949, as: UInt16.self)
        file.append(43, as: UInt16.self)
        file.append(8, as: UInt16.self)
        file.append(0, as: UInt16.self)
        file.append(16, as: UInt64.self)
        file.bytes.reserveCapacity(place)
        for level in levels.indices {
            let next = level + 1 < levels.count ? starts[level + 1] : 0
            file.bytes += directory(level, at: starts[level], next: next, pixels: offsets[level])
        }
        for level in levels.indices.reversed() { file.bytes += pixels(level) }
        return file.bytes
    }

    private func tiles(_ level: Int) -> (down: Int, across: Int) {
        (
            (levels[level].size(1) + Self.tile - 1) / Self.tile,
            (levels[level].size(2) + Self.tile - 1) / Self.tile
        )
    }

    private func tileCount(_ level: Int) -> Int {
        levels[level].size(0) * tiles(level).down * tiles(level).across
    }

    /// A level's tiles, band by band and row by row.
    private func pixels(_ level: Int) -> [UInt8] {
        let (map, count) = (levels[level], tiles(level))
        let right = count.across * Self.tile - map.size(2)
        let below = count.down * Self.tile - map.size(1)
        return map.padded([0, right, 0, below])
            .reshaped([map.size(0), count.down, Self.tile, count.across, Self.tile])
            .permuted([0, 1, 3, 2, 4]).contiguous().bytes()
    }

    private func directory(_ level: Int, at start: Int, next: Int, pixels: Int) -> [UInt8] {
        let map = levels[level]
        let bands = map.size(0)
        let bytes = Self.tile * Self.tile * 4
        let count = tileCount(level)
        var fields: [TIFFField] = [
            .shorts(254, [level == 0 ? 0 : 1]), .longs(256, [map.size(2)]),
            .longs(257, [map.size(1)]),
            .shorts(258, .init(repeating: 32, count: bands)), .shorts(259, [1]),
            .shorts(262, [1]), .shorts(277, [bands]), .shorts(284, [2]),
            .longs(322, [Self.tile]), .longs(323, [Self.tile]),
            .longs(324, (0..<count).map { pixels + $0 * bytes }),
            .longs(325, .init(repeating: bytes, count: count)),
        ]
        if bands > 1 { fields.append(.shorts(338, .init(repeating: 0, count: bands - 1))) }
        fields.append(.shorts(339, .init(repeating: 3, count: bands)))
        if level == 0 {
            fields += georeference
            fields.append(.text(42112, names(bands)))
        }
        fields.append(.text(42113, Self.noData))
        return TIFFField.directory(fields, at: start, next: next)
    }

    /// GDAL's names of the bands, as XML.
    private func names(_ bands: Int) -> String {
        let items = (0..<bands).map {
            #"<Item name="DESCRIPTION" sample="\#($0)" role="description">feature \#($0)</Item>"#
        }
        return "<GDALMetadata>\n\(items.joined(separator: "\n"))\n</GDALMetadata>\n"
    }

    private var georeference: [TIFFField] {
        let code = crs.hasPrefix("EPSG:") ? Int(crs.dropFirst(5)) : nil
        // Model (1: projected, 2: geographic), pixels are areas, then the system: 2048 geographic, 3072 projected, 1026 a citation.
        let isGeographic = code.map { (4000..<5000).contains($0) } ?? false
        var keys = [[1024, 0, 1, isGeographic ? 2 : 1], [1025, 0, 1, 1]]
        var fields: [TIFFField] = [
            .doubles(33550, [transform[1], -transform[5], 0]),
            .doubles(33922, [0, 0, 0, transform[0], transform[3], 0]),
        ]
        if let code {
            keys.append([isGeographic ? 2048 : 3072, 0, 1, code])
        } else {
            keys.append([1026, 34737, crs.utf8.count + 1, 0])
        }
        let directory = [1, 1, 0, keys.count] + keys.flatMap(\.self)
        fields.append(.shorts(34735, directory))
        if code == nil { fields.append(.text(34737, crs + "|")) }
        return fields
    }
}
