package import Geo

/// Steps that may be spent on one file, so that no geometry takes unbounded time.
package struct WorkBudget {
    package struct Spent: Error {}

    private var left: Int

    package init(_ steps: Int = 300_000_000) {
        left = steps
    }

    mutating func spend(_ steps: Int) throws(Spent) {
        left -= min(steps, left + 1)
        guard left >= 0 else { throw Spent() }
    }
}

/// What rings are: their areas, and where they cross themselves.
package enum RingGeometry {
    /// The area by the shoelace formula: positive where the ring runs counterclockwise with y upwards.
    package static func signedArea(_ ring: [Position]) -> Double {
        guard let origin = ring.first else { return 0 }
        var sum = 0.0
        var last = ring[ring.count - 1]
        for point in ring {
            // Relative to a point of the ring: coordinates of UTM would cost seven digits.
            sum +=
                (last.x - origin.x) * (point.y - origin.y) - (point.x - origin.x)
                * (last.y - origin.y)
            last = point
        }
        return sum / 2
    }

    /// Whether a point lies inside a ring by the even-odd rule.
    static func contains(_ ring: [Position], _ point: Position) -> Bool {
        var isInside = false
        var last = ring[ring.count - 1]
        for next in ring {
            if (next.y > point.y) != (last.y > point.y) {
                let x = (last.x - next.x) * (point.y - next.y) / (last.y - next.y) + next.x
                if point.x < x { isInside.toggle() }
            }
            last = next
        }
        return isInside
    }

    // MARK: Crossings

    /// The places where two sides of a ring cross properly, both ends of each on different sides of the other.
    ///
    /// Sides that only touch leave the even-odd area as it is and do not count. Sides are sorted by their left ends and each is
    /// compared with those that begin before it ends.
    package static func crossings(
        of ring: [Position], budget: inout WorkBudget
    ) throws(WorkBudget.Spent) -> [Position] {
        let count = ring.count
        guard count > 3 else { return [] }
        let sides = (0..<count).map { (ring[$0], ring[$0 + 1 < count ? $0 + 1 : 0]) }
        let order = (0..<count).sorted {
            let left = min(sides[$0].0.x, sides[$0].1.x)
            let right = min(sides[$1].0.x, sides[$1].1.x)
            return left == right ? $0 < $1 : left < right
        }
        var found: [Position] = []
        for (place, first) in order.enumerated() {
            let right = max(sides[first].0.x, sides[first].1.x)
            var steps = 0
            for second in order[(place + 1)...] {
                steps += 1
                guard min(sides[second].0.x, sides[second].1.x) <= right else { break }
                if let crossing = crossing(sides[first], sides[second]) { found.append(crossing) }
            }
            try budget.spend(steps)
            if found.count > mostCrossings { throw WorkBudget.Spent() }
        }
        return found
    }

    /// Crossings of one ring beyond which it is no outline but a scribble.
    static let mostCrossings = 10_000

    /// Areas of triangles smaller than this, in square pixels, are rounding.
    private static let tolerance = 1e-7

    private static func crossing(
        _ first: (Position, Position), _ second: (Position, Position)
    ) -> Position? {
        let (a, b) = (turn(first.0, first.1, second.0), turn(first.0, first.1, second.1))
        guard abs(a) > tolerance, abs(b) > tolerance, (a > 0) != (b > 0) else { return nil }
        let (c, d) = (turn(second.0, second.1, first.0), turn(second.0, second.1, first.1))
        guard abs(c) > tolerance, abs(d) > tolerance, (c > 0) != (d > 0) else { return nil }
        let share = c / (c - d)
        return Position(
            x: first.0.x + share * (first.1.x - first.0.x),
            y: first.0.y + share * (first.1.y - first.0.y))
    }

    private static func turn(_ from: Position, _ to: Position, _ point: Position) -> Double {
        (to.x - from.x) * (point.y - from.y) - (point.x - from.x) * (to.y - from.y)
    }

    // MARK: Even-odd area

    /// The area that the even-odd rule fills, in square pixels, of a ring that crosses itself at the given places.
    ///
    /// Between the heights of vertices and crossings no two sides cross, so that a band's area is its height times the summed
    /// lengths of the filled pieces half way up.
    package static func evenOddArea(
        of ring: [Position], crossings: [Position], budget: inout WorkBudget
    ) throws(WorkBudget.Spent) -> Double {
        let heights = Set((ring + crossings).map(\.y)).sorted()
        var area = 0.0
        for (lower, upper) in zip(heights, heights.dropFirst()) {
            try budget.spend(ring.count)
            let middle = (lower + upper) / 2
            var cuts: [Double] = []
            var last = ring[ring.count - 1]
            for next in ring {
                if (next.y > middle) != (last.y > middle) {
                    cuts.append((last.x - next.x) * (middle - next.y) / (last.y - next.y) + next.x)
                }
                last = next
            }
            cuts.sort()
            for pair in stride(from: 0, to: cuts.count - 1, by: 2) {
                area += (cuts[pair + 1] - cuts[pair]) * (upper - lower)
            }
        }
        return area
    }
}
