public import Geo

/// Which pixels belong to a polygon.
public enum RasterizeRule: String, Sendable, CaseIterable {
    /// Those whose centres lie inside: GDAL's rule, and rasterio's `all_touched=False`.
    case centres
    /// Those that the polygon touches at all: GDAL's `ALL_TOUCHED`.
    case allTouched
}

/// Fills polygons into a mask exactly as GDAL 3.10's `GDALRasterizeGeometries` does; polygons of one image add up.
///
/// A pixel is filled where a ray through its centre has crossed the rings an odd number of times. Every side of a ring flips, for each
/// row whose centre it crosses, the parity of the columns to its right; a running sum along the row fills. No list of
/// crossings is kept or sorted, so that time is sides × rows and memory one mask, whatever the polygon.
/// A crossing at x fills from column ⌊x + ½⌋ on. Sides on a row's centre: those of the lower edge fill, of the upper do not.
/// Not `Sendable`: each thread has its own.
public final class PolygonRasterizer {
    private var parity: [UInt8] = []
    private var size: PixelSize

    /// Makes room for masks of a size.
    public init(_ size: PixelSize) {
        self.size = size
    }

    /// The mask of some outlines: 1 inside, 0 elsewhere, row by row.
    ///
    /// - Parameters:
    ///   - outlines: In pixel coordinates.
    ///   - size: Of the mask.
    ///   - rule: Which pixels belong to an outline.
    ///   - isMirrored: Whether map coordinates run against rows, as where north is up; decides sides that run through pixel centres.
    /// - Returns: height × width bytes.
    public func mask(
        of outlines: [BuildingOutline], size: PixelSize, rule: RasterizeRule, isMirrored: Bool
    ) -> [UInt8] {
        var mask = [UInt8](repeating: 0, count: size.count)
        mask.withUnsafeMutableBufferPointer {
            fill($0, of: outlines, size: size, rule: rule, isMirrored: isMirrored)
        }
        return mask
    }

    /// The pixels of each outline alone whose centres lie inside, by their places in a mask of a size, ascending.
    ///
    /// One mask serves all of them: only the rows and columns that an outline can reach are looked through and cleared.
    ///
    /// - Parameters:
    ///   - outlines: In pixel coordinates.
    ///   - size: Of the mask.
    ///   - isMirrored: As for `mask`.
    /// - Returns: A list an outline.
    package func pixels(
        of outlines: [BuildingOutline], size: PixelSize, isMirrored: Bool
    ) -> [[Int]] {
        var mask = [UInt8](repeating: 0, count: size.count)
        return mask.withUnsafeMutableBufferPointer { mask in
            outlines.map { outline in
                fill(mask, of: [outline], size: size, rule: .centres, isMirrored: isMirrored)
                let columns = Self.reach(outline.rings.joined().map(\.x), within: size.width)
                var pixels: [Int] = []
                for row in Self.reach(outline.rings.joined().map(\.y), within: size.height) {
                    for column in columns {
                        let place = row * size.width + column
                        guard mask[place] != 0 else { continue }
                        pixels.append(place)
                        mask[place] = 0
                    }
                }
                return pixels
            }
        }
    }

    /// The rows or columns from the least to the greatest coordinate, and one more on each side, within the mask.
    private static func reach(_ coordinates: [Double], within count: Int) -> Range<Int> {
        guard let least = coordinates.min(), let greatest = coordinates.max() else { return 0..<0 }
        let end = Double(count)
        let first = Int(min(max(least.rounded(.down) - 1, 0), end))
        return first..<max(first, Int(min(max(greatest.rounded(.up) + 1, 0), end)))
    }

    /// Adds outlines to a mask of height × width bytes.
    func fill(
        _ mask: UnsafeMutableBufferPointer<UInt8>, of outlines: [BuildingOutline],
        size: PixelSize, rule: RasterizeRule, isMirrored: Bool
    ) {
        precondition(mask.count == size.count, "a mask of \(mask.count) pixels for \(size)")
        self.size = size
        let needed = (size.width + 1) * size.height
        if parity.count < needed { parity = [UInt8](repeating: 0, count: needed) }
        for outline in outlines {
            fill(mask, outline.rings, isMirrored: isMirrored)
            guard rule == .allTouched else { continue }
            for ring in outline.rings { touch(mask, ring) }
        }
    }

    // MARK: Centres

    /// Columns and rows whose parity was flipped.
    private struct Reach {
        var first = Int.max
        var last = -1
        var top = Int.max
        var bottom = -1

        mutating func add(column: Int, row: Int) {
            first = min(first, column)
            last = max(last, column)
            top = min(top, row)
            bottom = max(bottom, row)
        }
    }

    private func fill(
        _ mask: UnsafeMutableBufferPointer<UInt8>, _ rings: [[Position]], isMirrored: Bool
    ) {
        parity.withUnsafeMutableBufferPointer { parity in
            var reach = Reach()
            for ring in rings {
                // Positive with y downwards is clockwise where the map's y runs upwards.
                let isClockwise = (RingGeometry.signedArea(ring) > 0) == isMirrored
                var from = ring[ring.count - 1]
                for to in ring {
                    if from.y == to.y {
                        burnLevel(mask, from, to, isClockwise: isClockwise)
                    } else {
                        flip(parity, from.y < to.y ? (from, to) : (to, from), &reach)
                    }
                    from = to
                }
            }
            sum(parity, reach, into: mask)
        }
    }

    /// Flips the parity where a side, from its upper to its lower end, crosses the centres of rows.
    private func flip(
        _ parity: UnsafeMutableBufferPointer<UInt8>, _ side: (Position, Position),
        _ reach: inout Reach
    ) {
        let (upper, lower) = side
        let top = max((upper.y - 0.5).rounded(.up), 0)
        let bottom = min((lower.y - 0.5).rounded(.up), Double(size.height))
        guard top < bottom else { return }
        let width = Double(size.width)
        for row in Int(top)..<Int(bottom) {
            let x =
                (Double(row) + 0.5 - upper.y) * (lower.x - upper.x) / (lower.y - upper.y) + upper.x
            let column = Int(min(max((x + 0.5).rounded(.down), 0), width))
            parity[row * (size.width + 1) + column] ^= 1
            reach.add(column: column, row: row)
        }
    }

    /// A level side that runs exactly through centres, right to left in a clockwise ring, fills its row.
    private func burnLevel(
        _ mask: UnsafeMutableBufferPointer<UInt8>, _ from: Position, _ to: Position,
        isClockwise: Bool
    ) {
        let row = from.y - 0.5
        guard row == row.rounded(.down), row >= 0, row < Double(size.height) else { return }
        guard from.x != to.x, (from.x > to.x) == isClockwise else { return }
        let width = Double(size.width)
        let first = Int(min(max((min(from.x, to.x) + 0.5).rounded(.down), 0), width))
        let end = Int(min(max((max(from.x, to.x) + 0.5).rounded(.down), 0), width))
        for column in first..<max(first, end) { mask[Int(row) * size.width + column] = 1 }
    }

    private func sum(
        _ parity: UnsafeMutableBufferPointer<UInt8>, _ reach: Reach,
        into mask: UnsafeMutableBufferPointer<UInt8>
    ) {
        guard reach.bottom >= reach.top else { return }
        let end = min(reach.last + 1, size.width)
        for row in reach.top...reach.bottom {
            let (flips, pixels) = (row * (size.width + 1), row * size.width)
            var isInside: UInt8 = 0
            for column in reach.first..<max(reach.first, end) {
                isInside ^= parity[flips + column]
                parity[flips + column] = 0
                mask[pixels + column] |= isInside
            }
            // What is right of the mask is flipped too, and fills nothing.
            parity[flips + size.width] = 0
        }
    }

    // MARK: All touched

    private func touch(_ mask: UnsafeMutableBufferPointer<UInt8>, _ ring: [Position]) {
        var from = ring[ring.count - 1]
        for to in ring {
            TouchedPixels.walk(from, to, in: size) { column, row in
                mask[row * size.width + column] = 1
            }
            from = to
        }
    }
}
