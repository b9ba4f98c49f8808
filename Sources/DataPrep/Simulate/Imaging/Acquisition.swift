import Geo

/// A calendar day, for the sun, the crops and the names.
public struct SimulatedDay: Sendable, Hashable, Codable, Comparable {
    /// The year.
    public let year: Int
    /// The month, 1 … 12.
    public let month: Int
    /// The day of the month, 1 … 31.
    public let day: Int

    /// A day; the caller gives one that exists.
    public init(_ year: Int, _ month: Int, _ day: Int) {
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// 1 … 366.
    public var dayOfYear: Int {
        let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return before[month - 1] + day + (isLeap && month > 2 ? 1 : 0)
    }

    /// "20200601", with `separator` between the parts.
    public func compact(_ separator: String = "") -> String {
        [padded(year, 4), padded(month, 2), padded(day, 2)].joined(separator: separator)
    }

    /// Earlier or later.
    public static func < (left: SimulatedDay, right: SimulatedDay) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }
}

/// A number with leading zeros.
func padded(_ number: Int, _ digits: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
}

/// Everything about one date that the land does not know: sun, air, clouds, sensor, geometry.
public struct Acquisition: Sendable {
    /// When.
    public let day: SimulatedDay
    /// The day of the year, 1 … 366, that sun and plants show; `day`'s, but where seasons are weakened.
    public var dayOfYear: Int
    /// The year whose crops stand on the fields; `day`'s, but where seasons are weakened.
    public var cropYear: Int
    /// Index among the dates of the series; events of the land begin at one.
    public var index: Int
    /// How the image lies against the reference.
    public var shift: TrueShiftField
    /// Part of the scene under thick clouds, 0 … 1.
    public var cloudFraction: Float = 0
    /// Opacity of the thickest cirrus, 0 … 1.
    public var cirrus: Float = 0
    /// Haze left in the image, 0 (none) … 0.15 (much).
    public var haze: Float = 0.01
    /// Wetness of bare soil, 0 … 1.
    public var wetness: Float = 0.3
    /// Height in metres above which snow lies; nil for none.
    public var snowLine: Float?
    /// Whether reflectance is that at the top of the atmosphere (L1C) or at its bottom (L2A).
    public var isTopOfAtmosphere = false
    /// DN added to reflectance × 10000: 1000 from processing baseline 04.00 on, 0 before.
    public var offset: Int = 0
    /// Whether the swath ends inside the scene and leaves a wedge without data.
    public var hasSwathEdge = false
    /// Strength of the sensor's noise; 1 is like Sentinel-2's.
    public var noise: Float = 1
    /// Of clouds and noise.
    public var seed: UInt64

    /// A clear date without warp.
    public init(day: SimulatedDay, index: Int, shift: TrueShiftField, seed: UInt64) {
        self.day = day
        dayOfYear = day.dayOfYear
        cropYear = day.year
        self.index = index
        self.shift = shift
        self.seed = seed
    }

    /// The same date with a part of what the season makes unlike another one.
    ///
    /// Sun, plants, wetness and crops come nearer to the other date's, by whole days and years. Without any season the
    /// snow goes too. Changes, clouds, haze, noise, place and the day in names stay as they are.
    ///
    /// - Parameters:
    ///   - part: 0 (sun, plants and wetness of `first`) … 1 (nothing is changed).
    ///   - first: The date that the others are compared with.
    /// - Returns: The date.
    package func season(_ part: Double, since first: Acquisition) -> Acquisition {
        guard part < 1 else { return self }
        func between(_ start: Int, _ end: Int) -> Int {
            start + Int((part * Double(end - start)).rounded())
        }
        var date = self
        date.dayOfYear = between(first.dayOfYear, dayOfYear)
        date.cropYear = between(first.cropYear, cropYear)
        date.wetness = first.wetness + Float(part) * (wetness - first.wetness)
        date.snowLine = part > 0 ? snowLine : first.snowLine
        return date
    }
}
