import Foundation
import Manifests

/// The runs of a study: FOLDER/VARIANT/seed-N, each with `pretrain` and `change`.
struct StudyRuns {
    /// One way to pretrain, with several seeds.
    struct Variant {
        let name: String
        /// By rising seed.
        let runs: [StudyRun]
    }

    /// The reference first, then by name.
    let variants: [Variant]
    let notices: [Report.Notice]

    /// Reads every variant.
    /// - Throws: `EvalError` or `ManifestError`: 66 where nothing is there, or the reference is not; 65 for runs that cannot be compared.
    init(_ folder: String, reference: String) throws {
        let log = try InputLog(folder: folder, role: "study")
        var variants: [Variant] = []
        var notices: [Report.Notice] = []
        for name in log.names(in: ".") {
            let (done, open) = Self.seeds(in: "\(folder)/\(name)")
            if !open.isEmpty {
                notices.append(
                    .init(
                        severity: .warning,
                        text: "\(name): \(open.joined(separator: ", ")) is not scored yet."))
            }
            guard !done.isEmpty else { continue }
            let runs = try done.map {
                try StudyRun("\(folder)/\(name)/\($0)", role: "\(name)/\($0)")
            }
            variants.append(Variant(name: name, runs: runs.sorted { $0.seed < $1.seed }))
        }
        guard let first = variants.firstIndex(where: { $0.name == reference }) else {
            throw EvalError(
                .missing, "\(folder)/\(reference)",
                "the reference has no scored run; there are: "
                    + (variants.isEmpty
                        ? "none" : variants.map(\.name).joined(separator: ", ")))
        }
        variants.insert(variants.remove(at: first), at: 0)
        try Self.checkAlike(variants, folder)
        self.variants = variants
        self.notices = notices
    }

    /// The folders seed-N that are scored, and those that are begun.
    private static func seeds(in folder: String) -> (done: [String], open: [String]) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let seeds = names.filter { $0.hasPrefix("seed-") }.sorted()
        func isScored(_ seed: String) -> Bool {
            FileManager.default.fileExists(
                atPath: "\(folder)/\(seed)/change/methods/matter/summary.json")
        }
        return (seeds.filter(isScored), seeds.filter { !isScored($0) })
    }

    /// All must be scored on the same cities by the same rules, and no seed may be there twice.
    private static func checkAlike(_ variants: [Variant], _ folder: String) throws {
        let model = variants[0].runs[0]
        for variant in variants {
            for run in variant.runs {
                let path = "\(folder)/\(variant.name)/seed-\(run.seed)"
                guard run.cities == model.cities, run.dataset == model.dataset else {
                    throw EvalError(
                        .invalid, path,
                        "was scored on other cities than \(variants[0].name)/seed-\(model.seed)")
                }
                guard run.scores == model.scores else {
                    throw EvalError(
                        .invalid, path,
                        "has other threshold rules than \(variants[0].name)/seed-\(model.seed)")
                }
            }
            guard Set(variant.runs.map(\.seed)).count == variant.runs.count else {
                throw EvalError(.invalid, "\(folder)/\(variant.name)", "holds a seed twice")
            }
        }
    }
}
