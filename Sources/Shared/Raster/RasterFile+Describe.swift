import CGDAL
public import Geo

extension RasterFile {
    /// Which ground the pixels cover, or nil if the file does not say (transform or CRS is missing).
    public var grid: GeoGrid? {
        guard let transform, let crs else { return nil }
        return GeoGrid(size: size, transform: transform, crs: crs)
    }

    /// The pixels that the format packs, and can unpack, together: a tile of JPEG 2000 or TIFF, or a strip.
    public var blockSize: PixelSize {
        var (width, height): (Int32, Int32) = (0, 0)
        GDALGetBlockSize(GDALGetRasterBand(dataset, 1), &width, &height)
        return (try? PixelSize(width: Int(width), height: Int(height))) ?? size
    }

    /// From pixels to map coordinates, or nil if the file does not say or says nonsense.
    public var transform: AffineTransform? {
        var numbers = [Double](repeating: 0, count: 6)
        let status = GDALLibrary.quietly { GDALGetGeoTransform(dataset, &numbers) }
        return status == CE_None ? try? AffineTransform(gdal: numbers) : nil
    }

    /// What the map coordinates mean, or nil if the file does not say.
    public var crs: CRS? {
        GDALLibrary.quietly {
            guard let reference = GDALGetSpatialRef(dataset) else { return nil }
            if let authority = OSRGetAuthorityName(reference, nil),
                let code = OSRGetAuthorityCode(reference, nil),
                String(cString: authority) == "EPSG", let epsg = Int(String(cString: code))
            {
                return CRS(epsg: epsg)
            }
            var text: UnsafeMutablePointer<CChar>?
            guard OSRExportToWkt(reference, &text) == OGRERR_NONE, let text else { return nil }
            defer { VSIFree(text) }
            return CRS(wkt: String(cString: text))
        }
    }

    /// The value of pixels without data, of the first band; nil if there is none.
    public var nodata: Double? {
        var isThere: Int32 = 0
        let value = GDALGetRasterNoDataValue(GDALGetRasterBand(dataset, 1), &isThere)
        return isThere == 0 ? nil : value
    }

    /// What the bands are called; empty text for those without a name.
    public var bandDescriptions: [String] {
        (1...bandCount).map { band in
            GDALGetDescription(GDALGetRasterBand(dataset, Int32(band))).map { String(cString: $0) }
                ?? ""
        }
    }

    /// How the numbers of each band become what they measure, by the file's own word; nil where it has none.
    public var bandScales: [BandScale?] {
        (1...bandCount).map { band in
            let handle = GDALGetRasterBand(dataset, Int32(band))
            var (hasScale, hasOffset): (Int32, Int32) = (0, 0)
            let scale = GDALGetRasterScale(handle, &hasScale)
            let offset = GDALGetRasterOffset(handle, &hasOffset)
            guard hasScale != 0 || hasOffset != 0, scale.isFinite, offset.isFinite else {
                return nil
            }
            return BandScale(scale: scale, offset: offset)
        }
    }

    /// What the numbers of each band mean: scale, offset and wavelength, as far as the file says.
    public var bandMeanings: [BandDescription] {
        (1...bandCount).map { number in
            let band = GDALGetRasterBand(dataset, Int32(number))
            let imagery = bandMetadata(number - 1, "IMAGERY")
            return BandDescription(
                scale: GDALGetRasterScale(band, nil), offset: GDALGetRasterOffset(band, nil),
                wavelengthInMicrometres: imagery["CENTRAL_WAVELENGTH_UM"].flatMap(Double.init),
                bandwidthInMicrometres: imagery["FWHM_UM"].flatMap(Double.init))
        }
    }

    /// The metadata of a band, counted from 0, in a domain: "" for the common one, "IMAGERY" and so on.
    public func bandMetadata(_ index: Int, _ domain: String = "") -> [String: String] {
        GDALLibrary.quietly {
            let band = GDALGetRasterBand(dataset, Int32(index + 1))
            return GDALLibrary.dictionary(GDALGetMetadata(band, domain))
        }
    }

    /// The metadata of a domain: "" for the common one, "RPC", "IMAGE_STRUCTURE" and so on.
    public func metadata(_ domain: String = "") -> [String: String] {
        GDALLibrary.quietly { GDALLibrary.dictionary(GDALGetMetadata(dataset, domain)) }
    }

    /// The rational polynomial model of a scene in sensor geometry, or nil if there is none or it is not whole.
    public var rpc: RPCModel? {
        try? RPCModel(metadata: metadata("RPC"))
    }
}
