package import Geo
import Manifests
import Raster

/// Regions for training and for validation: no region in both, and no ground either.
///
/// Regions whose tiles overlap on the ground stay together. Which groups are set aside follows from the seed and their names.
package struct RegionSplit: Sendable {
    /// A region's name and the outlines of its tiles.
    package struct Region: Sendable {
        package let name: String
        package let outlines: [MapBounds]

        /// A region; outlines are rectangles in degrees that may reach beyond 180° east.
        package init(name: String, outlines: [MapBounds]) {
            self.name = name
            self.outlines = outlines
        }
    }

    /// Names of the regions set aside, sorted.
    package let validation: [String]
    /// Names of the others, sorted.
    package let training: [String]

    /// Splits; with fewer than two groups of regions nothing is set aside.
    package init(_ regions: [Region], validationShare: Double, seed: UInt64) {
        let groups = Self.groups(regions.sorted { $0.name < $1.name })
        let order = groups.indices.sorted { left, right in
            (Self.rank(groups[left], seed), groups[left][0])
                < (Self.rank(groups[right], seed), groups[right][0])
        }
        let wanted = Int((validationShare * Double(groups.count)).rounded())
        let least = validationShare > 0 && groups.count > 1 ? 1 : 0
        let count = min(max(wanted, least), max(groups.count - 1, 0))
        validation = order.prefix(count).flatMap { groups[$0] }.sorted()
        training = order.dropFirst(count).flatMap { groups[$0] }.sorted()
    }

    /// "val" or "train".
    package func part(of region: String) -> String {
        validation.contains(region) ? "val" : "train"
    }

    private static func rank(_ group: [String], _ seed: UInt64) -> UInt64 {
        let digest = SHA256Digest(of: Array(group.joined(separator: "\n").utf8)).hex
        return SplitMix64.derive(seed: seed, UInt64(digest.prefix(16), radix: 16) ?? 0)
    }

    private static func groups(_ regions: [Region]) -> [[String]] {
        var group = Array(regions.indices)
        for first in regions.indices {
            for second in regions.indices.dropFirst(first + 1)
            where overlap(regions[first], regions[second]) {
                let (kept, merged) = (group[first], group[second])
                for index in group.indices where group[index] == merged { group[index] = kept }
            }
        }
        return regions.indices.filter { group.firstIndex(of: group[$0]) == $0 }.map { leader in
            regions.indices.filter { group[$0] == group[leader] }.map { regions[$0].name }
        }
    }

    private static func overlap(_ first: Region, _ second: Region) -> Bool {
        first.outlines.contains { one in
            second.outlines.contains { other in
                [-360.0, 0, 360].contains { turn in
                    var moved = other
                    moved.left += turn
                    moved.right += turn
                    return one.intersection(moved) != nil
                }
            }
        }
    }
}

/// Where a tile lies on the globe.
struct TilePlace {
    /// Its outline in degrees; the right edge is east of the left one, beyond 180° where the tile crosses that line.
    let outline: MapBounds

    /// - Throws: `PrepError` for a record whose grid lies nowhere.
    init(_ record: TileRecord) throws {
        let grid = GeoGrid(
            size: try PixelSize(width: record.width, height: record.height),
            transform: try AffineTransform(gdal: record.transform), crs: CRS(wkt: record.crs))
        let way = try CoordinateTransform(from: grid.crs, to: .wgs84)
        // Edges are curved on the globe: their middles too.
        let (width, height) = (Double(grid.size.width), Double(grid.size.height))
        let steps = [0, 0.25, 0.5, 0.75, 1]
        let edges = steps.flatMap { part in
            [
                (part * width, 0), (part * width, height), (0, part * height),
                (width, part * height),
            ].map { grid.transform.map(column: $0.0, row: $0.1) }
        }
        var corners = way.map(edges).compactMap(\.self)
        let west = corners.map(\.x).min() ?? 0
        for index in corners.indices where corners[index].x - west > 180 { corners[index].x -= 360 }
        guard corners.count == edges.count, let outline = MapBounds(around: corners) else {
            throw PrepError(.badData, record.id, "its grid in \(record.crs) lies nowhere on Earth")
        }
        self.outline = outline
    }

    var latitude: Double { (outline.top + outline.bottom) / 2 }
    var longitude: Double { (outline.left + outline.right) / 2 }
}
