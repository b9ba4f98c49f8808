/// Finds samples of different splits that show the same ground.
///
/// Boxes of each reference system are put into cells of twice the median side, and only boxes of one cell are compared: time grows with
/// the number of samples, not with its square. Boxes in different systems are not compared.
package struct LeakSearch {
    /// Two samples and the share of the smaller that both show.
    package struct Pair: Hashable {
        package let first: Int
        package let second: Int
        package let share: Double
    }

    /// Pairs beyond which the search ends: the splits are no splits.
    package static let mostPairs = 10_000
    /// Cells of one box beyond which it is compared with all others instead.
    private static let mostCells = 64

    private struct Box {
        let index: Int
        let split: Int
        let west: Double
        let south: Double
        let east: Double
        let north: Double
    }

    private struct Cell: Hashable {
        let column: Int
        let row: Int
    }

    /// Pairs sorted by their samples.
    package private(set) var pairs: [Pair] = []

    /// Searches among footprints; `splits` is the split of each sample, negative for none.
    package init(_ footprints: [(index: Int, footprint: Footprint)], splits: [Int]) {
        var boxes: [String: [Box]] = [:]
        for (index, footprint) in footprints where splits[index] >= 0 {
            let bounds = footprint.bounds
            guard bounds.allSatisfy({ $0.isFinite && abs($0) < 1e12 }), bounds[2] > bounds[0],
                bounds[3] > bounds[1]
            else { continue }
            boxes[footprint.crs, default: []].append(
                Box(
                    index: index, split: splits[index], west: bounds[0], south: bounds[1],
                    east: bounds[2], north: bounds[3]))
        }
        for crs in boxes.keys.sorted() where pairs.count < Self.mostPairs {
            search(boxes[crs, default: []].sorted { $0.index < $1.index })
        }
        pairs.sort { ($0.first, $0.second) < ($1.first, $1.second) }
    }

    private mutating func search(_ boxes: [Box]) {
        let widths = boxes.map { $0.east - $0.west }.sorted()
        let heights = boxes.map { $0.north - $0.south }.sorted()
        let (width, height) = (2 * widths[boxes.count / 2], 2 * heights[boxes.count / 2])
        var cells: [Cell: [Int]] = [:]
        var large: [Int] = []
        for (place, box) in boxes.enumerated() {
            let columns = Self.span(box.west, box.east, width)
            let rows = Self.span(box.south, box.north, height)
            guard let columns, let rows, columns.count * rows.count <= Self.mostCells else {
                large.append(place)
                continue
            }
            for column in columns {
                for row in rows {
                    let cell = Cell(column: column, row: row)
                    for other in cells[cell] ?? [] {
                        // The pair is told once: in the cell of its common lower left corner.
                        let corner = Cell(
                            column: Int((max(box.west, boxes[other].west) / width).rounded(.down)),
                            row: Int((max(box.south, boxes[other].south) / height).rounded(.down)))
                        if corner == cell { compare(boxes[other], box) }
                    }
                    cells[cell, default: []].append(place)
                }
            }
            if pairs.count >= Self.mostPairs { return }
        }
        let isLarge = Set(large)
        for place in large {
            for other in boxes.indices where other < place || !isLarge.contains(other) {
                compare(boxes[other], boxes[place])
                if pairs.count >= Self.mostPairs { return }
            }
        }
    }

    private static func span(_ from: Double, _ to: Double, _ side: Double) -> ClosedRange<Int>? {
        let (first, last) = ((from / side).rounded(.down), (to / side).rounded(.down))
        guard abs(first) < 1e15, abs(last) < 1e15, last - first < Double(mostCells) else {
            return nil
        }
        return Int(first)...Int(last)
    }

    private mutating func compare(_ one: Box, _ two: Box) {
        guard one.split != two.split, one.index != two.index else { return }
        let width = min(one.east, two.east) - max(one.west, two.west)
        let height = min(one.north, two.north) - max(one.south, two.south)
        guard width > 0, height > 0 else { return }
        let smaller = min(
            (one.east - one.west) * (one.north - one.south),
            (two.east - two.west) * (two.north - two.south))
        pairs.append(
            Pair(
                first: min(one.index, two.index), second: max(one.index, two.index),
                share: min(width * height / smaller, 1)))
    }
}
