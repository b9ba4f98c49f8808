import Manifests
import Recipes

/// A published table as data; a cell that nobody published is absent, never guessed.
public struct PaperTable: Codable, Sendable, Equatable {
    /// A published number as it was printed.
    public struct Value: Codable, Sendable, Equatable {
        /// The number as a share: 0.4948 where 49.48 was printed.
        public var share: Double
        /// Half a unit of the last printed digit, as a share.
        public var halfUnit: Double

        /// Takes a number as it was printed.
        ///
        /// - Parameters:
        ///   - share: The number as a share.
        ///   - halfUnit: Half a unit of the last printed digit, as a share.
        public init(share: Double, halfUnit: Double) {
            self.share = share
            self.halfUnit = halfUnit
        }

        /// The least and the greatest share that is printed so.
        var range: ClosedRange<Double> { max(0, share - halfUnit)...(share + halfUnit) }
    }

    /// A published row.
    public struct Row: Codable, Sendable, Equatable {
        /// A name that is unique in the table.
        public var id: String
        /// The method, as it is printed.
        public var method: String
        /// What else the table says of it, by key; "protocol" where it is not that of the table.
        public var facts: [String: String]
        /// The numbers, by the score's short name.
        public var values: [String: Value]
        /// Words of our runs that repeat this row; all must be there.
        ///
        /// They are looked for in a run's title, with "architecture NAME" and "weights of a file" behind it.
        public var ours: [String]
    }

    /// Its short name.
    public var name: String
    /// Its name for people.
    public var title: String
    /// What the task asks.
    public var task: TaskKind
    /// The data set.
    public var dataset: String
    /// Where it was published.
    public var source: String
    /// The protocol, as far as it is told.
    public var `protocol`: String
    /// The rows, in the order of printing.
    public var rows: [Row]

    /// Reads a table.
    ///
    /// - Parameter path: A file of `reports/reference`.
    /// - Throws: `ManifestError`: 66, or 78 with line and column.
    public init(path: String) throws {
        let document = try TOMLDocument(path: path)
        func text(_ key: String) throws -> String {
            guard let text = document.value[key]?.string else {
                throw document.failure(key, atValue: true, "must be text")
            }
            return text
        }
        name = try text("name")
        title = try text("title")
        dataset = try text("dataset")
        source = try text("source")
        self.protocol = try text("protocol")
        guard let task = TaskKind(rawValue: try text("task")) else {
            throw document.failure("task", atValue: true, "is no task")
        }
        self.task = task
        guard let half = document.value["decimals"].flatMap(Self.half) else {
            throw document.failure("decimals", atValue: true, "must be a whole number in 0 … 6")
        }
        guard let rows = document.value["row"]?.array, !rows.isEmpty else {
            throw document.failure("row", atValue: false, "is missing: the table has no [[row]]")
        }
        self.rows = try rows.enumerated().map { index, row in
            try Self.row(row, half) { document.failure("row.\(index).\($0)", atValue: true, $1) }
        }
        let ids = self.rows.map(\.id)
        if let twice = ids.first(where: { id in ids.count { $0 == id } > 1 }) {
            throw document.failure("row", atValue: false, "has the id \(twice) twice")
        }
    }

    /// Half a unit of the last of so many digits behind the point, as a share.
    private static func half(_ decimals: JSONValue) -> Double? {
        guard let decimals = decimals.int, (0...6).contains(decimals) else { return nil }
        return (0..<decimals).reduce(0.5) { half, _ in half / 10 } / 100
    }

    private static func row(
        _ row: JSONValue, _ half: Double, _ failure: (String, String) -> ManifestError
    ) throws -> Row {
        guard let id = row["id"]?.string else { throw failure("id", "must be text") }
        guard let method = row["method"]?.string else { throw failure("method", "must be text") }
        guard let half = row["decimals"].map(Self.half) ?? half else {
            throw failure("decimals", "must be a whole number in 0 … 6")
        }
        var facts: [String: String] = [:]
        var values: [String: Value] = [:]
        let known = ["id", "method", "ours", "decimals"]
        for (key, value) in row.object ?? [:] where !known.contains(key) {
            if MetricName(rawValue: key) != nil {
                guard let number = value.double, (0...100).contains(number) else {
                    throw failure(key, "must be a number of percent in 0 … 100")
                }
                values[key] = Value(share: number / 100, halfUnit: half)
            } else if key == "labels" {
                guard let share = value.double, share > 0, share <= 1 else {
                    throw failure(key, "must be a share in 0 … 1")
                }
                facts[key] = NumberText.fixed(share * 100, decimals: 0) + " %"
            } else if let text = value.string {
                facts[key] = text
            } else {
                throw failure(key, "is no score, and no text")
            }
        }
        let ours = (row["ours"]?.array ?? []).compactMap(\.string)
        return Row(id: id, method: method, facts: facts, values: values, ours: ours)
    }
}
