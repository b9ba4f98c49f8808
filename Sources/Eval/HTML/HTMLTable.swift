/// A table whose columns sort; the least that the sections need.
struct HTMLTable {
    /// A column's head.
    struct Column {
        var title: String
        var isNumber = true
        /// Whether long text may break over lines.
        var wraps = false
    }

    /// A cell: what is read, and the exact number behind it.
    struct Cell {
        var html: String
        var value: Double?
        var isBest = false

        /// Escaped text.
        static func text(_ text: String) -> Cell { Cell(html: Markup.escape(text)) }

        /// A name, shortened if it is long.
        static func name(_ text: String) -> Cell { Cell(html: Markup.name(text)) }

        /// A share in percent.
        static func percent(_ share: Double?, isBest: Bool = false) -> Cell {
            Cell(html: NumberText.percent(share), value: share, isBest: isBest)
        }

        /// Pixels or steps.
        static func count(_ count: Int64) -> Cell {
            Cell(html: NumberText.grouped(count), value: Double(count))
        }
    }

    var caption: String
    var columns: [Column]
    var rows: [[Cell]]

    func markup() -> String {
        """
        <div class="scroll" tabindex="0" role="region" aria-label="Table"><table class="sortable">
        <caption><span>\(caption)</span></caption>
        <thead><tr>\(columns.indices.map(head).joined())</tr></thead>
        <tbody>
        \(rows.map(row).joined(separator: "\n"))
        </tbody></table></div>
        """
    }

    private func head(_ index: Int) -> String {
        let column = columns[index]
        return """
            <th scope="col" class="\(kind(index))" data-kind="\(column.isNumber ? "number" : "text")">\
            <button type="button">\(Markup.name(column.title))</button></th>
            """
    }

    private func row(_ cells: [Cell]) -> String {
        let texts = zip(columns, cells).enumerated().map { index, pair in
            let (column, cell) = pair
            if index == 0 { return "<th scope=\"row\" class=\"\(kind(0))\">\(cell.html)</th>" }
            let value = column.isNumber ? " data-v=\"\(cell.value.map { "\($0)" } ?? "")\"" : ""
            let best = cell.isBest ? " best" : ""
            return "<td class=\"\(kind(index))\(best)\"\(value)>\(cell.html)</td>"
        }
        return "<tr>\(texts.joined())</tr>"
    }

    /// Words of one line stay on it; sentences get room, so that a row is a few lines high on a narrow page, which scrolls.
    private func kind(_ index: Int) -> String {
        let (column, side) = (columns[index], columns[index].isNumber ? "n" : "l")
        let texts = rows.compactMap { $0.indices.contains(index) ? $0[index].html : nil }
        guard column.wraps, let longest = texts.map(Self.length).max(), longest > 20 else {
            return side
        }
        // What names a row stays in sight while the others scroll, and must leave them room.
        return side + (longest > 80 && index > 0 ? " w long" : " w")
    }

    /// How many characters are seen.
    private static func length(_ html: String) -> Int {
        var (seen, isTag) = (0, false)
        for character in html {
            switch character {
            case "<": isTag = true
            case ">": isTag = false
            default: seen += isTag ? 0 : 1
            }
        }
        return seen
    }
}
