import Geo
import Manifests

/// Outlines as WKT in CSV files, a building a line, with columns `ImageId`, `BuildingId` and `PolygonWKT_Pix`.
///
/// An image without buildings has one line with the `BuildingId` −1. Only the places of lines are kept; WKT is read when asked for.
struct FootprintTable: Sendable {
    private struct Row: Sendable {
        let file: Int
        let line: Int
        let building: String
        let text: Range<Int>
    }

    private let paths: [String]
    private let bytes: [[UInt8]]
    private let rows: [String: [Row]]
    /// For each image the file that names it first.
    private let files: [String: Int]
    /// Lines that name a building of an image a second time.
    let repeated: Int

    /// Reads the lines of some files.
    ///
    /// - Throws: `BenchError`, 65, naming the line: another header, too few or many fields, quotation marks without an end.
    init(_ paths: [String]) throws {
        self.paths = paths
        bytes = try paths.map { try WholeFile.read($0, limit: 1 << 31) }
        var rows: [String: [Row]] = [:]
        var files: [String: Int] = [:]
        var seen: Set<String> = []
        var repeated = 0
        for (file, bytes) in bytes.enumerated() {
            let lines = try CSVLines(bytes, path: paths[file])
            let columns = try ["ImageId", "BuildingId", "PolygonWKT_Pix"].map(lines.column)
            try lines.forEach { line, fields in
                let image = Self.imageName(bytes, fields[columns[0]])
                let building = String(decoding: bytes[fields[columns[1]]], as: UTF8.self)
                if files[image] == nil { (files[image], rows[image]) = (file, []) }
                guard building != "-1" else { return }
                if !seen.insert("\(image)\u{0}\(building)").inserted { repeated += 1 }
                rows[image]?.append(
                    Row(file: file, line: line, building: building, text: fields[columns[2]]))
            }
        }
        (self.rows, self.files, self.repeated) = (rows, files, repeated)
    }

    /// Some files say "PAN_AOI_…" for "AOI_…".
    private static func imageName(_ bytes: [UInt8], _ field: Range<Int>) -> String {
        let name = String(decoding: bytes[field], as: UTF8.self)
        for prefix in ["PAN_", "MUL_", "3band_", "8band_"] where name.hasPrefix(prefix) {
            return String(name.dropFirst(prefix.count))
        }
        return name
    }

    /// All images that are named.
    var images: some Collection<String> { files.keys }

    /// The file that names an image.
    func path(of image: String) -> String? { files[image].map { paths[$0] } }

    /// Which of the files names an image first.
    func file(of image: String) -> Int? { files[image] }

    /// The digest of all that is said of an image, wherever it stands.
    func digest(of image: String) -> SHA256Digest {
        var text: [UInt8] = []
        for row in rows[image] ?? [] {
            text += Array("\(row.building)\t".utf8) + bytes[row.file][row.text]
            text.append(UInt8(ascii: "\n"))
        }
        return SHA256Digest(of: text)
    }

    /// Whether an image is named at all.
    func contains(_ image: String) -> Bool { rows[image] != nil }

    /// The buildings of an image, known by their lines.
    ///
    /// - Throws: `BenchError`, 65, naming the line.
    func footprints(of image: String) throws -> FootprintCollection {
        var collection = FootprintCollection(isInPixels: true)
        for row in rows[image] ?? [] {
            var feature = FootprintFeature(index: row.line, id: row.building)
            do {
                feature.polygons = try WellKnownText.polygons(bytes[row.file][row.text])
            } catch {
                throw BenchError(
                    .invalid,
                    "\(paths[row.file]):\(row.line): not valid WKT: \(error.reason); restore the file"
                )
            }
            if feature.polygons.isEmpty { feature.remark = "empty geometry" }
            collection.features.append(feature)
        }
        return collection
    }
}

/// The lines of a CSV file (RFC 4180 without line ends inside of fields), with or without byte order mark and carriage returns.
struct CSVLines {
    private let bytes: [UInt8]
    private let path: String
    private let names: [String]
    private let start: Int

    init(_ bytes: [UInt8], path: String) throws {
        (self.bytes, self.path) = (bytes, path)
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let first = bytes.starts(with: mark) ? 3 : 0
        let end = Self.end(of: bytes, from: first)
        names = try Self.fields(bytes, first..<end, path: path, line: 1).map {
            String(decoding: bytes[$0], as: UTF8.self)
        }
        start = end + 1
    }

    /// The place of a column.
    func column(_ name: String) throws -> Int {
        guard let column = names.firstIndex(of: name) else {
            throw BenchError(
                .invalid,
                "\(path):1: no column \(name) among \(names.joined(separator: ", ").prefix(200)); restore the file"
            )
        }
        return column
    }

    /// Calls `body` with the number, from 1, and the fields of each line but the header; blank lines are skipped.
    func forEach(_ body: (Int, [Range<Int>]) throws -> Void) throws {
        var (from, line) = (start, 1)
        while from < bytes.count {
            line += 1
            let end = Self.end(of: bytes, from: from)
            defer { from = end + 1 }
            let isBlank = bytes[from..<end].allSatisfy { $0 == 0x20 || $0 == 0x0D }
            guard !isBlank else { continue }
            let fields = try Self.fields(bytes, from..<end, path: path, line: line)
            guard fields.count == names.count else {
                throw BenchError(
                    .invalid,
                    "\(path):\(line): \(fields.count) fields where the header has \(names.count); restore the file"
                )
            }
            try body(line, fields)
        }
    }

    private static func end(of bytes: [UInt8], from: Int) -> Int {
        bytes[from...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
    }

    /// The fields of a line without their quotation marks.
    private static func fields(
        _ bytes: [UInt8], _ line: Range<Int>, path: String, line number: Int
    ) throws -> [Range<Int>] {
        let quote = UInt8(ascii: "\"")
        var end = line.upperBound
        if end > line.lowerBound, bytes[end - 1] == 0x0D { end -= 1 }
        var fields: [Range<Int>] = []
        var index = line.lowerBound
        while true {
            let isQuoted = index < end && bytes[index] == quote
            let first = isQuoted ? index + 1 : index
            let stop = isQuoted ? quote : UInt8(ascii: ",")
            let last = bytes[first..<end].firstIndex(of: stop) ?? end
            index = isQuoted ? last + 1 : last
            guard index <= end, index == end || bytes[index] == UInt8(ascii: ",") else {
                throw BenchError(
                    .invalid, "\(path):\(number): quotation marks that do not end; restore the file"
                )
            }
            fields.append(first..<last)
            guard index < end else { return fields }
            index += 1
        }
    }
}
