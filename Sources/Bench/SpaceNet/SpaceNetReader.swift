import Geo
import Manifests
import Raster
import Store

/// Reads chips on one thread: bands in the image's own type, and the mask.
final class SpaceNetReader<Release: SpaceNetRelease>: SampleReader {
    private let dataset: SpaceNetDataset<Release>
    private let loader = RasterLoader()
    private let ground = GroundToPixels()
    private var rasterizer: PolygonRasterizer?
    private var mask: [UInt8] = []

    init(of dataset: SpaceNetDataset<Release>) {
        self.dataset = dataset
    }

    func read(_ index: Int, planes: [String]?, _ body: ([SamplePlane]) throws -> Void) throws {
        let names = planes ?? dataset.planes.sorted()
        for name in names where !dataset.planes.contains(name) {
            throw BenchError(
                .configuration,
                "\(Release.name) has no plane \(name); it has \(dataset.planes.joined(separator: ", "))"
            )
        }
        if names == ["mask"], let known = dataset.cache[index],
            dataset.chips[index].unusable == nil || dataset.unusableCache[index] != nil
        {
            unpack(known)
            ignoreUnusable(dataset.unusableCache[index])
            return try withMask(of: known.size) { try body([$0]) }
        }
        let path = dataset.imagePath(index)
        let image = try loader.read(path)
        guard image.bands == dataset.bandCount,
            let pixel = SamplePlane.Pixel(rawValue: image.pixelType.rawValue)
        else {
            throw BenchError(
                .invalid,
                "\(path): \(image.bands) bands of \(image.pixelType.rawValue); expected \(dataset.bandCount) of uint8 or uint16, unpack the archive again"
            )
        }
        let size = try PixelSize(width: image.width, height: image.height)
        if names.contains("mask") {
            try makeMask(
                of: index,
                on: dataset.grid(size, transform: image.transform, crs: image.crs, path: path))
            if dataset.chips[index].unusable != nil {
                ignoreUnusable(
                    try unusable(
                        index,
                        on: SpaceNetDataset<Release>.place(
                            size, image.transform, image.crs, path: path)))
            }
        }
        try withMask(of: names.contains("mask") ? size : nil) { mask in
            try body(
                names.map { name in
                    guard let band = Int(name.dropFirst(4)), name != "mask" else { return mask }
                    return SamplePlane(
                        name: name, width: size.width, height: size.height, pixel: pixel,
                        bytes: image.band(band - 1))
                })
        }
    }

    // MARK: The mask

    private func withMask(of size: PixelSize?, _ body: (SamplePlane) throws -> Void) throws {
        try mask.withUnsafeBytes { bytes in
            let count = size?.count ?? 0
            try body(
                SamplePlane(
                    name: "mask", width: size?.width ?? 0, height: size?.height ?? 0, pixel: .uint8,
                    bytes: UnsafeRawBufferPointer(rebasing: bytes[..<count])))
        }
    }

    private func unpack(_ known: RunLengthMask) {
        reserve(known.size)
        mask.withUnsafeMutableBufferPointer {
            known.unpack(into: .init(rebasing: $0[..<known.size.count]))
        }
    }

    private func reserve(_ size: PixelSize) {
        if mask.count < size.count { mask = [UInt8](repeating: 0, count: size.count) }
    }

    /// Fills `mask`: from memory, from the cache folder, or from the footprints.
    private func makeMask(of index: Int, on grid: GeoGrid) throws {
        if let known = dataset.cache[index], known.size == grid.size { return unpack(known) }
        let made = try dataset.cache.mask(
            of: index, key: { try dataset.maskKey(of: index, on: grid) },
            make: { try rasterized(index, on: grid) })
        unpack(made)
    }

    private func rasterized(_ index: Int, on grid: GeoGrid) throws -> RunLengthMask {
        let outlines = try dataset.mended(index, on: grid, ground).outlines
        return filled(outlines, on: grid, dataset.rule)
    }

    /// Fills `mask` with outlines.
    private func filled(
        _ outlines: [BuildingOutline], on grid: GeoGrid, _ rule: RasterizeRule
    ) -> RunLengthMask {
        let rasterizer = rasterizer ?? PolygonRasterizer(grid.size)
        self.rasterizer = rasterizer
        reserve(grid.size)
        return mask.withUnsafeMutableBufferPointer { mask in
            let pixels = UnsafeMutableBufferPointer(rebasing: mask[..<grid.size.count])
            pixels.update(repeating: 0)
            rasterizer.fill(
                pixels, of: outlines, size: grid.size, rule: rule,
                isMirrored: dataset.isMirrored(grid))
            return RunLengthMask(UnsafeBufferPointer(pixels), size: grid.size)
        }
    }

    // MARK: What cannot be used

    /// Which pixels cannot be used: from memory, from the cache folder, or from the outlines.
    private func unusable(_ index: Int, on grid: GeoGrid) throws -> RunLengthMask {
        if let known = dataset.unusableCache[index], known.size == grid.size { return known }
        let buildings = mask
        defer { mask = buildings }
        return try dataset.unusableCache.mask(
            of: index, key: { try dataset.unusableKey(of: index, on: grid) },
            make: {
                filled(
                    try dataset.unusable(index, on: grid, ground).outlines, on: grid, .centres)
            })
    }

    /// Gives pixels that cannot be used the code that scores and losses leave out.
    private func ignoreUnusable(_ unusable: RunLengthMask?) {
        guard let unusable else { return }
        mask.withUnsafeMutableBufferPointer {
            unusable.write(255, into: .init(rebasing: $0[..<unusable.size.count]))
        }
    }
}
