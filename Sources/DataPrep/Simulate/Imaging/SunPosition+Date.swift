import Foundation

extension SunPosition {
    /// The sun over a latitude at 10:30 local solar time, when Sentinel-2 passes.
    ///
    /// Declination by Cooper's formula (Solar Energy 12, 1969); good to half a degree.
    init(dayOfYear: Int, latitude: Double) {
        let radians = Double.pi / 180
        let declination = 23.45 * radians * sin(2 * .pi * Double(284 + dayOfYear) / 365)
        let hour = -22.5 * radians
        let (here, cosine) = (latitude * radians, cos(declination))
        let up = sin(here) * sin(declination) + cos(here) * cosine * cos(hour)
        let east = -cosine * sin(hour)
        let north = cos(here) * sin(declination) - sin(here) * cosine * cos(hour)
        let azimuth = atan2(east, north) / radians
        self.init(
            zenithInDegrees: acos(up) / radians,
            azimuthInDegrees: azimuth < 0 ? azimuth + 360 : azimuth)
    }

    /// Cosine of the zenith angle.
    var cosineOfZenith: Float { Float(cos(zenithInDegrees * .pi / 180)) }

    /// Sine of the zenith angle.
    var sineOfZenith: Float { Float(sin(zenithInDegrees * .pi / 180)) }

    /// The unit vector along the ground towards the sun, east and south.
    var towards: (east: Float, south: Float) {
        let azimuth = azimuthInDegrees * .pi / 180
        return (Float(sin(azimuth)), Float(-cos(azimuth)))
    }
}
