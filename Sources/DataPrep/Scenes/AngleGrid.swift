import Foundation
public import Geo

/// A direction to the sun or the sensor, in degrees.
public struct ViewAngle: Hashable, Sendable {
    /// From the vertical.
    public let zenith: Double
    /// From north over east, 0 to 360.
    public let azimuth: Double

    /// A direction.
    public init(zenith: Double, azimuth: Double) {
        self.zenith = zenith
        self.azimuth = azimuth
    }

    /// The direction as a vector of length 1: east, north, up.
    var vector: SIMD3<Double> {
        let (z, a) = (zenith * .pi / 180, azimuth * .pi / 180)
        return [sin(z) * sin(a), sin(z) * cos(a), cos(z)]
    }

    /// The direction of a sum of vectors, or nil for one without length.
    init?(_ sum: SIMD3<Double>) {
        let length = (sum * sum).sum().squareRoot()
        guard length > 0, length.isFinite else { return nil }
        let azimuth = atan2(sum.x, sum.y) * 180 / .pi
        self.init(
            zenith: acos(min(1, sum.z / length)) * 180 / .pi,
            azimuth: azimuth < 0 ? azimuth + 360 : azimuth)
    }
}

/// Angles over a granule at nodes 5 km apart: 23 × 23 of them, NaN where no detector looked.
public struct AngleGrid: Hashable, Sendable {
    /// Nodes from west to east.
    public let columns: Int
    /// Nodes from north to south.
    public let rows: Int
    /// The first node, in map coordinates.
    public let origin: Position
    /// Distance of nodes in metres.
    public let spacing: Double
    /// Zenith angles in degrees, row by row.
    public let zenith: [Double]
    /// Azimuth angles in degrees, row by row.
    public let azimuth: [Double]

    /// The angle at a node, or nil where no detector looked.
    public subscript(row: Int, column: Int) -> ViewAngle? {
        let index = row * columns + column
        guard zenith[index].isFinite, azimuth[index].isFinite else { return nil }
        return ViewAngle(zenith: zenith[index], azimuth: azimuth[index])
    }

    /// The angle at a place, between the nodes around it that have one; nil outside of them.
    public func angle(at place: Position) -> ViewAngle? {
        let x = (place.x - origin.x) / spacing
        let y = (origin.y - place.y) / spacing
        guard x >= 0, y >= 0, x <= Double(columns - 1), y <= Double(rows - 1) else { return nil }
        let (left, top) = (min(Int(x), columns - 2), min(Int(y), rows - 2))
        let (u, v) = (x - Double(left), y - Double(top))
        var sum = SIMD3<Double>()
        for (row, column, weight) in [
            (top, left, (1 - u) * (1 - v)), (top, left + 1, u * (1 - v)),
            (top + 1, left, (1 - u) * v), (top + 1, left + 1, u * v),
        ] {
            if let node = self[row, column] { sum += node.vector * weight }
        }
        return ViewAngle(sum)
    }

    /// What several detectors saw: at each node the mean direction of those that looked there.
    init?(merging grids: [AngleGrid]) {
        guard let first = grids.first,
            grids.allSatisfy({ $0.columns == first.columns && $0.rows == first.rows })
        else { return nil }
        let merged = first.zenith.indices.map { index -> ViewAngle? in
            let (row, column) = (index / first.columns, index % first.columns)
            let seen = grids.compactMap { $0[row, column] }
            return seen.count == 1 ? seen[0] : ViewAngle(seen.map(\.vector).reduce(.zero, +))
        }
        self.init(
            columns: first.columns, rows: first.rows, origin: first.origin,
            spacing: first.spacing, zenith: merged.map { $0?.zenith ?? .nan },
            azimuth: merged.map { $0?.azimuth ?? .nan })
    }

    init(
        columns: Int, rows: Int, origin: Position, spacing: Double, zenith: [Double],
        azimuth: [Double]
    ) {
        self.columns = columns
        self.rows = rows
        self.origin = origin
        self.spacing = spacing
        self.zenith = zenith
        self.azimuth = azimuth
    }
}
