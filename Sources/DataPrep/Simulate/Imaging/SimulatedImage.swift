public import Geo

/// One band of a simulated date on its native grid.
public struct SimulatedBand: Sendable {
    /// Which band.
    public let band: Sentinel2Band
    /// Metres of a pixel: 10, 20 or 60.
    public let resolution: Int
    /// Columns.
    public let width: Int
    /// Rows.
    public let height: Int
    /// Digital numbers, reflectance × 10000 + the date's offset, row by row; 0 = no data.
    public let values: [UInt16]
}

/// One simulated date as the sensor delivers it.
public struct SimulatedImage: Sendable {
    /// What was asked for.
    public let acquisition: Acquisition
    /// Where the sun stood.
    public let sun: SunPosition
    /// Columns and rows at 10 m.
    public let size: PixelSize
    /// The 13 bands (those asked for), in the order of `Sentinel2Band`.
    public let bands: [SimulatedBand]
    /// ESA's scene classes (0 … 11) on the 20 m grid, row by row.
    public let sceneClasses: [UInt8]

    /// The band of this name, when it was asked for.
    public subscript(_ band: Sentinel2Band) -> SimulatedBand? {
        bands.first { $0.band == band }
    }

    /// A band brought to the 10 m grid by repeating its pixels.
    public func tenMetres(_ band: Sentinel2Band) -> [UInt16]? {
        guard let native = self[band] else { return nil }
        let factor = native.resolution / 10
        guard factor > 1 else { return native.values }
        var values: [UInt16] = []
        values.reserveCapacity(size.count)
        for row in 0..<size.height {
            for column in 0..<size.width {
                values.append(native.values[row / factor * native.width + column / factor])
            }
        }
        return values
    }

    /// Part of the 20 m pixels with data that are thick cloud (classes 8 and 9), 0 … 1.
    public var cloudFraction: Double {
        let present = sceneClasses.count { $0 != 0 }
        let cloudy = sceneClasses.count { $0 == 8 || $0 == 9 }
        return present == 0 ? 0 : Double(cloudy) / Double(present)
    }
}
