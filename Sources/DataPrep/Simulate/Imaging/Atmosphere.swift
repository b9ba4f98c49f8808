/// What the air adds to and takes from a reflectance.
///
/// `seen = path + transmittance · ground`: single numbers a band, typical of a clear sky (values as
/// of 6S tables, Vermote et al., IEEE TGRS 35, 1997, rounded), scaled by haze.
struct Atmosphere: Sendable {
    private let path: Spectrum
    private let transmittance: Spectrum

    /// Rayleigh and aerosol path reflectance of a clear sky at the top of the atmosphere.
    private static let clearPath = Spectra.spectrum(
        [115, 88, 55, 34, 28, 22, 18, 15, 13, 8, 1, 3, 1])
    private static let clearTransmittance = Spectra.spectrum(
        [800, 835, 865, 905, 905, 915, 920, 930, 945, 420, 6, 950, 930])
    /// Shape of what haze adds: more at short waves.
    private static let hazePath = Spectra.spectrum(
        [1000, 900, 760, 620, 560, 500, 470, 420, 400, 300, 10, 180, 110])

    /// The air of a date.
    init(haze: Float, isTopOfAtmosphere: Bool) {
        let added = Self.hazePath * (haze * 0.6)
        let kept = Spectrum(repeating: 1) - Self.hazePath * haze
        path = (isTopOfAtmosphere ? Self.clearPath : Spectrum(repeating: 0)) + added
        transmittance =
            (isTopOfAtmosphere ? Self.clearTransmittance : Spectrum(repeating: 1)) * kept
    }

    /// The reflectance seen through the air over ground of the given reflectance; `density` about 1.
    @inline(__always)
    func seen(_ ground: Spectrum, density: Float) -> Spectrum {
        path * density + transmittance * ground
    }
}
