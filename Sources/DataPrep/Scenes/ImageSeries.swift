import Foundation
import Geo
import Manifests
import Raster
import Recipes

/// A time series of plain multi-band files, told by a TOML description beside them (`series.toml`).
///
/// ```toml
/// [series]
/// files = "S2A2A_*_BOA_10.tif"          # of the description's folder; or list each as [[image]]
/// date = "S2A2A_{YYYYMMDD}_*"           # where the date stands in a name; default: the first date in it
/// bands = ["B02", "B03", "B04", "B08"]  # in the order of the file's bands; "" skips one
/// scale = 0.0001                        # reflectance = number × scale + offset
/// offset = 0.0
/// nodata = 65535                        # default: what each file says, else 0
/// mask = "S2A2A_{date}_022_Barbellino_SCL_10.tif"  # optional; {name} is the image's name without suffix
/// clear = [4, 5, 6]                     # numbers of the mask that are clear; default: those of Sentinel-2's SCL
/// ```
struct ImageSeries {
    /// What the description of a folder is called.
    static let fileName = "series.toml"

    /// The scenes, one a file.
    let scenes: [Scene]

    private struct Image {
        let file: String
        let key: String
        let time: SensingTime
        let mask: String?
    }

    /// Reads a description and looks which files there are.
    ///
    /// - Throws: `ManifestError` (`configuration`) with line and column, `PrepError` for files that do not fit it.
    init(path: String) throws {
        let document = try TOMLDocument(path: path)
        try document.refuseOthers(than: ["series", "image"], in: "")
        try document.refuseOthers(
            than: ["files", "date", "bands", "scale", "offset", "nodata", "mask", "clear"],
            in: "series")
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let reader = SeriesReader(document: document, folder: folder)
        let format = try reader.format()
        scenes = try reader.images().map { try reader.scene($0.file, $0.time, $0.mask, format) }
    }
}

/// How numbers of every file of a series are read.
private struct SeriesFormat {
    let bands: [Sentinel2Band?]
    let radiometry: Radiometry
    /// What the description says; each file's own number where it says nothing.
    let noData: UInt16?
    let clear: Set<UInt16>?
}

private struct SeriesReader {
    let document: TOMLDocument
    let folder: String

    func format() throws -> SeriesFormat {
        let names = try document.required("series.bands", document.texts("series.bands"))
        let bands = try names.map { name -> Sentinel2Band? in
            guard !name.isEmpty else { return nil }
            guard let band = Sentinel2Band(name: name) else {
                throw document.failure(
                    "series.bands", atValue: true, "\"\(name)\" is no band of Sentinel-2")
            }
            return band
        }
        let known = bands.compactMap(\.self)
        guard !known.isEmpty, Set(known).count == known.count else {
            throw document.failure("series.bands", atValue: true, "must name each band once")
        }
        let scale = try document.number("series.scale") ?? 0.0001
        guard Radiometry.isSound(scale: scale, offset: nil) else {
            throw document.failure("series.scale", atValue: true, "must be 0.000001 to 1")
        }
        let offset = try document.number("series.offset") ?? 0
        guard Radiometry.isSound(scale: nil, offset: offset) else {
            throw document.failure("series.offset", atValue: true, "must be −10 to 10")
        }
        let noData = try document.number("series.nodata")
        let clear = try document["series.clear"].map { value in
            let numbers = (value.array ?? []).compactMap { $0.int.flatMap { UInt16(exactly: $0) } }
            guard !numbers.isEmpty, numbers.count == value.array?.count else {
                throw document.failure(
                    "series.clear", atValue: true, "must be a list of numbers from 0 to 65535")
            }
            return Set(numbers)
        }
        return SeriesFormat(
            bands: bands,
            radiometry: Radiometry(offset: offset / scale, quantification: 1 / scale),
            // Numbers below 0 are read as 0.
            noData: noData.map { UInt16(min(max($0.rounded(), 0), 65535)) }, clear: clear)
    }

    func images() throws -> [(file: String, time: SensingTime, mask: String?)] {
        let listed = document["image"]?.array?.count ?? 0
        let pattern = try document.text("series.files")
        guard (listed > 0) != (pattern != nil) else {
            throw ManifestError(
                .configuration, path: document.path,
                "name the images either by series.files or each as [[image]]")
        }
        let images =
            try pattern.map(matching) ?? (0..<listed).map { try self.listed("image.\($0)") }
        guard !images.isEmpty else {
            throw document.failure(
                "series.files", atValue: true, "\"\(pattern ?? "")\" fits no file in \(folder)")
        }
        return images
    }

    private func listed(_ key: String) throws -> (file: String, time: SensingTime, mask: String?) {
        try document.refuseOthers(than: ["file", "date", "mask"], in: key)
        let file = try document.required("\(key).file", document.text("\(key).file"))
        guard StoredFile("\(folder)/\(file)").exists else {
            throw document.failure("\(key).file", atValue: true, "\"\(file)\" is not in \(folder)")
        }
        var time = try self.time(file)
        if let text = try document.text("\(key).date") {
            guard let named = SensingTime(text) else {
                throw document.failure(
                    "\(key).date", atValue: true, "\"\(text)\" is no date such as 2017-07-03")
            }
            time = named
        }
        guard let time else {
            throw document.failure("\(key).file", atValue: true, "has no date; give it one: date")
        }
        let mask = try document.text("\(key).mask") ?? self.mask(file, time)
        return (file, time, mask)
    }

    private func matching(_ pattern: String) throws -> [(
        file: String, time: SensingTime, mask: String?
    )] {
        let shape = try NamePattern(pattern)
        return try StoredFile(folder).listing().filter { shape.matches($0) != nil }.map { file in
            guard let time = try time(file) else {
                throw PrepError(
                    .badData, "\(folder)/\(file)",
                    "no date in the name; say where it stands with date in \(document.path)")
            }
            return (file, time, try mask(file, time))
        }
    }

    private func time(_ file: String) throws -> SensingTime? {
        guard let pattern = try document.text("series.date") else {
            return SensingTime.found(in: file)
        }
        let shape = try NamePattern(pattern)
        guard shape.hasDate else {
            throw document.failure(
                "series.date", atValue: true, "must say where {YYYY}, {MM} and {DD} stand")
        }
        return shape.matches(file).flatMap { SensingTime($0) }
    }

    private func mask(_ file: String, _ time: SensingTime) throws -> String? {
        guard let pattern = try document.text("series.mask") else { return nil }
        let name = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
        return pattern.replacingOccurrences(of: "{name}", with: name)
            .replacingOccurrences(of: "{date}", with: String(time.label.prefix(8)))
    }

    func scene(
        _ file: String, _ time: SensingTime, _ mask: String?, _ format: SeriesFormat
    ) throws -> Scene {
        let path = "\(folder)/\(file)"
        let raster = try ForeignRaster(reading: path)
        guard raster.bandCount == format.bands.count else {
            throw document.failure(
                "series.bands", atValue: true,
                "names \(format.bands.count) bands, but \(file) has \(raster.bandCount)")
        }
        guard let type = raster.pixelType, [.uint8, .uint16, .int16].contains(type) else {
            throw PrepError(
                .badData, path,
                "pixels are not whole numbers of 8 or 16 bits; write reflectance × "
                    + "10000 as uint16")
        }
        let noData = format.noData ?? raster.nodata.flatMap { UInt16(exactly: $0) } ?? 0
        var bands: [Sentinel2Band: BandSource] = [:]
        for (index, band) in format.bands.enumerated() {
            guard let band else { continue }
            bands[band] = BandSource(
                path: path, index: index, radiometry: format.radiometry, noData: noData)
        }
        if let mask, !StoredFile("\(folder)/\(mask)").exists {
            throw PrepError(.missing, "\(folder)/\(mask)", "the mask of \(file) is missing")
        }
        return Scene(
            name: URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent,
            folder: folder, time: time, tile: MGRSTile.found(in: file), baseline: nil,
            bands: bands, expectedPath: { "\(path), as band \($0.rawValue)" },
            classification: mask.map {
                BandSource(
                    path: "\(folder)/\($0)", radiometry: .harmonised, clear: format.clear)
            }, truthPath: Scene.truth(of: path), describedBy: [document.path])
    }
}

/// A file name with `*` for anything and `{YYYY}`, `{MM}`, `{DD}`, `{hh}`, `{mm}`, `{ss}`, alone or run together.
struct NamePattern {
    private let expression: NSRegularExpression
    private let fields: [String]

    init(_ pattern: String) throws {
        var (text, fields): (String, [String]) = ("^", [])
        var rest = Substring(pattern)
        while let first = rest.first {
            if first == "{", let end = rest.firstIndex(of: "}") {
                for field in Self.split(rest[rest.index(after: rest.startIndex)..<end]) {
                    fields.append(field)
                    text += "([0-9]{\(field.count)})"
                }
                rest = rest[rest.index(after: end)...]
            } else {
                text +=
                    first == "*" ? ".*" : NSRegularExpression.escapedPattern(for: String(first))
                rest = rest.dropFirst()
            }
        }
        self.fields = fields
        expression = try NSRegularExpression(pattern: text + "$")
    }

    /// "YYYYMMDD" as "YYYY", "MM" and "DD".
    private static func split(_ text: Substring) -> [String] {
        text.reduce(into: [String]()) { parts, letter in
            if parts.last?.first == letter {
                parts[parts.count - 1].append(letter)
            } else {
                parts.append(String(letter))
            }
        }
    }

    var hasDate: Bool { ["YYYY", "MM", "DD"].allSatisfy(fields.contains) }

    /// "20170703T000000" of a name that fits, with as much of it as the pattern has; nil for one that does not.
    func matches(_ name: String) -> String? {
        let all = NSRange(name.startIndex..., in: name)
        guard let match = expression.firstMatch(in: name, range: all) else { return nil }
        var values: [String: String] = [:]
        for (index, field) in fields.enumerated() {
            values[field] = Range(match.range(at: index + 1), in: name).map { String(name[$0]) }
        }
        let date = ["YYYY", "MM", "DD"].map { values[$0] ?? "" }.joined()
        let time = ["hh", "mm", "ss"].map { values[$0] ?? "00" }.joined()
        return "\(date)T\(time)"
    }
}
