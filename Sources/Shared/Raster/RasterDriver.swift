/// The formats that may be opened.
public enum RasterDriver: String, Sendable, CaseIterable {
    /// TIFF, with or without georeferencing; cloud-optimised ones are of this kind too.
    case geoTIFF
    /// JPEG 2000, as JP2 file or bare codestream.
    case jpeg2000
    /// PNG.
    case png
    /// An SRTM tile of heights, known by its size alone.
    case srtm
    /// GDAL's virtual raster, an XML that names others.
    case virtual

    var gdalName: String {
        switch self {
        case .geoTIFF: "GTiff"
        case .jpeg2000: "JP2OpenJPEG"
        case .png: "PNG"
        case .srtm: "SRTMHGT"
        case .virtual: "VRT"
        }
    }

    /// Knows a format by a file's first bytes, whatever the file is called; SRTM tiles by their length.
    init?(signature bytes: [UInt8], length: Int) {
        let signatures: [(RasterDriver, [UInt8])] = [
            (.geoTIFF, [0x49, 0x49, 0x2A, 0x00]), (.geoTIFF, [0x4D, 0x4D, 0x00, 0x2A]),
            (.geoTIFF, [0x49, 0x49, 0x2B, 0x00]), (.geoTIFF, [0x4D, 0x4D, 0x00, 0x2B]),
            (.jpeg2000, JPEG2000Structure.signature), (.jpeg2000, [0xFF, 0x4F, 0xFF, 0x51]),
            (.png, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]),
            (.virtual, Array("<VRTDataset".utf8)),
        ]
        if let match = signatures.first(where: { bytes.starts(with: $0.1) }) {
            self = match.0
        } else if [2 * 1201 * 1201, 2 * 3601 * 3601].contains(length) {
            self = .srtm
        } else {
            return nil
        }
    }
}

extension [RasterDriver] {
    /// What scenes and data sets are read in.
    public static var standard: [RasterDriver] { [.geoTIFF, .jpeg2000, .png] }

    /// What heights are read in.
    public static var elevation: [RasterDriver] { [.geoTIFF, .srtm, .virtual] }
}
