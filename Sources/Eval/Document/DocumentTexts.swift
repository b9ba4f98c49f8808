import Manifests

/// Tables as RFC 4180 has them, for spreadsheets.
enum CSVText {
    /// Exact numbers where there are any, words else; "." is the decimal point in every locale.
    static func table(_ table: Document.Table) -> String {
        let head = table.columns.map { field($0.title) }
        let rows = table.rows.map { row in
            zip(table.columns, row).map { column, cell in
                column.isNumber
                    ? cell.value.map { "\($0)" } ?? (cell.text == "–" ? "" : field(cell.text))
                    : field(cell.text)
            }
        }
        return ([head] + rows).map { $0.joined(separator: ",") + "\r\n" }.joined()
    }

    private static let formulaStarts: Set<Unicode.Scalar> = ["=", "+", "-", "@", "\t", "\r"]
    private static let quoted: Set<Unicode.Scalar> = ["\"", ",", "\n", "\r"]

    /// A field in quotes where needed; what a spreadsheet would take for a formula begins with an apostrophe.
    static func field(_ text: String) -> String {
        let clean = text.unicodeScalars.map { scalar in
            Markup.isHidden(scalar) ? Markup.codePoint(scalar) : String(scalar)
        }.joined()
        // By scalars, as readers of CSV see them: to Swift a comma with an accent on it is a character of its own.
        let isFormula = clean.unicodeScalars.first.map { formulaStarts.contains($0) } ?? false
        let safe = isFormula ? "'" + clean : clean
        guard safe.unicodeScalars.contains(where: quoted.contains) else { return safe }
        return "\"" + safe.unicodeScalars.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\""
    }
}

/// The checks as JUnit has them, for continuous integration.
struct JUnitReport {
    private let document: Document

    init(_ document: Document) { self.document = document }

    func text() -> String {
        let groups = document.checks.reduce(into: [String]()) { groups, check in
            if !groups.contains(check.group) { groups.append(check.group) }
        }
        let suites = groups.map { group in
            let checks = document.checks.filter { $0.group == group }
            return """
                <testsuite name="\(Self.escape(group))" tests="\(checks.count)" \
                failures="\(checks.count { $0.isMet == false })" \
                skipped="\(checks.count { $0.isMet == nil })" errors="0">
                \(checks.map(testCase).joined(separator: "\n"))
                </testsuite>
                """
        }
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="\(Self.escape(document.title))" tests="\(document.checks.count)" \
            failures="\(document.checks.count { $0.isMet == false })">
            \(suites.joined(separator: "\n"))
            </testsuites>

            """
    }

    private func testCase(_ check: Document.Check) -> String {
        let head =
            "<testcase classname=\"\(Self.escape(check.group))\" name=\"\(Self.escape(check.name))\""
        switch check.isMet {
        case true: return head + "/>"
        case false:
            return head + "><failure message=\"\(Self.escape(check.message))\"/></testcase>"
        case nil: return head + "><skipped message=\"\(Self.escape(check.message))\"/></testcase>"
        case .some: return head + "/>"
        }
    }

    /// Text that XML 1.0 allows, with its five characters escaped; others are shown as code points.
    static func escape(_ text: String) -> String {
        var safe = ""
        for scalar in text.unicodeScalars {
            let isAllowed = scalar.value != 0xFFFE && scalar.value != 0xFFFF
            if isAllowed {
                safe.unicodeScalars.append(scalar)
            } else {
                safe += "[U+\(String(scalar.value, radix: 16))]"
            }
        }
        return Markup.escape(safe)
    }
}

/// A plot as a Vega-Lite specification, its numbers in it.
struct VegaLite {
    private let drawing: Document.Drawing

    init(_ drawing: Document.Drawing) { self.drawing = drawing }

    func specification() -> JSONValue {
        let plot = drawing.plot
        let lines = plot.series.flatMap { series in
            series.points.map { point -> JSONValue in
                .object([
                    "series": .string(series.name), "x": .number(point.x),
                    "y": point.y.map(JSONValue.number) ?? .null,
                ])
            }
        }
        let bands = plot.series.flatMap { series in
            (series.band ?? []).map { band -> JSONValue in
                .object([
                    "series": .string(series.name), "x": .number(band.x),
                    "low": .number(band.low), "high": .number(band.high),
                ])
            }
        }
        var layers: [JSONValue] = []
        if !bands.isEmpty {
            layers.append(
                .object([
                    "data": .object(["values": .array(bands)]),
                    "mark": .object(["type": "area", "opacity": 0.18]),
                    "encoding": .object([
                        "x": axis(plot.x, "x"), "y": axis(plot.y, "low"),
                        "y2": .object(["field": "high"]), "color": Self.colour,
                    ]),
                ]))
        }
        layers.append(
            .object([
                "data": .object(["values": .array(lines)]),
                "mark": .object([
                    "type": "line", "point": true, "invalid": "break-paths-show-domains",
                ]),
                "encoding": .object([
                    "x": axis(plot.x, "x"), "y": axis(plot.y, "y"), "color": Self.colour,
                    "tooltip": .array(
                        ["series", "x", "y"].map { .object(["field": .string($0)]) }),
                ]),
            ]))
        return .object([
            "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
            "title": .string(drawing.title), "description": .string(drawing.caption),
            "width": 460, "height": 300, "layer": .array(layers),
        ])
    }

    private static let colour: JSONValue = .object([
        "field": "series", "type": "nominal", "title": .null,
    ])

    private func axis(_ axis: Plot.Axis, _ field: String) -> JSONValue {
        var scale: [String: JSONValue] = ["zero": false]
        if axis.isLogarithmic { scale = ["type": "log"] }
        if let range = axis.range {
            scale["domain"] = .array([.number(range.lowerBound), .number(range.upperBound)])
        }
        return .object([
            "field": .string(field), "type": "quantitative", "title": .string(axis.text),
            "scale": .object(scale),
        ])
    }
}
