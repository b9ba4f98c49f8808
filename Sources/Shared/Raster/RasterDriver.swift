/// The formats that may be opened.
public enum RasterDriver: String, Sendable, CaseIterable {
    /// TIFF, with or without georeferencing; cloud-optimised ones are of this kind too.
    case geoTIFF
    /// JPEG 2000, as JP2 file or bare codestream.
    case jpeg2000
    /// PNG.
    case png

    var gdalName: String {
        switch self {
        case .geoTIFF: "GTiff"
        case .jpeg2000: "JP2OpenJPEG"
        case .png: "PNG"
        }
    }

    /// Knows a format by a file's first bytes, whatever the file is called.
    init?(signature bytes: [UInt8]) {
        let signatures: [(RasterDriver, [UInt8])] = [
            (.geoTIFF, [0x49, 0x49, 0x2A, 0x00]), (.geoTIFF, [0x4D, 0x4D, 0x00, 0x2A]),
            (.geoTIFF, [0x49, 0x49, 0x2B, 0x00]), (.geoTIFF, [0x4D, 0x4D, 0x00, 0x2B]),
            (.jpeg2000, JPEG2000Structure.signature), (.jpeg2000, [0xFF, 0x4F, 0xFF, 0x51]),
            (.png, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]),
        ]
        guard let match = signatures.first(where: { bytes.starts(with: $0.1) }) else { return nil }
        self = match.0
    }
}

extension [RasterDriver] {
    /// All that the suite reads.
    public static var standard: [RasterDriver] { RasterDriver.allCases }
}
