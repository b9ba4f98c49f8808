public import Geo

/// One feature of a footprint file as it stands there: any number of polygons, each an outer ring and holes.
package struct FootprintFeature {
    /// Its place in the file, from 0; of a CSV file its line, from 1.
    package var index: Int
    /// What the file calls it, if it has a name of its own.
    package var id: String?
    /// Polygons, each a list of rings; empty for a null or empty geometry.
    package var polygons: [[[Position]]] = []
    /// What about it is worth a line though it harms nobody: "null geometry".
    package var remark: String?
    /// What about it is wrong: "is a LineString, which has no area".
    package var fault: String?

    var name: String { "feature \(index)" + (id.map { " (id \($0))" } ?? "") }
}

/// All features of an image.
package struct FootprintCollection {
    package var features: [FootprintFeature] = []
    /// What the coordinates mean: nil where the file does not say.
    package var crs: String?
    /// Whether coordinates are columns and rows.
    package var isInPixels = false
}

/// The outline of one building in pixel coordinates (x to the right, y down, the first pixel is [0, 1) × [0, 1)).
public struct BuildingOutline: Hashable, Sendable {
    /// Which feature of the footprint file it is part of, from 0; of a CSV file the line, from 1.
    public let feature: Int
    /// The outer ring, then holes; a ring's first point is not repeated at its end.
    public let rings: [[Position]]

    /// Takes rings.
    public init(feature: Int, rings: [[Position]]) {
        self.feature = feature
        self.rings = rings
    }

    /// The area in square pixels by the even-odd rule for rings that do not cross: the outer ring's less the holes'.
    public var area: Double {
        let areas = rings.map { abs(RingGeometry.signedArea($0)) }
        return (areas.first ?? 0) - areas.dropFirst().reduce(0, +)
    }
}

/// What was seen, or repaired, in the footprints of an image.
public struct FootprintNote: Hashable, Sendable, CustomStringConvertible {
    /// Which feature, by its place and name.
    public let feature: String
    /// What there is, and what was made of it.
    public let text: String
    /// Whether the data is wrong, so that a strict reader refuses it; false for what is allowed: an empty or null geometry.
    public let isFault: Bool

    /// The note as "feature 3 (id 17): null geometry".
    public var description: String { "\(feature): \(text)" }
}
