import Geo

/// How far the zero of heights lies above the ellipsoid under some ground, and by which grids of PROJ's that is known.
public struct HeightSeparation: Hashable, Sendable {
    /// The grids' names; empty where PROJ needs none.
    public let grids: [String]
    /// Metres where it is lowest.
    public let lowest: Double
    /// Metres where it is highest.
    public let highest: Double
    /// Metres on the whole.
    public let mean: Double

    init(_ metres: [Double], by grids: [String]) {
        self.grids = grids
        lowest = metres.reduce(.infinity, min)
        highest = metres.reduce(-.infinity, max)
        mean = metres.reduce(0, +) / Double(metres.count)
    }
}

extension HeightPatch {
    /// Brings heights above a geoid or sea level onto the ellipsoid, each by what PROJ gives for its own place.
    ///
    /// PROJ is asked at nodes; between them its answers are taken as bilinear. The height for voids gets their mean.
    ///
    /// - Parameters:
    ///   - system: What the heights count from.
    ///   - path: What errors name.
    /// - Returns: What was added.
    /// - Throws: `RasterError`: `unavailable` for a grid of PROJ's that is not installed, `invalid` where there is no way,
    ///   where the grid ends within the heights, and for heights that are not in metres.
    public mutating func bringOntoEllipsoid(
        from system: HeightSystem, named path: String
    ) throws -> HeightSeparation {
        let lattice = SeparationLattice(over: grid.size)
        let middle = grid.transform.map(
            column: Double(grid.size.width) / 2, row: Double(grid.size.height) / 2)
        let degrees = try CoordinateTransform(from: grid.crs, to: .wgs84).map([middle])[0]
        let transform = try HeightTransform(from: system, at: degrees ?? middle, named: path)
        let metres = transform.separations(
            at: lattice.places.map { grid.transform.map(column: $0.x, row: $0.y) })
        let known = metres.compactMap(\.self)
        guard known.count == metres.count else {
            throw RasterError(
                .invalid, path: path,
                "PROJ's grid \(transform.grids.joined(separator: " and ")) ends within the heights under the image; "
                    + "give the metres to add to its heights instead")
        }
        lattice.add(known, to: &pixels)
        let separation = HeightSeparation(known, by: transform.grids)
        voidHeight = voidHeight.map { $0 + separation.mean }
        return separation
    }
}

/// Nodes over a raster, from the centres of its first to those of its last pixels.
private struct SeparationLattice {
    /// Steps between nodes along a side at most: 400 m over 100 km, where the finest geoid of the whole Earth has 1.8 km.
    private static let most = 256

    private let across: Int
    private let down: Int
    private let step: (x: Double, y: Double)

    init(over size: PixelSize) {
        (across, down) = (
            min(Self.most, max(1, size.width - 1)), min(Self.most, max(1, size.height - 1))
        )
        step = (
            Double(max(1, size.width - 1)) / Double(across),
            Double(max(1, size.height - 1)) / Double(down)
        )
    }

    /// The nodes in pixel coordinates, row by row.
    var places: [Position] {
        (0...down).flatMap { row in
            (0...across).map { column in
                Position(x: Double(column) * step.x + 0.5, y: Double(row) * step.y + 0.5)
            }
        }
    }

    /// Adds what is known at the nodes to all heights.
    func add(_ metres: [Double], to heights: inout RasterBuffer<Float>) {
        let size = heights.size
        for row in 0..<size.height {
            let (above, share) = Self.node(Double(row) / step.y, of: down)
            let line = (0...across).map { column in
                let upper = metres[above * (across + 1) + column]
                return upper + share * (metres[(above + 1) * (across + 1) + column] - upper)
            }
            for column in 0..<size.width {
                let index = row * size.width + column
                guard heights.pixels[index] != HeightPatch.void else { continue }
                let (left, share) = Self.node(Double(column) / step.x, of: across)
                heights.pixels[index] += Float(line[left] + share * (line[left + 1] - line[left]))
            }
        }
    }

    /// The node before a place along a side, and how far the place lies from it to the next.
    private static func node(_ place: Double, of count: Int) -> (Int, Double) {
        let node = min(Int(place), count - 1)
        return (node, place - Double(node))
    }
}
