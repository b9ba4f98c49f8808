/// A table of text for people, its columns wide enough for what is in them.
public struct Table: Sendable {
    /// How a column is set.
    public enum Alignment: Sendable {
        /// Text.
        case left
        /// Numbers.
        case right
    }

    private let headings: [String]
    private let alignments: [Alignment]
    private var rows: [[String]] = []

    /// Begins a table; columns without an alignment are set left.
    public init(_ headings: [String], alignments: [Alignment] = []) {
        self.headings = headings
        self.alignments = headings.indices.map {
            alignments.indices.contains($0) ? alignments[$0] : .left
        }
    }

    /// Adds a row; missing cells are empty, and there may not be more than headings.
    public mutating func add(_ cells: [String]) {
        precondition(cells.count <= headings.count, "a row of more cells than headings")
        let padding = [String](repeating: "", count: headings.count - cells.count)
        rows.append((cells + padding).map(StandardStreams.oneLine))
    }

    /// The table as lines: headings, a rule, the rows.
    public var lines: [String] {
        let all = [headings] + rows
        let widths = headings.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
        return [line(headings, widths), rule] + rows.map { line($0, widths) }
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = cells.indices.map { column in
            let space = String(repeating: " ", count: widths[column] - cells[column].count)
            return alignments[column] == .left ? cells[column] + space : space + cells[column]
        }.joined(separator: "  ")
        return String(padded.reversed().drop { $0 == " " }.reversed())
    }
}
