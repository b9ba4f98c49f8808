/// Reflectance in the 13 bands, in the order B01 … B08, B8A, B09 … B12; lanes 13 … 15 are 0.
typealias Spectrum = SIMD16<Float>

/// End-member reflectances (0 … 1) of the simulated land.
///
/// Typical values, rounded, as one reads them off the curves of the USGS Spectral Library (splib07)
/// and the ECOSTRESS library for these surfaces, and off Sentinel-2 L2A scenes; good for looking and
/// learning, not for radiometry. B09 follows B8A, B10 (cirrus, never in L2A) lies between.
enum Spectra {
    static let greenCrop = spectrum(
        [30, 35, 75, 35, 110, 380, 480, 500, 510, 500, 300, 220, 100])
    static let grass = spectrum([30, 40, 80, 50, 120, 300, 360, 380, 390, 385, 250, 250, 140])
    static let broadleaf = spectrum([20, 25, 50, 25, 80, 270, 350, 370, 380, 370, 200, 170, 75])
    static let conifer = spectrum([15, 20, 33, 22, 50, 140, 180, 190, 200, 195, 100, 90, 40])
    static let heath = spectrum([30, 38, 55, 55, 85, 150, 180, 195, 210, 210, 150, 200, 120])
    static let flower = spectrum([40, 50, 170, 150, 240, 420, 500, 520, 530, 520, 300, 240, 120])
    static let straw = spectrum([90, 115, 165, 205, 245, 275, 295, 315, 335, 345, 300, 390, 300])
    static let bark = spectrum([40, 50, 65, 80, 105, 140, 155, 170, 185, 190, 160, 200, 140])
    static let darkSoil = spectrum([45, 57, 78, 100, 120, 137, 150, 163, 175, 180, 180, 240, 210])
    static let brownSoil = spectrum([60, 80, 112, 152, 178, 200, 220, 240, 258, 266, 260, 340, 290])
    static let paleSoil = spectrum(
        [105, 138, 190, 248, 280, 302, 322, 342, 360, 368, 340, 440, 380])
    static let clearWater = spectrum([35, 30, 25, 15, 12, 10, 10, 8, 7, 6, 2, 3, 2])
    static let turbidWater = spectrum([50, 60, 80, 65, 55, 30, 28, 22, 20, 15, 4, 6, 4])
    static let redTile = spectrum([60, 75, 110, 200, 230, 250, 270, 290, 300, 310, 300, 360, 330])
    static let slate = spectrum([90, 100, 110, 120, 125, 130, 135, 140, 145, 150, 140, 170, 170])
    static let brightSheet = spectrum(
        [280, 330, 370, 390, 400, 410, 420, 430, 430, 430, 400, 420, 380])
    static let asphalt = spectrum([70, 80, 95, 105, 110, 120, 125, 130, 135, 140, 130, 170, 160])
    static let gravel = spectrum([150, 180, 230, 270, 290, 310, 320, 330, 340, 350, 340, 400, 360])
    static let snow = spectrum([880, 900, 900, 880, 870, 850, 840, 820, 800, 720, 300, 100, 80])
    static let cloud = spectrum([640, 630, 610, 610, 620, 630, 640, 650, 650, 520, 60, 450, 350])
    static let cirrus = spectrum([300, 300, 295, 290, 290, 290, 290, 290, 290, 250, 120, 200, 150])

    /// Thousandths of reflectance, one a band, as a vector.
    static func spectrum(_ thousandths: [Float]) -> Spectrum {
        var result = Spectrum(repeating: 0)
        for (lane, value) in thousandths.enumerated() { result[lane] = value / 1000 }
        return result
    }
}
