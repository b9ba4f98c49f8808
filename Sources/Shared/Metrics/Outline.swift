/// The outline of an object: an outer ring and the rings of its holes, none of which crosses itself or another.
///
/// Coordinates are (x, y), in pixels or any unit that is the same for all that is compared.
public struct Outline: Sendable, Hashable {
    /// The rings, outer one first; without a repeated last corner, the outer one against the clock, holes with it.
    public let rings: [[SIMD2<Double>]]
    /// The area within the outer ring and outside of the holes.
    public let area: Double
    /// The least x and y of all corners.
    public let lowest: SIMD2<Double>
    /// The greatest x and y of all corners.
    public let highest: SIMD2<Double>

    /// Takes rings in either sense of rotation, closed or not; rings of fewer than three corners are left out.
    ///
    /// - Throws: `MetricsError` when a coordinate is not finite.
    public init(rings: [[SIMD2<Double>]]) throws(MetricsError) {
        guard rings.allSatisfy({ $0.allSatisfy { $0.x.isFinite && $0.y.isFinite } }) else {
            throw MetricsError("a corner of an outline is not finite")
        }
        let open = rings.map { $0.count > 1 && $0.first == $0.last ? Array($0.dropLast()) : $0 }
        let turned = open.enumerated().filter { $0.element.count > 2 }.map { index, ring in
            (Self.signedArea(ring) < 0) == (index == 0) ? Array(ring.reversed()) : ring
        }
        self.rings = turned
        area = max(0, turned.reduce(0) { $0 + Self.signedArea($1) })
        let corners = turned.joined()
        lowest = corners.reduce(SIMD2(.infinity, .infinity)) { pointwiseMin($0, $1) }
        highest = corners.reduce(SIMD2(-.infinity, -.infinity)) { pointwiseMax($0, $1) }
    }

    /// The shoelace formula about the first corner; positive against the clock.
    private static func signedArea(_ ring: [SIMD2<Double>]) -> Double {
        var sum = CompensatedSum()
        for index in ring.indices.dropFirst().dropLast() {
            let a = ring[index] - ring[0]
            let b = ring[index + 1] - ring[0]
            sum.add(a.x * b.y - a.y * b.x)
        }
        return sum.value / 2
    }

    /// The area that two outlines share, exact but for rounding, whatever their shape.
    ///
    /// An outline is a sum, with signs, of the strips between its edges and a line below it; two strips share
    /// ∫ min(y₁, y₂) dx over their common stretch, so that no corner of the common shape need be found.
    public func sharedArea(with other: Outline) -> Double {
        let low = pointwiseMax(lowest, other.lowest)
        let high = pointwiseMin(highest, other.highest)
        guard low.x < high.x, low.y < high.y else { return 0 }
        let floor = SIMD2(low.x, min(lowest.y, other.lowest.y))
        let theirs = other.edges(above: floor, from: low.x, to: high.x)
        var sum = CompensatedSum()
        for own in edges(above: floor, from: low.x, to: high.x) {
            for edge in theirs { sum.add(own.sign * edge.sign * own.sharedArea(with: edge)) }
        }
        return min(max(0, sum.value), min(area, other.area))
    }

    /// Intersection over union; `nil` where neither has an area.
    public func iou(with other: Outline) -> Double? {
        let shared = sharedArea(with: other)
        let union = area + other.area - shared
        return union > 0 ? shared / union : nil
    }

    private func edges(above origin: SIMD2<Double>, from left: Double, to right: Double) -> [Edge] {
        rings.flatMap { ring in
            ring.indices.compactMap { index in
                let edge = Edge(
                    ring[index] - origin, ring[index + 1 == ring.count ? 0 : index + 1] - origin)
                return edge.left < right - origin.x && edge.right > left - origin.x ? edge : nil
            }
        }
    }
}

/// An edge as a function of x: the upper end of a strip that stands on zero.
private struct Edge {
    let left: Double
    let right: Double
    let sign: Double
    private let height: Double
    private let slope: Double

    /// +1 for an edge that runs to the left, as upper edges against the clock do.
    init(_ from: SIMD2<Double>, _ to: SIMD2<Double>) {
        let (start, end) = from.x <= to.x ? (from, to) : (to, from)
        left = start.x
        right = end.x
        sign = from.x == to.x ? 0 : from.x > to.x ? 1 : -1
        height = start.y
        slope = start.x == end.x ? 0 : (end.y - start.y) / (end.x - start.x)
    }

    func y(_ x: Double) -> Double { height + slope * (x - left) }

    func sharedArea(with other: Edge) -> Double {
        let start = max(left, other.left)
        let end = min(right, other.right)
        guard start < end else { return 0 }
        let (first, last) = (y(start), y(end))
        let (otherFirst, otherLast) = (other.y(start), other.y(end))
        let (before, after) = (first - otherFirst, last - otherLast)
        guard before * after < 0 else {
            return (end - start) * (min(first, otherFirst) + min(last, otherLast)) / 2
        }
        let share = before / (before - after)
        let crossing = first + (last - first) * share
        return (end - start)
            * ((min(first, otherFirst) + crossing) * share
                + (min(last, otherLast) + crossing) * (1 - share)) / 2
    }
}
