package import Foundation
import Geo

/// Where the sun stands over a place, and what season it is there.
package enum Sky {
    /// Degrees of the sun's centre above the horizon, without refraction.
    ///
    /// The formulas of NOAA's solar calculator (after Meeus, Astronomical Algorithms, 1991); good to 0.01° between 1950 and 2050.
    ///
    /// - Parameters:
    ///   - time: When, in UTC.
    ///   - latitude: Degrees north.
    ///   - longitude: Degrees east.
    /// - Returns: Degrees, −90…90.
    package static func sunElevation(
        at time: Date, latitude: Double, longitude: Double
    ) -> Double {
        let radians = Double.pi / 180
        let days = time.timeIntervalSince1970 / 86400
        let century = (days + 2_440_587.5 - 2_451_545) / 36525
        let meanLongitude = 280.46646 + century * (36000.76983 + century * 0.0003032)
        let anomaly = (357.52911 + century * (35999.05029 - 0.0001537 * century)) * radians
        let eccentricity = 0.016708634 - century * (0.000042037 + 0.0000001267 * century)
        let centre =
            sin(anomaly) * (1.914602 - century * (0.004817 + 0.000014 * century))
            + sin(2 * anomaly) * (0.019993 - 0.000101 * century) + sin(3 * anomaly) * 0.000289
        let node = (125.04 - 1934.136 * century) * radians
        let apparent = (meanLongitude + centre - 0.00569 - 0.00478 * sin(node)) * radians
        let tilt =
            (23.4392911 - century * (0.0130042 + century * 1.64e-7) + 0.00256 * cos(node)) * radians
        let declination = asin(sin(tilt) * sin(apparent))
        let y = tan(tilt / 2) * tan(tilt / 2)
        let (doubled, twice) = (2 * meanLongitude * radians, 2 * anomaly)
        let equationOfTime =
            y * sin(doubled) - 2 * eccentricity * sin(anomaly)
            + 4 * eccentricity * y * sin(anomaly) * cos(doubled) - 0.5 * y * y * sin(2 * doubled)
            - 1.25 * eccentricity * eccentricity * sin(twice)
        let dayPart = days - days.rounded(.down)
        let hourAngle = 2 * .pi * dayPart + equationOfTime + longitude * radians - .pi
        let here = latitude * radians
        let up =
            sin(here) * sin(declination) + cos(here) * cos(declination) * cos(hourAngle)
        return asin(min(max(up, -1), 1)) / radians
    }

    /// The meteorological season: whole months, "spring" beginning with March north and with September south of the equator.
    package static func season(month: Int, latitude: Double) -> String {
        let names = ["winter", "spring", "summer", "autumn"]
        let quarter = (month % 12) / 3
        return names[(quarter + (latitude < 0 ? 2 : 0)) % 4]
    }
}
