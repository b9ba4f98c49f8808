import CGDAL
import Geo

extension RasterFormat {
    var fileExtension: String {
        switch self {
        case .cog, .geoTIFF: "tif"
        case .jpeg2000: "jp2"
        case .png: "png"
        }
    }

    var gdalName: String {
        switch self {
        case .cog: "COG"
        case .geoTIFF: "GTiff"
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
        case .jpeg2000(let bits):
            return [
                "QUALITY=100", "REVERSIBLE=YES", "YCC=NO", "GMLJP2=YES", "GeoJP2=YES",
                "BLOCKXSIZE=1024", "BLOCKYSIZE=1024", "NUM_THREADS=1",
            ] + (bits.map { ["NBITS=\($0)"] } ?? [])
        case .png:
            return ["ZLEVEL=6"]
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

/// Pixels and their description as a dataset that GDAL can copy.
struct MemoryDataset: ~Copyable {
    private let owner: Dataset

    var dataset: GDALDatasetH { owner.handle }

    init<Pixel: RasterPixel>(
        _ buffer: RasterBuffer<Pixel>, _ description: RasterDescription
    ) throws {
        let (size, bands) = (buffer.size, buffer.bands)
        let dataset = try GDALLibrary.collectingErrors(.invalid, path: "", "cannot hold pixels") {
            GDALCreate(
                GDALGetDriverByName("MEM"), "", Int32(size.width), Int32(size.height),
                Int32(bands), Pixel.type.gdal, nil)
        }
        let owner = Dataset(dataset)
        try GDALLibrary.collectingErrors(.invalid, path: "", "cannot describe pixels") {
            () -> Void? in
            buffer.pixels.withUnsafeBytes { bytes -> Void? in
                // GDAL takes a mutable pointer and only reads through it.
                let pixels = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
                let status = GDALDatasetRasterIO(
                    dataset, GF_Write, 0, 0, Int32(size.width), Int32(size.height), pixels,
                    Int32(size.width), Int32(size.height), Pixel.type.gdal, Int32(bands), nil,
                    0, 0, 0)
                return status == CE_None ? () : nil
            }.flatMap { Self.describe(dataset, bands, description) }
        }
        self.owner = owner
    }

    private static func describe(
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
        }
        set(description.metadata, dataset, domain: "")
        if let rpc = description.rpc { set(rpc.metadata, dataset, domain: "RPC") }
        return ()
    }

    private static func set(_ entries: [String: String], _ dataset: GDALDatasetH, domain: String) {
        for (key, value) in entries.sorted(by: { $0.key < $1.key }) {
            GDALSetMetadataItem(dataset, key, value, domain)
        }
    }
}
