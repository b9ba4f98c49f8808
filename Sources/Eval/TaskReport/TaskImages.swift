import Foundation
import Manifests
import Metrics

/// Images of some places: what the methods read, the truth, what they called, and where they erred.
struct TaskImages {
    /// A sample that is shown, and why.
    struct Choice: Equatable {
        let key: String
        /// Its place in the order of scores, from 1; `nil` where no score is defined.
        let rank: Int?
        /// How many samples have a score.
        let count: Int
        /// The score, mean over the methods.
        let score: Double?
    }

    private let runs: [(title: String, run: TaskRun)]
    private let scores: [[Double?]]
    private let limit: Int

    /// Images of the first runs of methods that were scored on pixels.
    ///
    /// - Parameters:
    ///   - methods: The methods.
    ///   - limit: How many places are shown at most.
    init(_ methods: [ScoredMethod], limit: Int) {
        let shown = methods.filter { $0.group.runs[0].isOfPixels }
        runs = shown.map { ($0.group.title, $0.group.runs[0]) }
        scores = shown.map(\.runs[0].itemScores)
        self.limit = limit
    }

    /// How places are chosen, for people.
    static func rule(_ task: TaskKind) -> String {
        "Places are chosen by rule: ranked by \(MetricName.leading(task).title) of each for itself, mean over the methods, and "
            + "taken at even steps from the best to the worst."
    }

    /// The samples that are shown: ranks at even steps from the best to the worst; one alone is the median.
    ///
    /// Samples without a defined score are shown only where no other is there. Equal scores keep the order of the samples.
    static func choices(_ keys: [String], _ scores: [[Double?]], limit: Int) -> [Choice] {
        guard limit > 0 else { return [] }
        let means = keys.indices.map { index in
            MeanAndSpread(of: scores.map { $0[index] }).mean
        }
        let ranked = keys.indices.filter { means[$0] != nil }.sorted {
            let (first, second) = (means[$0] ?? 0, means[$1] ?? 0)
            return first == second ? $0 < $1 : first > second
        }
        guard let last = ranked.indices.last else {
            return keys.prefix(limit).map { Choice(key: $0, rank: nil, count: 0, score: nil) }
        }
        let places =
            limit == 1
            ? [last / 2]
            : limit > last
                ? Array(0...last) : (0..<limit).map { ($0 * last + (limit - 1) / 2) / (limit - 1) }
        return places.map { place in
            Choice(
                key: keys[ranked[place]], rank: place + 1, count: ranked.count,
                score: means[ranked[place]])
        }
    }

    /// One block a place, of the first runs of all methods; what a run lacks is left out.
    /// - Throws: `EvalError` or `ManifestError`: 65 or 66 naming the file.
    func blocks() throws -> [Document.Block] {
        guard let first = runs.first?.run else { return [] }
        let keys = first.record.items.map(\.key)
        let fitting = zip(runs, scores).filter { $0.0.run.record.items.map(\.key) == keys }
        return try Self.choices(keys, fitting.map(\.1), limit: limit).map { choice in
            let pictures = try fitting.flatMap { entry, _ in
                try TaskPicture(PredictedImage(entry.run, key: choice.key), entry.run)
                    .calls(titled: entry.title)
            }
            let truth = try TaskPicture(PredictedImage(first, key: choice.key), first).truth()
            return .images(
                .init(
                    title: choice.key, images: try photographs(choice.key) + [truth] + pictures,
                    note: Self.note(choice, first.record.task),
                    legend: TaskPicture.legend(first.record)))
        }
    }

    private static func note(_ choice: Choice, _ task: TaskKind) -> String {
        let title = MetricName.leading(task).title
        guard let rank = choice.rank else { return "\(title) is undefined here." }
        let word =
            rank == 1 && choice.count > 1
            ? ", the best" : rank == choice.count && rank > 1 ? ", the worst" : ""
        return "\(title) \(NumberText.percent(choice.score)) %: \(rank) of \(choice.count)\(word)."
    }

    /// The quicklooks that the first run with any kept of a place; none of runs of older versions.
    private func photographs(_ key: String) throws -> [Report.Panel] {
        for (_, run) in runs {
            let panels = try [("before", "Before"), ("after", "After"), ("image", "Image")]
                .compactMap {
                    name, title -> Report.Panel? in
                    let path = "\(run.folder)/panels/\(key)/\(name).png"
                    guard FileManager.default.fileExists(atPath: path) else { return nil }
                    return try PNGPanel.read(
                        WholeFile.read(path, limit: 16 << 20), role: title, path: path)
                }
            if !panels.isEmpty { return panels }
        }
        return []
    }
}
