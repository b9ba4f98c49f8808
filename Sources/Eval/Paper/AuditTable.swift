import Manifests

/// Anyone's table, read from CSV and checked row by row.
public struct AuditTable: Codable, Sendable, Equatable {
    /// A row and what is said of it.
    public struct Row: Codable, Sendable, Equatable {
        /// The line in the file, from 1.
        public var line: Int
        /// The words of the row, joined.
        public var method: String
        /// The numbers, by the score's short name.
        public var values: [String: PaperTable.Value]
        /// Whether they fit together.
        public var audit: RowAudit
    }

    /// The rows.
    public var rows: [Row]
    /// Whether numbers are taken for percent.
    public var isPercent: Bool
    /// How many rows do not fit together.
    public var flagged: Int {
        rows.count { $0.audit.verdict == .averaged || $0.audit.verdict == .impossible }
    }

    /// Checks a published table.
    ///
    /// - Parameter table: The table.
    public init(_ table: PaperTable) {
        isPercent = true
        rows = table.rows.enumerated().map { index, row in
            Row(
                line: index + 1, method: row.method, values: row.values,
                audit: RowAudit(
                    precision: row.values["precision"], recall: row.values["recall"],
                    f1: row.values["f1"], iou: row.values["iou"]))
        }
    }

    /// Reads a CSV file: a head that names precision, recall and F1, and a row a method.
    ///
    /// - Parameter path: The file; fields are parted by commas, semicolons or tabs.
    /// - Throws: `ManifestError` (66) or `EvalError` (65) naming the line.
    public init(path: String) throws {
        let text = try WholeFile.readText(path, limit: 64 << 20)
        try self.init(text: text, path: path)
    }

    /// Reads the text of a CSV file; `path` stands in messages.
    ///
    /// - Parameters:
    ///   - text: The file's content.
    ///   - path: Its name.
    /// - Throws: `EvalError` (65) naming the line.
    public init(text: String, path: String) throws {
        let records = CSVRecords(text).records
        guard let head = records.first else { throw EvalError(.invalid, path, "is empty") }
        let columns = head.fields.map(Self.metric)
        guard Set(columns.compactMap(\.self)).isSuperset(of: ["f1"]),
            columns.contains("precision") || columns.contains("iou")
        else {
            throw EvalError(
                .invalid, path,
                "line 1 must name the columns precision, recall and f1 (or iou and f1), not \(head.fields.joined(separator: ", "))"
            )
        }
        var read: [(line: Int, words: [String], numbers: [String: (Double, Double)])] = []
        for record in records.dropFirst() {
            guard record.fields.count == columns.count else {
                throw EvalError(
                    .invalid, "\(path):\(record.line)",
                    "has \(record.fields.count) fields, the head \(columns.count)")
            }
            var words: [String] = []
            var numbers: [String: (Double, Double)] = [:]
            for (column, field) in zip(columns, record.fields) {
                guard let column else {
                    words.append(field)
                    continue
                }
                numbers[column] = try Self.number(field, "\(path):\(record.line)")
            }
            read.append((record.line, words.filter { !$0.isEmpty }, numbers))
        }
        let isPercent = read.contains { $0.numbers.values.contains { $0.0 > 1 } }
        self.isPercent = isPercent
        let unit = isPercent ? 100.0 : 1
        rows = read.map { line, words, numbers in
            let values = numbers.mapValues {
                PaperTable.Value(share: $0.0 / unit, halfUnit: $0.1 / unit)
            }
            return Row(
                line: line, method: words.joined(separator: ", "), values: values,
                audit: RowAudit(
                    precision: values["precision"], recall: values["recall"], f1: values["f1"],
                    iou: values["iou"]))
        }
    }

    private static func metric(_ title: String) -> String? {
        switch title.lowercased().filter({ $0.isLetter || $0.isNumber }) {
        case "precision", "prec", "p", "pr": "precision"
        case "recall", "rec", "r", "sensitivity": "recall"
        case "f1", "f1score", "fscore", "f", "dice": "f1"
        case "iou", "jaccard": "iou"
        default: nil
        }
    }

    /// A number and half a unit of its last digit; `nil` for an empty field or a dash.
    private static func number(_ field: String, _ place: String) throws -> (Double, Double)? {
        let text = field.filter { !$0.isWhitespace && $0 != "%" }
        if text.isEmpty || text == "-" || text == "–" { return nil }
        guard let value = Double(text), value >= 0, value <= 100,
            text.allSatisfy({ $0.isNumber || $0 == "." })
        else { throw EvalError(.invalid, place, "\"\(field)\" is no number in 0 … 100") }
        let decimals =
            text.split(separator: ".", omittingEmptySubsequences: false).dropFirst().first?.count
            ?? 0
        return (value, (0..<decimals).reduce(0.5) { half, _ in half / 10 })
    }
}

/// The records of a CSV text, with their lines: quotes as RFC 4180 has them, byte-order mark and blank lines left out.
struct CSVRecords {
    struct Record {
        let line: Int
        let fields: [String]
    }

    let records: [Record]

    init(_ text: String) {
        let scalars = Array(text.unicodeScalars.drop { $0.value == 0xFEFF })
        let head = scalars.prefix { $0 != "\n" }
        let parting =
            ["\t", ";", ","].max { a, b in
                head.count { String($0) == a } < head.count { String($0) == b }
            }.flatMap(\.unicodeScalars.first) ?? ","
        var found: [Record] = []
        var fields: [String] = []
        var field = String.UnicodeScalarView()
        var (line, start, isQuoted, index) = (1, 1, false, 0)
        func trimmed(_ field: String.UnicodeScalarView) -> String {
            String(
                String(field).drop { $0 == " " }.reversed().drop { $0 == " " || $0 == "\r" }
                    .reversed())
        }
        func end() {
            fields.append(trimmed(field))
            if fields != [""] { found.append(Record(line: start, fields: fields)) }
            fields = []
            field = .init()
        }
        while index < scalars.count {
            let scalar = scalars[index]
            if scalar == "\n" { line += 1 }
            if isQuoted {
                if scalar == "\"", index + 1 < scalars.count, scalars[index + 1] == "\"" {
                    field.append(scalar)
                    index += 1
                } else if scalar == "\"" {
                    isQuoted = false
                } else {
                    field.append(scalar)
                }
            } else if scalar == "\"" {
                isQuoted = true
            } else if scalar == parting {
                fields.append(trimmed(field))
                field = .init()
            } else if scalar == "\n" {
                end()
                start = line
            } else {
                field.append(scalar)
            }
            index += 1
        }
        if !field.isEmpty || !fields.isEmpty { end() }
        records = found
    }
}
