import Geo

/// Turns features into outlines of buildings that a rasteriser can fill, and tells what it had to mend.
///
/// | what | what becomes of it |
/// |---|---|
/// | null or empty geometry | no building; counted, no fault |
/// | repeated neighbouring points | one point |
/// | ring not closed | closed |
/// | fewer than three points | the ring is left out, with its polygon if it is the outer one |
/// | ring that crosses itself | filled by the even-odd rule, the change of area told |
/// | hole outside its outer ring | left out |
/// | coordinates absurdly far away, beside others that are not | refused |
package struct FootprintRepair {
    /// Pixels from the image's origin beyond which a coordinate is no place near it.
    static let farthest = 1e7

    package private(set) var outlines: [BuildingOutline] = []
    package private(set) var notes: [FootprintNote] = []
    private var budget = WorkBudget()
    private let path: String

    /// Mends all features, whose coordinates are pixels.
    ///
    /// - Throws: `BenchError`, 65, with the feature: coordinates far away, or rings too entangled to be proven in bounded time.
    package init(_ features: [FootprintFeature], path: String) throws {
        self.path = path
        for feature in features {
            do {
                try add(feature)
            } catch is WorkBudget.Spent {
                throw BenchError(
                    .invalid,
                    "\(path): \(feature.name): its rings cross or overlap too often to be an outline; remove the feature"
                )
            }
        }
    }

    private mutating func add(_ feature: FootprintFeature) throws {
        if let remark = feature.remark { note(feature, remark, isFault: false) }
        if let fault = feature.fault { note(feature, fault) }
        for polygon in feature.polygons {
            var rings: [[Position]] = []
            for (number, ring) in polygon.enumerated() {
                guard let ring = try mended(ring, number, of: feature) else {
                    if number == 0 { break }
                    continue
                }
                if number > 0, try !isHole(ring, in: rings[0]) {
                    note(feature, "hole \(number) lies outside of its outline; left out")
                    continue
                }
                rings.append(ring)
            }
            if !rings.isEmpty {
                outlines.append(BuildingOutline(feature: feature.index, rings: rings))
            }
        }
    }

    private mutating func note(_ feature: FootprintFeature, _ text: String, isFault: Bool = true) {
        notes.append(FootprintNote(feature: feature.name, text: text, isFault: isFault))
    }

    private mutating func mended(
        _ ring: [Position], _ number: Int, of feature: FootprintFeature
    ) throws -> [Position]? {
        guard ring.allSatisfy({ abs($0.x) <= Self.farthest && abs($0.y) <= Self.farthest }) else {
            throw BenchError(
                .invalid,
                "\(path): \(feature.name): coordinates more than \(Int(Self.farthest)) pixels from the image; mend or remove the feature"
            )
        }
        let isClosed = ring.count > 1 && ring[0] == ring[ring.count - 1]
        var points: [Position] = []
        points.reserveCapacity(ring.count)
        for point in ring where point != points.last { points.append(point) }
        while points.count > 1, points[0] == points[points.count - 1] { points.removeLast() }
        guard points.count >= 3 else {
            let what = number == 0 ? "outline" : "hole \(number)"
            note(feature, "\(what) of \(points.count) points has no area; left out")
            return nil
        }
        if !isClosed { note(feature, "ring \(number) is not closed; closed") }
        try checkCrossings(points, of: feature)
        return points
    }

    private mutating func checkCrossings(_ ring: [Position], of feature: FootprintFeature) throws {
        let crossings = try RingGeometry.crossings(of: ring, budget: &budget)
        guard !crossings.isEmpty else { return }
        let before = abs(RingGeometry.signedArea(ring))
        let after = try RingGeometry.evenOddArea(of: ring, crossings: crossings, budget: &budget)
        note(
            feature,
            "a ring crosses itself in \(crossings.count) places; filled by the even-odd rule, its area is \(Self.tenths(after)) square pixels instead of \(Self.tenths(before))"
        )
    }

    /// A hole has a point inside of the outline; the first sixteen are asked.
    private mutating func isHole(_ ring: [Position], in outline: [Position]) throws -> Bool {
        for point in ring.prefix(16) {
            try budget.spend(outline.count)
            if RingGeometry.contains(outline, point) { return true }
        }
        return false
    }

    private static func tenths(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}
