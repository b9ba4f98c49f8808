/// A confusion matrix as a heat map: the darker, the greater the part of the true class.
struct MatrixSVG {
    private let matrix: Document.Matrix

    init(_ matrix: Document.Matrix) { self.matrix = matrix }

    func markup() -> String {
        let count = matrix.classes.count
        let side = max(18.0, min(72, 400 / Double(max(1, count))))
        let left = 150.0
        let size = side * Double(count)
        var cells = ""
        for (row, counts) in matrix.counts.enumerated() {
            let sum = counts.reduce(0, +)
            for (column, value) in counts.enumerated() {
                let share = sum == 0 ? 0 : Double(value) / Double(sum)
                let x = NumberText.coordinate(left + Double(column) * side)
                let y = NumberText.coordinate(26 + Double(row) * side)
                cells += """
                    <rect x="\(x)" y="\(y)" width="\(NumberText.coordinate(side))" \
                    height="\(NumberText.coordinate(side))" fill-opacity="\(NumberText.coordinate(0.06 + 0.94 * share))">\
                    <title>\(Markup.name(matrix.classes[row])) called \(Markup.name(matrix.classes[column])): \
                    \(value) (\(NumberText.percent(share)) %)</title></rect>
                    """
                guard side >= 34, sum > 0 else { continue }
                cells += """
                    <text class="\(share > 0.5 ? "on" : "off")" text-anchor="middle" \
                    x="\(NumberText.coordinate(left + (Double(column) + 0.5) * side))" \
                    y="\(NumberText.coordinate(30 + (Double(row) + 0.5) * side))">\
                    \(NumberText.fixed(share * 100, decimals: 1))</text>
                    """
            }
            cells += """
                <text text-anchor="end" x="\(NumberText.coordinate(left - 8))" \
                y="\(NumberText.coordinate(30 + (Double(row) + 0.5) * side))">\
                \(Markup.escape(Markup.shortened(matrix.classes[row], to: 22)))</text>
                """
        }
        return """
            <figure><svg class="matrix" viewBox="0 0 \(NumberText.coordinate(max(460, left + size))) \
            \(NumberText.coordinate(size + 34))" role="img" aria-label="\(Markup.escape(matrix.caption))">
            <text x="\(NumberText.coordinate(left))" y="14">called, in the same order →</text>
            \(cells)</svg>
            <figcaption>\(Markup.escape(matrix.caption))</figcaption></figure>
            """
    }
}
