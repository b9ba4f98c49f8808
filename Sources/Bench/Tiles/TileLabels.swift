import Manifests
import Store

/// Labels of tiles, a line a tile: {"tile": id, "label": "forest"}, or {"tile": id, "labels": ["forest", "water"]}.
///
/// All lines are of one of the two forms. "split" may stand beside it: the split that the tile is in, whatever else says.
struct TileLabels {
    /// The classes, sorted by their names' bytes.
    let classes: [String]
    /// What each tile is labelled with.
    let targets: [String: SampleTarget]
    /// The splits that lines name.
    let splits: [String: String]

    private struct Line: Decodable {
        let tile: String
        let label: String?
        let labels: [String]?
        let split: String?
    }

    /// Reads labels.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - tiles: the ids of all tiles.
    /// - Throws: `BenchError`, 66 where there is no such file; 65: a line without label, both forms, a tile twice or unknown; `ManifestError` for what is no JSON.
    init(path: String, tiles: Set<String>) throws {
        guard FileSystem.isFile(path) else {
            throw BenchError(
                .missing, "\(path): no such file; name the labels with --option labels=FILE")
        }
        let lines = try JSONLinesReader.read(Line.self, from: path).whole(path)
        let isSingle = lines.first?.label != nil
        var names: [String: [String]] = [:]
        var splits: [String: String] = [:]
        for line in lines {
            guard tiles.contains(line.tile) else {
                throw BenchError(
                    .invalid, "\(path): \(line.tile) is no tile of the manifest; remove its line")
            }
            guard (line.label != nil) == isSingle, (line.labels != nil) == !isSingle else {
                throw BenchError(
                    .invalid,
                    "\(path): \(line.tile): expected \(isSingle ? "\"label\"" : "\"labels\"") as in the first line"
                )
            }
            let own = line.labels ?? [line.label].compactMap(\.self)
            guard names.updateValue(own, forKey: line.tile) == nil else {
                throw BenchError(.invalid, "\(path): \(line.tile) stands twice; remove one line")
            }
            splits[line.tile] = line.split
        }
        let classes = Set(names.values.joined()).sorted {
            $0.utf8.lexicographicallyPrecedes($1.utf8)
        }
        let places = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
        targets = names.mapValues { own in
            if isSingle { return .category(places[own[0]] ?? 0) }
            return .categories(classes.map { own.contains($0) ? 1 : 0 })
        }
        (self.classes, self.splits) = (classes, splits)
    }
}

extension JSONLines {
    /// The lines of a file that is published whole: what stands behind the last line's end is never left out without a word.
    ///
    /// - Throws: `BenchError`, 65.
    func whole(_ path: String) throws -> [Record] {
        guard !hasTornTail else {
            throw BenchError(
                .invalid,
                "\(path): the last line has no end: the file is cut off, or lacks a line end there; restore it, or add one"
            )
        }
        return records
    }
}
