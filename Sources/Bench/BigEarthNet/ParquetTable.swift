import CArrow
import Manifests

/// Columns of text of a Parquet file, read whole.
///
/// Uses `parquet::arrow::FileReader`.
final class ParquetTable {
    /// A column wanted: its name, and what its cells are.
    struct Column {
        let name: String
        var kind = CARROW_TEXT
    }

    private let table: carrow_table
    private let columns: [Column]
    let rows: Int

    /// Reads some columns.
    ///
    /// - Throws: `BenchError`, 65: damaged, a column missing, of another type or with empty cells; `ManifestError` for what is no
    ///   file or may not be read.
    init(_ path: String, columns: [Column]) throws {
        // Arrow waits for ever at a pipe, and does not say why it may not open a file.
        _ = try WholeFile.size(of: path)
        let kinds = columns.map { Int32(bitPattern: $0.kind.rawValue) }
        let names = columns.map { $0.name.utf8CString }
        let table = Self.withPointers(names) { carrow_read(path, $0, kinds, kinds.count) }
        guard let table else {
            throw BenchError(
                .invalid,
                "\(path): \(String(cString: carrow_error())); get it again, or put the same table beside it as metadata.csv and take this file away"
            )
        }
        self.table = table
        self.columns = columns
        rows = Int(carrow_rows(table))
    }

    deinit { carrow_free(table) }

    private static func withPointers<Result>(
        _ texts: [ContiguousArray<CChar>],
        _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
    ) -> Result {
        func next(_ index: Int, _ pointers: [UnsafePointer<CChar>?]) -> Result {
            guard index < texts.count else { return body(pointers) }
            return texts[index].withUnsafeBufferPointer {
                next(index + 1, pointers + [$0.baseAddress])
            }
        }
        return next(0, [])
    }

    /// Whether a column is there that may be missing.
    func has(_ column: Int) -> Bool { carrow_offsets(table, column) != nil }

    /// The bytes of text `index` of a column.
    func text(_ column: Int, _ index: Int) -> UnsafeRawBufferPointer {
        let offsets = carrow_offsets(table, column)
        let bytes = carrow_bytes(table, column)
        guard let offsets, let bytes else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(
            start: bytes + Int(offsets[index]), count: Int(offsets[index + 1] - offsets[index]))
    }

    /// Which texts of a column of lists a row has.
    func list(_ column: Int, _ row: Int) -> Range<Int> {
        guard let lists = carrow_lists(table, column) else { return row..<row + 1 }
        return Int(lists[row])..<Int(lists[row + 1])
    }
}
