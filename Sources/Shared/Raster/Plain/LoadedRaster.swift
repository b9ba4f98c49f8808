public import Geo

/// A raster read whole: its pixels band by band, and what its header says; valid until its reader reads again.
public struct LoadedRaster {
    /// Pixels of a row.
    public let width: Int
    /// Rows.
    public let height: Int
    /// Number of bands.
    public let bands: Int
    /// What a pixel is.
    public let pixelType: RasterPixelType
    /// bands × height × width pixels, band by band, row by row, in this machine's byte order.
    public let pixels: UnsafeRawBufferPointer
    private let origin: Origin

    private enum Origin {
        case plain(TIFFHeader)
        case gdal(nodata: Double?, transform: AffineTransform?, crs: CRS?)
    }

    init(_ header: TIFFHeader, _ pixels: UnsafeRawBufferPointer) {
        (width, height, bands) = (header.width, header.height, header.bands)
        pixelType = header.pixelType
        self.pixels = pixels
        origin = .plain(header)
    }

    init(_ file: borrowing RasterFile, _ type: RasterPixelType, _ pixels: UnsafeRawBufferPointer) {
        (width, height, bands) = (file.size.width, file.size.height, file.bandCount)
        pixelType = type
        self.pixels = pixels
        origin = .gdal(nodata: file.nodata, transform: file.transform, crs: file.crs)
    }

    /// The pixels of one band, counted from 0.
    public func band(_ index: Int) -> UnsafeRawBufferPointer {
        precondition((0..<bands).contains(index), "no band \(index) among \(bands)")
        let count = pixels.count / bands
        return UnsafeRawBufferPointer(rebasing: pixels[index * count..<(index + 1) * count])
    }

    /// Whether GDAL had no part in it.
    public var isPlain: Bool {
        if case .plain = origin { true } else { false }
    }

    /// The value of pixels without data; nil if the file names none.
    public var nodata: Double? {
        switch origin {
        case .plain(let header): header.nodata
        case .gdal(let nodata, _, _): nodata
        }
    }

    /// From pixels to map coordinates, or nil if the file does not say or says nonsense.
    public var transform: AffineTransform? {
        switch origin {
        case .plain(let header): header.transform
        case .gdal(_, let transform, _): transform
        }
    }

    /// West, south, east and north of a raster whose north is up, or nil if the file does not say.
    public var bounds: SIMD4<Double>? {
        switch origin {
        case .plain(let header) where header.matrix == nil: return header.bounds
        default: break
        }
        guard let transform, transform.rowRotation == 0, transform.columnRotation == 0 else {
            return nil
        }
        let (west, north) = (transform.originX, transform.originY)
        return [
            west, north + transform.pixelHeight * Double(height),
            west + transform.pixelWidth * Double(width), north,
        ]
    }

    /// What the map coordinates mean, or nil if the file does not say; plain files only tell EPSG codes.
    public var crs: CRS? {
        switch origin {
        case .plain(let header): header.epsg.map(CRS.init(epsg:))
        case .gdal(_, _, let crs): crs
        }
    }

    /// The EPSG code of `crs`, if that is one.
    public var epsg: Int? {
        switch origin {
        case .plain(let header): header.epsg
        case .gdal(_, _, let crs): crs?.epsg
        }
    }
}

// MARK: What GeoTIFF says

extension TIFFHeader {
    /// `GDAL_NODATA`: a number as text.
    var nodata: Double? {
        guard let field = nodataText, field.type == 2, field.count <= 64 else { return nil }
        let text = bytes.all[field.offset..<field.offset + field.count]
            .prefix { $0 != 0 }.filter { $0 != 0x20 }
        return Double(String(decoding: text, as: UTF8.self))
    }

    /// `ModelTransformation`, or `ModelPixelScale` with one `ModelTiepoint`; GeoTIFF 1.1, section 7.4 and annex B.
    var transform: AffineTransform? {
        if let matrix, matrix.count == 16 {
            let numbers = (0..<8).compactMap { matrix.double($0, in: bytes) }
            guard numbers.count == 8 else { return nil }
            return placed([0, 1, 3, 4, 5, 7].map { numbers[$0] })
        }
        guard let scale, let tiepoints, scale.count >= 2, tiepoints.count == 6 else { return nil }
        let (sizes, tie) = (
            (0..<2).compactMap { scale.double($0, in: bytes) },
            (0..<6).compactMap { tiepoints.double($0, in: bytes) }
        )
        guard sizes.count == 2, tie.count == 6 else { return nil }
        return placed([
            sizes[0], 0, tie[3] - tie[0] * sizes[0], 0, -sizes[1], tie[4] + tie[1] * sizes[1],
        ])
    }

    /// The box of `ModelPixelScale` and one `ModelTiepoint`, without an allocation.
    var bounds: SIMD4<Double>? {
        guard let scale, let tiepoints, scale.count >= 2, tiepoints.count == 6,
            let across = scale.double(0, in: bytes), let down = scale.double(1, in: bytes),
            let column = tiepoints.double(0, in: bytes), let row = tiepoints.double(1, in: bytes),
            let x = tiepoints.double(3, in: bytes), let y = tiepoints.double(4, in: bytes)
        else { return nil }
        let half = key(1025) == 2 ? 0.5 : 0
        let (west, north) = (x - (column + half) * across, y + (row + half) * down)
        return [west, north - down * Double(height), west + across * Double(width), north]
    }

    /// The six numbers (x by column, by row, at 0; y likewise), moved by half a pixel where they are of pixels' centres.
    private func placed(_ six: [Double]) -> AffineTransform? {
        let half = key(1025) == 2 ? 0.5 : 0
        let x = six[2] - half * (six[0] + six[1])
        let y = six[5] - half * (six[3] + six[4])
        return try? AffineTransform(gdal: [x, six[0], six[1], y, six[3], six[4]])
    }

    /// `ProjectedCSTypeGeoKey`, else `GeographicTypeGeoKey`; nil for what has no code.
    var epsg: Int? {
        guard let code = key(3072) ?? key(2048), (1024..<32767).contains(code) else { return nil }
        return code
    }

    /// A key of `GeoKeyDirectory` whose value stands in it.
    private func key(_ wanted: Int) -> Int? {
        guard let keys = geoKeys, keys.type == 3, keys.count >= 4 else { return nil }
        let count = min(keys.integer(3, in: bytes) ?? 0, keys.count / 4 - 1)
        for index in 1..<(max(count, 0) + 1) where keys.integer(4 * index, in: bytes) == wanted {
            guard keys.integer(4 * index + 1, in: bytes) == 0 else { return nil }
            return keys.integer(4 * index + 3, in: bytes)
        }
        return nil
    }
}
