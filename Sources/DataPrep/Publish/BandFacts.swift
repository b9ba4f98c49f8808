import Geo
import Manifests
import Raster

extension Sentinel2Band {
    /// What STAC's eo extension (2.0) calls the band.
    var commonName: String {
        switch self {
        case .b01: "coastal"
        case .b02: "blue"
        case .b03: "green"
        case .b04: "red"
        case .b05: "rededge071"
        case .b06: "rededge075"
        case .b07: "rededge078"
        case .b08: "nir"
        case .b8a: "nir08"
        case .b09: "nir09"
        case .b10: "cirrus"
        case .b11: "swir16"
        case .b12: "swir22"
        }
    }

    /// Full width at half maximum of Sentinel-2A (ESA, Sentinel-2 MSI user guide, table of spectral bands).
    var bandwidthInNanometres: Double {
        switch self {
        case .b01: 21
        case .b02: 66
        case .b03: 36
        case .b04: 31
        case .b05: 15
        case .b06: 15
        case .b07: 20
        case .b08: 106
        case .b8a: 21
        case .b09: 20
        case .b10: 31
        case .b11: 91
        case .b12: 175
        }
    }

    /// `centreWavelengthInNanometres` to a ten-thousandth of a micrometre, without the noise of a division.
    var centreWavelengthInMicrometres: Double {
        (centreWavelengthInNanometres * 10).rounded() / 10000
    }

    /// `bandwidthInNanometres` in micrometres.
    var bandwidthInMicrometres: Double { (bandwidthInNanometres * 10).rounded() / 10000 }

    /// What reflectance × 10000 of the band means, as a raster says it.
    var reflectanceDescription: BandDescription {
        BandDescription(
            scale: 0.0001, wavelengthInMicrometres: centreWavelengthInMicrometres,
            bandwidthInMicrometres: bandwidthInMicrometres)
    }
}

extension TileRecord {
    /// The tile's row, column and date in one name without '/': "berlin-0_1-20210601T101031".
    var flatName: String { id.split(separator: "/").joined(separator: "-") }

    /// Side of a pixel in units of the projection: metres for UTM.
    var resolution: Double { transform.count > 1 ? abs(transform[1]) : 0 }
}
