import Geo

/// The pixels that a line touches, by the rule of GDAL 3.10's `ALL_TOUCHED`.
///
/// A line that lies within 10⁻⁴ of a border between pixels touches neither side; one that leans less than 0.01 pixels is taken for
/// upright or level. All others are walked from left to right, from the pixel that they are in to the one that they enter next.
enum TouchedPixels {
    private static let aligned = 1e-4
    private static let upright = 0.01
    private static let smallestStep = 1e-9

    /// Calls `body` with the column and row of each pixel inside of the raster.
    static func walk(
        _ from: Position, _ to: Position, in size: PixelSize, _ body: (Int, Int) -> Void
    ) {
        let (width, height) = (Double(size.width), Double(size.height))
        let isOutside =
            max(from.x, to.x) < 0 || min(from.x, to.x) > width || max(from.y, to.y) < 0
            || min(from.y, to.y) > height
        guard !isOutside else { return }
        let (left, right) = from.x <= to.x ? (from, to) : (to, from)
        if left.x.rounded(.down) == right.x.rounded(.down) || right.x - left.x < upright {
            guard !(isAligned(left.x) && isAligned(right.x)) else { return }
            let rows = span(min(left.y, right.y), max(left.y, right.y), size.height)
            guard let column = index(right.x, size.width) else { return }
            for row in rows { body(column, row) }
        } else if left.y.rounded(.down) == right.y.rounded(.down) || abs(left.y - right.y) < upright
        {
            guard !(isAligned(left.y) && isAligned(right.y)) else { return }
            guard let row = index(left.y, size.height) else { return }
            for column in span(left.x, right.x, size.width) { body(column, row) }
        } else {
            slope(left, right, size, body)
        }
    }

    private static func isAligned(_ value: Double) -> Bool {
        abs(value - value.rounded()) < aligned
    }

    private static func index(_ value: Double, _ count: Int) -> Int? {
        let whole = value.rounded(.down)
        return whole >= 0 && whole < Double(count) ? Int(whole) : nil
    }

    /// Pixels from one coordinate to another; one that is only just reached does not count.
    private static func span(_ from: Double, _ to: Double, _ count: Int) -> Range<Int> {
        let first = max(from.rounded(.down), 0)
        let last = min((to - aligned).rounded(.down), Double(count - 1))
        return first <= last ? Int(first)..<Int(last) + 1 : 0..<0
    }

    private static func slope(
        _ left: Position, _ right: Position, _ size: PixelSize, _ body: (Int, Int) -> Void
    ) {
        let (width, height) = (Double(size.width), Double(size.height))
        let slope = (right.y - left.y) / (right.x - left.x)
        var (x, y) = (left.x, left.y)
        if x < 0 { (x, y) = (0, y - x * slope) }
        // The part above or below the raster is left out before the walk begins.
        if slope > 0, y < 0 { (x, y) = (x - y / slope, 0) }
        if slope < 0, y >= height { (x, y) = (x + (height - y) / slope, height) }
        let end = min(right.x, width)
        while x >= 0, x < end {
            let (column, row) = (x.rounded(.down), y.rounded(.down))
            if slope > 0 ? row >= height : row < 0 { return }
            if row >= 0, row < height { body(Int(column), Int(row)) }
            let across = (column + 1) - x
            if (y + across * slope).rounded(.down) == row {
                x += across
                y += across * slope
            } else {
                let down = slope > 0 ? max(row + 1 - y, smallestStep) : min(row - y, -smallestStep)
                x += down / slope
                y += down
            }
        }
    }
}
