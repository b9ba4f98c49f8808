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
            encoderFile: plan.encoder, stride: plan.stride, device: plan.device)
        let images = try (0..<2).map { try pair.image($0, bands: features.bands, from: store) }
        let width = (pair.records[0].width + plan.stride - 1) / plan.stride
        var methods: [WordsReport.Method] = []
        var maps: [[[Int]]] = []
        for method in WordMethod.allCases {
            onMethod(method.rawValue)
            let labels = try words(method, images, features)
            methods.append(compare(method, labels, classes, width: width))
            maps.append(labels)
        }
        let report = WordsReport(
            place: pair.place, tiles: pair.records.map(\.id), words: plan.words,
            stride: plan.stride, methods: methods)
        let sheet = WordsSheet(
            title: "\(pair.place)  K=\(plan.words)", width: width, words: plan.words,
            photographs: images.map { WordsSheet.photograph($0, features.bands, plan.stride) },
            classes: classes, names: WordMethod.allCases.map(\.rawValue), maps: maps)
        try AtomicFile.write(sheet.draw().png(), to: "\(plan.output)/words.png")
        try AtomicFile.write(
            encodeCanonicalJSON(report, pretty: true), to: "\(plan.output)/words.json")
        try plan.record(place: pair.place).write(to: plan.output)
        return report
    }

    /// The class of every place.
    private func classes(_ path: String, _ record: TileRecord) throws -> [Int] {
        let size = try PixelSize(width: record.width, height: record.height)
        guard let whole = try ClassMap(path: path).cut(transform: record.transform, size: size)
        else {
            throw ManifestError(
                .invalid, path: path,
                "does not cover the tile \(record.id) with pixels of the same size and place")
        }
        return stride(from: 0, to: size.height, by: plan.stride).flatMap { row in
            stride(from: 0, to: size.width, by: plan.stride).map { whole[row * size.width + $0] }
        }
    }

    /// The words of both dates: found on the first, applied to both.
    private func words(
        _ method: WordMethod, _ images: [Tensor], _ features: WordFeatures
    ) throws -> [[Int]] {
        let points = try images.map { try features.features(method, of: $0) }
        guard plan.words <= points[0].size(0) else {
            throw ManifestError(
                .configuration, path: "--words",
                "\(plan.words) words are more than the \(points[0].size(0)) places")
        }
        return try Torch.attempt {
            noGradient {
                let means = KMeans(points[0], k: plan.words, seed: plan.seed)
                return points.map { means.labels($0).values(as: Int64.self).map { Int($0) } }
            }
        }
    }

    private func compare(
        _ method: WordMethod, _ labels: [[Int]], _ classes: [Int]?, width: Int
    ) -> WordsReport.Method {
        let same = zip(labels[0], labels[1]).count { $0 == $1 }
        return WordsReport.Method(
            name: method.rawValue,
            classes: classes.map { ClusterAgreement(classes: $0, groups: labels[0]) },
            borders: classes.map {
                BoundaryAgreement(classes: $0, groups: labels[0], width: width)
            }, sameWord: Double(same) / Double(labels[0].count),
            dates: ClusterAgreement(classes: labels[0], groups: labels[1]))
    }
}
