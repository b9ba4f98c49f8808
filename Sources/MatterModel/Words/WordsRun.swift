import Geo
import Manifests
import Pictures
import Store
import Tensors

/// Makes visual words of a tile by every method, and compares them.
public struct WordsRun {
    private let plan: WordsPlan

    /// Prepares a run; nothing is read or written yet.
    public init(_ plan: WordsPlan) {
        self.plan = plan
    }

    /// Writes `words.png`, `words.json` and `run.json`.
    ///
    /// - Parameter onMethod: called with each method's name before it begins.
    /// - Returns: what `words.json` holds.
    /// - Throws: `ManifestError`, `StoreError`, `TrainingError`, `TorchError`.
    public func run(onMethod: (String) -> Void = { _ in }) throws -> WordsReport {
        let pair = try TilePair(plan.place, in: plan.tiles)
        let classes = try plan.classes.map { try self.classes($0, pair.records[0]) }
        let lock = try FolderLock(folder: plan.output)
        defer { withExtendedLifetime(lock) {} }
        let store = try SampleStore("\(plan.tiles)/store", for: .reading)
        let features = try WordFeatures(
            encoderFile: plan.encoder, backboneFile: plan.backbone, stride: plan.stride,
            device: plan.device)
        let clear = try (0..<2).map { try pair.clear($0, stride: plan.stride, from: store) }
        let both = zip(clear[0], clear[1]).map { $0 && $1 }
        guard both.contains(true) else {
            throw ManifestError(
                .invalid, path: pair.place,
                "has no place that is clear at both dates; name another by --place")
        }
        let images = try (0..<2).map { try pair.image($0, bands: features.bands, from: store) }
        let valid = try (0..<2).map { try pair.valid($0, from: store) }
        let width = (pair.records[0].width + plan.stride - 1) / plan.stride
        var methods: [WordsReport.Method] = []
        var maps: [[[Int]]] = []
        for method in WordMethod.allCases {
            onMethod(name(method))
            let labels = try words(method, images, valid, features, clear: clear[0])
            methods.append(compare(method, labels, classes, clear[0], both, width: width))
            maps.append(labels)
        }
        let report = WordsReport(
            place: pair.place, tiles: pair.records.map(\.id), words: plan.words,
            stride: plan.stride,
            clear: Double(both.count { $0 }) / Double(both.count), methods: methods)
        let sheet = WordsSheet(
            title: "\(pair.place)  K=\(plan.words)", width: width, words: plan.words,
            photographs: images.map { WordsSheet.photograph($0, features.bands, plan.stride) },
            classes: classes, names: WordMethod.allCases.map(name), maps: maps, clear: clear)
        try AtomicFile.write(sheet.draw().png(), to: "\(plan.output)/words.png")
        try AtomicFile.write(
            encodeCanonicalJSON(report, pretty: true), to: "\(plan.output)/words.json")
        try plan.record(place: pair.place).write(to: plan.output)
        return report
    }

    private func name(_ method: WordMethod) -> String {
        method.name(hasBackbone: plan.backbone != nil)
    }

    /// The class of every place.
    private func classes(_ path: String, _ record: TileRecord) throws -> [Int] {
        let size = try PixelSize(width: record.width, height: record.height)
        let map = try ClassMap(path: path)
        // Zones overlap in their numbers, but not on the ground.
        if let code = map.epsg, record.crs.hasPrefix("EPSG:"), record.crs != "EPSG:\(code)" {
            throw ManifestError(
                .invalid, path: path,
                "is in EPSG:\(code), but the tile \(record.id) in \(record.crs); give one of that zone"
            )
        }
        guard let whole = map.cut(transform: record.transform, size: size) else {
            throw ManifestError(
                .invalid, path: path,
                "does not cover the tile \(record.id) with pixels of the same size and place")
        }
        return stride(from: 0, to: size.height, by: plan.stride).flatMap { row in
            stride(from: 0, to: size.width, by: plan.stride).map { whole[row * size.width + $0] }
        }
    }

    /// The words of both dates: found on what is clear of the first, applied to both.
    private func words(
        _ method: WordMethod, _ images: [Tensor], _ valid: [Tensor], _ features: WordFeatures,
        clear: [Bool]
    ) throws -> [[Int]] {
        let points = try zip(images, valid).map {
            try features.features(method, of: $0, valid: $1)
        }
        let seen = clear.indices.filter { clear[$0] }.map { Int64($0) }
        guard plan.words <= seen.count else {
            throw ManifestError(
                .configuration, path: "--words",
                "\(plan.words) words are more than the \(seen.count) clear places")
        }
        return try Torch.attempt {
            noGradient {
                let means = KMeans(
                    points[0].indexSelect(0, Tensor(seen)), k: plan.words, seed: plan.seed)
                return points.map { means.labels($0).values(as: Int64.self).map { Int($0) } }
            }
        }
    }

    /// Compares what can be seen: `clear` at the first date, `both` at both.
    private func compare(
        _ method: WordMethod, _ labels: [[Int]], _ classes: [Int]?, _ clear: [Bool],
        _ both: [Bool], width: Int
    ) -> WordsReport.Method {
        let (first, second) = (Self.seen(labels[0], both), Self.seen(labels[1], both))
        let same = zip(first, second).count { $0 == $1 }
        return WordsReport.Method(
            name: name(method),
            classes: classes.map {
                ClusterAgreement(
                    classes: Self.seen($0, clear), groups: Self.seen(labels[0], clear))
            },
            borders: classes.map {
                BoundaryAgreement(classes: $0, groups: labels[0], width: width, clear: clear)
            }, sameWord: Double(same) / Double(first.count),
            dates: ClusterAgreement(classes: first, groups: second))
    }

    private static func seen(_ labels: [Int], _ clear: [Bool]) -> [Int] {
        zip(labels, clear).compactMap { $1 ? $0 : nil }
    }
}
