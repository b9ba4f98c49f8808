import CGDAL
import Geo

extension RasterFormat {
    var fileExtension: String {
        switch self {
        case .cog, .geoTIFF, .strips: "tif"
        case .jpeg2000: "jp2"
        case .png: "png"
        }
    }

    var gdalName: String {
        switch self {
        case .cog: "COG"
        case .geoTIFF, .strips: "GTiff"
        case .jpeg2000: "JP2OpenJPEG"
        case .png: "PNG"
        }
    }

    private func options(_ type: RasterPixelType) -> [String] {
        switch self {
        case .cog(let compression, let overviews):
            return [
                "COMPRESS=\(compression.rawValue)", "PREDICTOR=YES", "BLOCKSIZE=512",
                "OVERVIEWS=\(overviews ? "AUTO" : "NONE")", "OVERVIEW_RESAMPLING=AVERAGE",
                "NUM_THREADS=1", "BIGTIFF=IF_SAFER",
            ] + (compression == .zstd ? ["LEVEL=1"] : [])
        case .geoTIFF(let compression):
            let isFloat = type == .float32 || type == .float64
            return [
                "COMPRESS=\(compression.rawValue)", "PREDICTOR=\(isFloat ? 3 : 2)", "TILED=YES",
                "BLOCKXSIZE=256", "BLOCKYSIZE=256", "INTERLEAVE=BAND", "NUM_THREADS=1",
                "BIGTIFF=IF_SAFER",
            ]
        case .strips:
            return ["COMPRESS=NONE", "TILED=NO", "INTERLEAVE=BAND", "BIGTIFF=IF_SAFER"]
        case .jpeg2000(let bits):
            return [
                "QUALITY=100", "REVERSIBLE=YES", "YCC=NO", "GMLJP2=YES", "GeoJP2=YES",
                "BLOCKXSIZE=1024", "BLOCKYSIZE=1024", "NUM_THREADS=1",
            ] + (bits.map { ["NBITS=\($0)"] } ?? [])
        case .png:
            // Half the time of level 6 on pictures of land, for a fifteenth more bytes.
            return ["ZLEVEL=3"]
        }
    }

    /// Copies a dataset into a file of this format and closes it; nil if that fails.
    func encode(_ dataset: GDALDatasetH, _ type: RasterPixelType, to place: String) -> Void? {
        guard let driver = GDALGetDriverByName(gdalName) else { return nil }
        return GDALLibrary.withStrings(options(type)) { options in
            guard let copy = GDALCreateCopy(driver, place, dataset, 0, options, nil, nil) else {
                return nil
            }
            matter_close(copy)
            return ()
        }
    }
}

/// Pixels and their description as a dataset that GDAL can copy, for the time of a call: the pixels are not copied for it.
enum MemoryDataset {
    static func with<Pixel: RasterPixel, Result>(
        _ buffer: RasterBuffer<Pixel>, _ description: RasterDescription,
        _ body: (GDALDatasetH) throws -> Result
    ) throws -> Result {
        try buffer.pixels.withUnsafeBytes { bytes in
            let dataset = Dataset(try empty(buffer.size))
            try GDALLibrary.collectingErrors(.invalid, path: "", "cannot describe pixels") {
                let stride = buffer.size.count * MemoryLayout<Pixel>.stride
                for band in 0..<buffer.bands {
                    // GDAL takes a mutable pointer and only reads through it.
                    guard let first = bytes.baseAddress.map({ $0 + band * stride }),
                        add(first, Pixel.type.gdal, to: dataset.handle)
                    else { return Void?.none }
                }
                guard describe(dataset.handle, buffer.bands, description) != nil else {
                    return nil
                }
                // After the value without data, which would put it aside in some versions.
                return description.mask.map { mask($0, buffer.size, dataset.handle) } ?? ()
            }
            return try body(dataset.handle)
        }
    }

    private static func empty(_ size: PixelSize) throws -> GDALDatasetH {
        try GDALLibrary.collectingErrors(.invalid, path: "", "cannot hold pixels") {
            GDALCreate(
                GDALGetDriverByName("MEM"), "", Int32(size.width), Int32(size.height), 0, GDT_Byte,
                nil)
        }
    }

    private static func add(
        _ pixels: UnsafeRawPointer, _ type: GDALDataType, to dataset: GDALDatasetH
    ) -> Bool {
        GDALLibrary.withStrings(["DATAPOINTER=\(UInt(bitPattern: pixels))"]) {
            GDALAddBand(dataset, type, $0) == CE_None
        }
    }

    /// Gives a dataset a mask of one byte a pixel, 0 where it is not valid; nil where GDAL refuses.
    private static func mask(
        _ valid: [UInt8], _ size: PixelSize, _ dataset: GDALDatasetH
    ) -> Void? {
        let first = GDALGetRasterBand(dataset, 1)
        guard GDALCreateMaskBand(first, GMF_PER_DATASET) == CE_None,
            let band = GDALGetMaskBand(first)
        else { return nil }
        var bytes = valid.map { $0 == 0 ? UInt8(0) : 255 }
        let (width, height) = (Int32(size.width), Int32(size.height))
        let status = GDALRasterIO(
            band, GF_Write, 0, 0, width, height, &bytes, width, height, GDT_Byte, 0, 0)
        return status == CE_None ? () : nil
    }

    /// Gives a dataset its place, names and entries; nil where GDAL refuses one.
    static func describe(
        _ dataset: GDALDatasetH, _ bands: Int, _ description: RasterDescription
    ) -> Void? {
        if let grid = description.grid {
            var numbers = grid.transform.gdal
            guard let reference = SpatialReference(grid.crs),
                GDALSetGeoTransform(dataset, &numbers) == CE_None,
                GDALSetSpatialRef(dataset, reference.handle) == CE_None
            else { return nil }
        }
        for index in 0..<bands {
            let band = GDALGetRasterBand(dataset, Int32(index + 1))
            if let nodata = description.nodata { GDALSetRasterNoDataValue(band, nodata) }
            if !description.bandNames.isEmpty {
                GDALSetDescription(band, description.bandNames[index])
            }
            if !description.bands.isEmpty { describe(band, description.bands[index]) }
        }
        set(description.metadata, dataset, domain: "")
        if let rpc = description.rpc { set(rpc.metadata, dataset, domain: "RPC") }
        return ()
    }

    /// Gives a band its scale and wavelength: as GDAL 3.10 and later name it, and as ENVI does.
    private static func describe(_ band: GDALRasterBandH?, _ facts: BandDescription) {
        if (facts.scale, facts.offset) != (1, 0) {
            GDALSetRasterScale(band, facts.scale)
            GDALSetRasterOffset(band, facts.offset)
        }
        if let centre = facts.wavelengthInMicrometres {
            GDALSetMetadataItem(band, "CENTRAL_WAVELENGTH_UM", "\(centre)", "IMAGERY")
            GDALSetMetadataItem(band, "wavelength", "\(centre)", "")
            GDALSetMetadataItem(band, "wavelength_units", "Micrometers", "")
        }
        if let width = facts.bandwidthInMicrometres {
            GDALSetMetadataItem(band, "FWHM_UM", "\(width)", "IMAGERY")
        }
    }

    private static func set(_ entries: [String: String], _ dataset: GDALDatasetH, domain: String) {
        for (key, value) in entries.sorted(by: { $0.key < $1.key }) {
            GDALSetMetadataItem(dataset, key, value, domain)
        }
    }
}
