import Geo
import Manifests
import Raster

extension SpaceNetDataset {
    /// The outlines of an image's buildings in its pixel coordinates, mended; what an object-level score compares with.
    ///
    /// - Throws: as reading the mask does.
    public func buildings(_ index: Int) throws -> [BuildingOutline] {
        try mended(index, on: grid(index), GroundToPixels()).outlines
    }

    /// What is empty or was mended in the footprints of an image.
    ///
    /// - Throws: as reading the mask does.
    public func repairs(_ index: Int) throws -> [String] {
        let ground = GroundToPixels()
        let notes = try mended(index, on: grid(index), ground).notes
        guard chips[index].unusable != nil else { return notes.map(\.description) }
        let path = imagePath(index)
        let file = try RasterFile(reading: path)
        let place = try Self.place(file.size, file.transform, file.crs, path: path)
        // That nothing is unusable is as it should be.
        let unusable = try unusable(index, on: place, ground).notes.filter(\.isFault)
        return notes.map(\.description) + unusable.map { "unusable data: \($0)" }
    }

    /// Reads, brings to pixels and mends the footprints of an image.
    ///
    /// - Throws: `BenchError` or `ManifestError`: what is missing, not GeoJSON or WKT, not of this image, beyond mending; in strict
    ///   mode whatever had to be mended.
    func mended(_ index: Int, on grid: GeoGrid, _ ground: GroundToPixels) throws -> FootprintRepair
    {
        let path = footprintPath(index)
        var collection: FootprintCollection
        if let table {
            collection = try table.footprints(of: chips[index].key)
        } else {
            let bytes = try WholeFile.read(path, limit: GeoJSONFootprints.mostBytes)
            collection = try GeoJSONFootprints.read(bytes, path: path)
            collection.isInPixels = isInPixels
        }
        return try mended(collection, on: grid, ground, path: path)
    }

    /// Reads, brings to pixels and mends the outlines of what cannot be used in an image.
    ///
    /// - Throws: as `mended`.
    func unusable(_ index: Int, on grid: GeoGrid, _ ground: GroundToPixels) throws
        -> FootprintRepair
    {
        let path = "\(root)/\(chips[index].unusable ?? "")"
        let bytes = try WholeFile.read(path, limit: GeoJSONFootprints.mostBytes)
        let collection = try GeoJSONFootprints.read(bytes, path: path)
        return try mended(collection, on: grid, ground, path: path)
    }

    private func mended(
        _ collection: FootprintCollection, on grid: GeoGrid, _ ground: GroundToPixels, path: String
    ) throws -> FootprintRepair {
        let features = try ground.features(of: collection, on: grid, path: path)
        let repair = try FootprintRepair(features, path: path)
        if isStrict, let fault = repair.notes.first(where: \.isFault) {
            throw BenchError(.invalid, "\(path): \(fault); without --strict it is mended")
        }
        return repair
    }

    func footprintPath(_ index: Int) -> String { "\(root)/\(chips[index].footprints)" }

    // MARK: Grids

    private func grid(_ index: Int) throws -> GeoGrid {
        let path = imagePath(index)
        let file = try RasterFile(reading: path)
        return try grid(file.size, transform: file.transform, crs: file.crs, path: path)
    }

    /// Where an image lies; anywhere, where footprints are in pixels.
    func grid(
        _ size: PixelSize, transform: AffineTransform?, crs: CRS?, path: String
    ) throws -> GeoGrid {
        if isInPixels { return GeoGrid(size: size, transform: .identity, crs: .wgs84) }
        return try Self.place(size, transform, crs, path: path)
    }

    /// Where an image lies.
    static func place(
        _ size: PixelSize, _ transform: AffineTransform?, _ crs: CRS?, path: String
    ) throws -> GeoGrid {
        guard let transform, let crs else { throw noPlace(path) }
        return GeoGrid(size: size, transform: transform, crs: crs)
    }

    static func noPlace(_ path: String) -> BenchError {
        BenchError(
            .invalid,
            "\(path): does not say where it lies (transform or reference system); unpack the archive again"
        )
    }

    /// Whether map coordinates run against the rows, as where north is up.
    func isMirrored(_ grid: GeoGrid) -> Bool {
        let t = grid.transform
        return t.pixelWidth * t.pixelHeight - t.rowRotation * t.columnRotation < 0
    }

    /// The digest of all that a mask follows from: of tables what they say of the image, not of all others.
    ///
    /// - Throws: `ManifestError` when the footprints cannot be read.
    func maskKey(of index: Int, on grid: GeoGrid) throws -> String {
        let key = chips[index].key
        guard let table else {
            return maskKey(
                try SHA256Digest(ofFile: footprintPath(index)), rule, on: grid, image: nil)
        }
        return maskKey(table.digest(of: key), rule, on: grid, image: key)
    }

    /// The digest of all that the pixels follow from that cannot be used.
    ///
    /// - Throws: `ManifestError` when the outlines cannot be read.
    func unusableKey(of index: Int, on grid: GeoGrid) throws -> String {
        let outlines = try SHA256Digest(ofFile: "\(root)/\(chips[index].unusable ?? "")")
        return maskKey(outlines, .centres, on: grid, image: nil)
    }

    private func maskKey(
        _ footprints: SHA256Digest, _ rule: RasterizeRule, on grid: GeoGrid, image: String?
    ) -> String {
        let place = grid.transform.gdal.map { String($0.bitPattern, radix: 16) }
        let parts =
            [
                "mask 1", rule.rawValue, isStrict ? "strict" : "mended", footprints.hex,
                grid.size.description, grid.crs.definition,
            ]
            + place + [image].compactMap(\.self)
        return SHA256Digest(of: Array(parts.joined(separator: "\n").utf8)).hex
    }
}
