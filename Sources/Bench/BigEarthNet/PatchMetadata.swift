import CArrow
import Manifests

/// The rows of version 2's metadata, from `metadata.parquet`, else from `metadata.csv`.
struct PatchMetadata {
    private(set) var names = NameList()
    private(set) var partners = NameList()
    private(set) var split: [UInt8] = []
    private(set) var labels: [UInt64] = []
    /// The country of each; empty where a table does not tell.
    private(set) var countries = PatchCountries()
    /// Where the rows are from.
    private(set) var source = ""
    /// The Parquet files that were read; nothing published proves the same table as CSV.
    private(set) var files: [String] = []

    private static let columns = ["patch_id", "labels", "split", "s1_name"]
    private static let country = "country"

    /// Reads one or two tables of a folder, each as Parquet or as CSV.
    ///
    /// - Throws: `BenchError` or `ManifestError`: 66 for a table that is in neither form, 65 for one that is damaged.
    init(root: String, tables: [String]) throws {
        for table in tables {
            let (parquet, csv) = ("\(root)/\(table).parquet", "\(root)/\(table).csv")
            if FileSystem.isFile(parquet) {
                try take(parquet: parquet)
            } else if FileSystem.isFile(csv) {
                try take(csv: csv)
            } else {
                throw BenchError(
                    .missing,
                    "\(parquet): not there, nor \(table).csv; get it from zenodo.org/records/10891137"
                )
            }
            // Of two tables both tell, or nobody knows.
            if countries.count != names.count { countries = PatchCountries() }
        }
    }

    private mutating func take(parquet path: String) throws {
        source = path
        files.append(path)
        var columns = Self.columns.map { ParquetTable.Column(name: $0) }
        columns[1].kind = CARROW_TEXT_LIST
        columns.append(.init(name: Self.country, kind: CARROW_TEXT_IF_THERE))
        let table = try ParquetTable(path, columns: columns)
        let hasCountry = table.has(4)
        for row in 0..<table.rows {
            if hasCountry { try countries.append(table.text(4, row), of: path) }
            try add(
                table.text(0, row), partner: table.text(3, row), part: table.text(2, row),
                labels: table.list(1, row).lazy.map { table.text(1, $0) }, line: row + 1, of: path)
        }
    }

    private mutating func take(csv path: String) throws {
        source = path
        var parser = CSVTable(try WholeFile.read(path, limit: 1 << 30), path: path)
        guard let header = try parser.next() else {
            throw BenchError(.invalid, "\(path): is empty; get it again")
        }
        let places = try Self.columns.map { column in
            guard let place = header.firstIndex(where: { $0.elementsEqual(column.utf8) }) else {
                throw BenchError(.invalid, "\(path): has no column \(column); get it again")
            }
            return place
        }
        let country = header.firstIndex { $0.elementsEqual(Self.country.utf8) }
        while let fields = try parser.next() {
            guard fields.count == header.count else {
                throw BenchError(
                    .invalid,
                    "\(path): line \(parser.line): \(fields.count) fields where the header has \(header.count); get it again"
                )
            }
            if let country { try countries.append(fields[country], of: path) }
            let labels = CSVTable.texts(inList: fields[places[1]])
            try fields[places[0]].withUnsafeBytes { name in
                try fields[places[3]].withUnsafeBytes { partner in
                    try fields[places[2]].withUnsafeBytes { part in
                        try add(
                            name, partner: partner, part: part, labels: labels, line: parser.line,
                            of: path)
                    }
                }
            }
        }
    }

    private mutating func add(
        _ name: UnsafeRawBufferPointer, partner: UnsafeRawBufferPointer,
        part: UnsafeRawBufferPointer, labels: some Sequence<some Collection<UInt8>>, line: Int,
        of path: String
    ) throws {
        guard Self.isName(name), name.starts(with: "S2".utf8) else {
            throw fault(path, line, name, expected: "a patch's name")
        }
        guard Self.isName(partner), partner.starts(with: "S1".utf8) else {
            throw fault(path, line, partner, expected: "the name of a Sentinel-1 patch")
        }
        names.append(name)
        partners.append(partner)
        split.append(try place(of: part, path, line))
        var bits: UInt64 = 0
        for label in labels {
            guard let place = CORINEClass.places19[String(decoding: label, as: UTF8.self)] else {
                throw fault(path, line, label, expected: "one of the 19 classes")
            }
            bits |= 1 << UInt64(place)
        }
        self.labels.append(bits)
    }

    private static func isName(_ text: UnsafeRawBufferPointer) -> Bool {
        ListFile.isName(Array(text)[...])
    }

    private func place(
        of part: UnsafeRawBufferPointer, _ path: String, _ line: Int
    ) throws -> UInt8 {
        switch String(decoding: part, as: UTF8.self) {
        case "train": return 0
        case "validation", "val": return 1
        case "test": return 2
        default:
            throw fault(path, line, part, expected: "train, validation or test")
        }
    }

    private func fault(
        _ path: String, _ line: Int, _ text: some Collection<UInt8>, expected: String
    ) -> BenchError {
        let seen = String(decoding: text.prefix(60), as: UTF8.self).debugDescription
        let what = path.hasSuffix(".csv") ? "line" : "row"
        return BenchError(
            .invalid,
            "\(path): \(what) \(line): \(seen) where \(expected) was expected; get it again")
    }
}
