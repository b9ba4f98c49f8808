/// A straight border between the strips of a scene that two detectors of the sensor saw, which lie apart a little.
///
/// Sentinel-2's instrument sees its swath with twelve staggered detectors; what geolocation leaves of their angles are steps
/// along lines that run with the track.
public struct StripBorder: Hashable, Sendable, Codable {
    /// The column in which it crosses row 0, in pixel coordinates of the reference.
    public let column: Double
    /// Columns by which it goes to the right from row to row.
    public let slope: Double
    /// The displacement right of it less that left of it, in pixels.
    public let jump: Shift

    /// The column in which it crosses a row.
    func column(atRow row: Double) -> Double { column + slope * row }
}
