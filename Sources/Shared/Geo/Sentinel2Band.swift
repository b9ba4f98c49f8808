/// A spectral band of Sentinel-2's MSI; the raw value is the name in products ("B02", "B8A").
public enum Sentinel2Band: String, CaseIterable, Codable, Sendable, Comparable {
    /// Coastal aerosol, 60 m.
    case b01 = "B01"
    /// Blue, 10 m.
    case b02 = "B02"
    /// Green, 10 m.
    case b03 = "B03"
    /// Red, 10 m.
    case b04 = "B04"
    /// First red edge, 20 m.
    case b05 = "B05"
    /// Second red edge, 20 m.
    case b06 = "B06"
    /// Third red edge, 20 m.
    case b07 = "B07"
    /// Near infrared, wide, 10 m.
    case b08 = "B08"
    /// Near infrared, narrow, 20 m.
    case b8a = "B8A"
    /// Water vapour, 60 m.
    case b09 = "B09"
    /// Cirrus, 60 m; absent from L2A products.
    case b10 = "B10"
    /// First short-wave infrared, 20 m.
    case b11 = "B11"
    /// Second short-wave infrared, 20 m.
    case b12 = "B12"

    /// Understands "B01", "B1", "b8a", "B8A" and "B08A"; anything else is nil.
    public init?(name: String) {
        let upper = name.uppercased()
        guard upper.first == "B" else { return nil }
        let number = upper.dropFirst()
        if number == "8A" || number == "08A" {
            self = .b8a
            return
        }
        guard number.count <= 2, number.allSatisfy({ ("0"..."9").contains($0) }),
            let value = Int(number)
        else {
            return nil
        }
        self.init(rawValue: value < 10 ? "B0\(value)" : "B\(value)")
    }

    /// Place in the spectrum as products count bands: B01 … B08, B8A, B09 … B12 are 0 … 12.
    public var index: Int {
        switch self {
        case .b01: 0
        case .b02: 1
        case .b03: 2
        case .b04: 3
        case .b05: 4
        case .b06: 5
        case .b07: 6
        case .b08: 7
        case .b8a: 8
        case .b09: 9
        case .b10: 10
        case .b11: 11
        case .b12: 12
        }
    }

    /// In the order of `index`.
    public static func < (left: Sentinel2Band, right: Sentinel2Band) -> Bool {
        left.index < right.index
    }

    /// Central wavelength of Sentinel-2A (ESA, Sentinel-2 MSI user guide, table of spectral bands).
    public var centreWavelengthInNanometres: Double {
        switch self {
        case .b01: 442.7
        case .b02: 492.4
        case .b03: 559.8
        case .b04: 664.6
        case .b05: 704.1
        case .b06: 740.5
        case .b07: 782.8
        case .b08: 832.8
        case .b8a: 864.7
        case .b09: 945.1
        case .b10: 1373.5
        case .b11: 1613.7
        case .b12: 2202.4
        }
    }

    /// Side of a pixel on the ground, in metres: 10, 20 or 60.
    public var nativeResolutionInMetres: Int {
        switch self {
        case .b02, .b03, .b04, .b08: 10
        case .b05, .b06, .b07, .b8a, .b11, .b12: 20
        case .b01, .b09, .b10: 60
        }
    }
}
