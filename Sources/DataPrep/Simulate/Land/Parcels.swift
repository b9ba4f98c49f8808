import Foundation

/// The pattern of the open land: blocks (Voronoi cells) cut into long parallel parcels.
///
/// Real farmland looks so: a block has one direction, its parcels are strips of unequal width, each
/// worked by somebody else.
struct Parcels: Sendable {
    /// Metres between block sites, about.
    let blockSize: Float
    let seed: UInt32

    init(seed: UInt64, blockSize: Float) {
        self.blockSize = blockSize
        self.seed = UInt32(truncatingIfNeeded: seed)
    }

    /// One parcel as seen from a point in it.
    struct Parcel: Sendable {
        /// Hash of the block, equal in all of it.
        let block: UInt32
        /// Hash of the parcel, equal in all of it.
        let hash: UInt32
        /// The block's site, in metres.
        let siteX, siteY: Float
        /// Distance to the parcel's long edge, in metres.
        let edge: Float
        /// Distance to the block's border, in metres.
        let border: Float
        /// Distance across the parcel's rows, in metres.
        let across: Float
    }

    /// The parcel at (x, y) in metres.
    func parcel(_ x: Float, _ y: Float) -> Parcel {
        let near = nearestSites(x, y)
        let block = near.hash
        let angle = Float(block & 255) * (Float.pi / 256)
        let (sine, cosine) = (Float(sin(Double(angle))), Float(cos(Double(angle))))
        let dx = x - near.x
        let dy = y - near.y
        let across = cosine * dx + sine * dy
        let along = cosine * dy - sine * dx
        let width = 55 + 130 * LatticeNoise.unit(block &* 0x27D4_EB2F)
        let strip = Self.cut(across / width, seed: block)
        let length = width * (1.6 + 3 * LatticeNoise.unit(block &* 0x1656_67B1))
        let piece = Self.cut(along / length, seed: block &+ UInt32(bitPattern: strip.index))
        let hash = LatticeNoise.hash(strip.index, piece.index, block)
        return Parcel(
            block: block, hash: hash, siteX: near.x, siteY: near.y,
            edge: min(strip.edge * width, piece.edge * length), border: near.border,
            across: across)
    }

    private struct Site {
        var hash: UInt32 = 0
        var x: Float = 0
        var y: Float = 0
        var border: Float = 0
    }

    private func nearestSites(_ x: Float, _ y: Float) -> Site {
        let column = Int32((x / blockSize).rounded(.down))
        let row = Int32((y / blockSize).rounded(.down))
        var best = Site()
        var second = Site()
        var bestDistance = Float.infinity
        var secondDistance = Float.infinity
        for j in (row &- 1)...(row &+ 1) {
            for i in (column &- 1)...(column &+ 1) {
                let site = site(i, j)
                let distance = (site.x - x) * (site.x - x) + (site.y - y) * (site.y - y)
                if distance < bestDistance {
                    (second, secondDistance) = (best, bestDistance)
                    (best, bestDistance) = (site, distance)
                } else if distance < secondDistance {
                    (second, secondDistance) = (site, distance)
                }
            }
        }
        let (gapX, gapY) = (second.x - best.x, second.y - best.y)
        best.border =
            (secondDistance - bestDistance) / (2 * (gapX * gapX + gapY * gapY).squareRoot())
        return best
    }

    private func site(_ i: Int32, _ j: Int32) -> Site {
        let hash = LatticeNoise.hash(i, j, seed)
        let jitterX = 0.14 + 0.72 * Float(hash & 0xFFF) / 4096
        let jitterY = 0.14 + 0.72 * Float((hash >> 12) & 0xFFF) / 4096
        return Site(
            hash: hash, x: (Float(i) + jitterX) * blockSize, y: (Float(j) + jitterY) * blockSize)
    }

    /// Cuts the line at unequal distances, near each whole number.
    private static func cut(_ t: Float, seed: UInt32) -> (index: Int32, edge: Float) {
        let whole = t.rounded(.down)
        var index = Int32(whole)
        let lower = whole + wobble(index, seed)
        let upper = whole + 1 + wobble(index &+ 1, seed)
        if t < lower {
            index &-= 1
            return (index, min(lower - t, t - (whole - 1 + wobble(index, seed))))
        }
        if t >= upper {
            index &+= 1
            return (index, min(t - upper, whole + 2 + wobble(index &+ 1, seed) - t))
        }
        return (index, min(t - lower, upper - t))
    }

    private static func wobble(_ index: Int32, _ seed: UInt32) -> Float {
        (LatticeNoise.unit(LatticeNoise.hash(index, 77, seed)) - 0.5) * 0.6
    }
}
