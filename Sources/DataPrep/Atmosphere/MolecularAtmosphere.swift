import Foundation

/// What air without aerosol does to light of one wavelength: reflectance, transmittance, albedo from below.
///
/// Optical depth: Hansen & Travis (1974), Light scattering in planetary atmospheres, eq. 2.30, by surface pressure.
/// Reflectance: Vermote & Tanré (1992), JQSRT 47, 305–314 (all orders of scattering, with depolarisation 0.0279), as in 6S.
/// Transmittance and albedo: two-stream forms of 6S (Vermote et al. 1997, IEEE TGRS 35, 675–686).
package struct MolecularAtmosphere: Hashable, Sendable {
    /// Vertical optical depth.
    package let opticalDepth: Double

    /// Air over ground under a pressure.
    package init(wavelengthInNanometres: Double, pressureInHectopascals pressure: Double) {
        let inverse = 1e6 / (wavelengthInNanometres * wavelengthInNanometres)
        opticalDepth =
            0.008569 * inverse * inverse * (1 + 0.0113 * inverse + 0.00013 * inverse * inverse)
            * pressure / 1013.25
    }

    /// Pressure at a height of the ICAO standard atmosphere, in hectopascals.
    package static func pressure(atElevation metres: Double) -> Double {
        1013.25 * pow(1 - 2.25577e-5 * metres, 5.25588)
    }

    /// The reflectance of the air itself, seen from above.
    package func pathReflectance(sun: ViewAngle, view: ViewAngle) -> Double {
        let (s, v) = (cosine(sun.zenith), cosine(view.zenith))
        let depolarised = 0.958725775
        let opposite = (180 - (sun.azimuth - view.azimuth)) * .pi / 180
        let phases = [
            1 + (3 * s * s - 1) * (3 * v * v - 1) * depolarised / 8,
            -0.75 * depolarised * s * v * ((1 - s * s) * (1 - v * v)).squareRoot(),
            0.1875 * depolarised * (1 - s * s) * (1 - v * v),
        ]
        let (down, up) = (exp(-opticalDepth / s), exp(-opticalDepth / v))
        let single = (1 - down * up) / (4 * (s + v))
        let multiple = (1 - down) * (1 - up)
        let harmonics = zip(phases, fits(s, v)).map { $0 * (single + multiple * $1) }
        return harmonics[0] + 2 * cos(opposite) * harmonics[1] + 2 * cos(2 * opposite)
            * harmonics[2]
    }

    /// The fitted weights of multiple scattering in the three harmonics of azimuth.
    private func fits(_ s: Double, _ v: Double) -> [Double] {
        let terms = [1, s + v, s * v, s * s + v * v, s * s * v * v]
        let constant = [0.33243832, 0.16285370, -0.30924818, -0.10324388, 0.11493334]
        let sloped = [-6.777104e-2, 1.577425e-3, -1.240906e-2, 3.241678e-2, -3.503695e-2]
        let logarithm = log(opticalDepth)
        let first = zip(terms, zip(constant, sloped)).reduce(0) {
            $0 + $1.0 * ($1.1.0 + $1.1.1 * logarithm)
        }
        return [
            first, 0.19666292 - 5.439061e-2 * logarithm, 0.14545937 - 2.910845e-2 * logarithm,
        ]
    }

    /// The share of light that goes through along a direction, scattered light included.
    package func transmittance(zenith: Double) -> Double {
        let cosine = cosine(zenith)
        return (2 / 3 + cosine + (2 / 3 - cosine) * exp(-opticalDepth / cosine))
            / (4 / 3 + opticalDepth)
    }

    /// The share of light from the ground that the air sends back to it.
    package var sphericalAlbedo: Double {
        let depth = opticalDepth
        // Exponential integrals E1 (Abramowitz & Stegun 5.1.53, depth ≤ 1) and E3.
        let series = [-0.57721566, 0.99999193, -0.24991055, 0.05519968, -0.00976004, 0.00107857]
        let first = series.reversed().reduce(0) { $0 * depth + $1 } - log(depth)
        let third = (exp(-depth) * (1 - depth) + depth * depth * first) / 2
        return (3 * depth - third * (4 + 2 * depth) + 2 * exp(-depth)) / (4 + 3 * depth)
    }

    private func cosine(_ degrees: Double) -> Double { cos(degrees * .pi / 180) }
}
