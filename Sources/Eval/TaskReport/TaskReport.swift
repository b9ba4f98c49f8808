import Manifests

/// A report of tasks: scores under every protocol, spreads, differences, curves, classes, cities and images.
package enum TaskReport {
    /// What a report is made from.
    package struct Request: Sendable {
        /// Run folders and sweeps.
        package var runs: [String]
        /// How to score; the first protocol leads.
        package var protocols: [ScoreProtocol]
        /// How resamples are drawn.
        package var resampling = ResamplingPlan()
        /// The headline; `nil` for one made of task and data set.
        package var title: String?
        /// A part of the title of the method that others are compared with; `nil` for the first.
        package var reference: String?
        /// Which share of the reference's final validation score is the target of convergence.
        package var share = 0.95
        /// What a reader must know that the runs do not say, such as that their data are made up.
        package var cautions: [String] = []
        /// How many places are shown as images.
        package var images = 6
        /// Whether runs that leave a doubt are refused.
        package var isStrict = false

        /// Names what to report on.
        package init(runs: [String], protocols: [ScoreProtocol]) {
            self.runs = runs
            self.protocols = protocols
        }
    }

    /// Reads, scores and tells.
    /// - Throws: `EvalError` or `ManifestError`: 66 naming what is missing, 65 naming what is wrong.
    package static func document(_ request: Request) throws -> Document {
        let scored = try ScoredRuns(
            request.runs, protocols: request.protocols, resampling: request.resampling)
        if request.isStrict { try scored.requireNoDoubts() }
        let sheet = ScoreSheet(scored)
        let first = scored.methods[0]
        var notices =
            request.cautions.map { Report.Notice(severity: .warning, text: $0) } + sheet.notices
            + untrained(scored.methods.map(\.group))
        var comparison: Comparison?
        if scored.methods.count > 1 {
            do {
                comparison = try Comparison(
                    scored,
                    request.protocols.first { $0.tasks.contains(first.group.record.task) }
                        ?? request.protocols[0], metric: nil, reference: request.reference)
            } catch let error as EvalError where error.code == .invalid {
                notices.append(.init(severity: .warning, text: "No comparison: \(error.message)."))
            }
        }
        notices += comparison.map(cautions) ?? []
        let convergence = ConvergenceSheet(
            scored.methods.map(\.group), metric: nil, reference: request.reference,
            share: request.share, seed: request.resampling.seed)
        let parts = TaskSections(
            sheet: sheet, comparison: comparison, convergence: convergence,
            images: try TaskImages(scored.methods, limit: request.images).blocks())
        let record = first.group.record
        return Document(
            kind: "tasks", eyebrow: "\(record.dataset) · \(record.task.rawValue) · \(record.split)",
            title: request.title ?? "\(record.task.title) on \(record.dataset)", lede: parts.lede,
            facts: parts.facts, notices: notices, sections: parts.sections,
            checks: checks(scored.methods),
            definitions: parts.definitions, inputs: sheet.inputs,
            data: .object([
                "scores": try JSONValue(encoding: sheet),
                "comparison": try comparison.map { try JSONValue(encoding: $0) } ?? .null,
                "convergence": try convergence.map { try JSONValue(encoding: $0) } ?? .null,
            ]))
    }

    /// What is wrong with the differences, each once with the methods that it is said of.
    private static func cautions(_ comparison: Comparison) -> [Report.Notice] {
        var told: [(text: String, methods: [String])] = []
        for pair in comparison.pairs {
            guard let text = pair.caution else { continue }
            let place = told.firstIndex { $0.text == text }
            if let place { told[place].methods.append(pair.method) }
            if place == nil { told.append((text, [pair.method])) }
        }
        return told.map { text, methods in
            let names = methods.map { "“\($0)”" }.joined(separator: ", ")
            return .init(severity: .warning, text: "Difference of \(names): \(text).")
        }
    }

    /// Whether every method was scored on all images of the first, and can be compared with it.
    private static func checks(_ methods: [ScoredMethod]) -> [Document.Check] {
        methods.map { method in
            let (record, groups) = (method.group.record, method.group.runs[0].groups.names.count)
            let reason = method.reasonNotToCompare(with: methods[0])
            return Document.Check(
                group: "scored on all images", name: method.group.title, isMet: reason == nil,
                message: reason
                    ?? "\(record.items.count) images in \(groups) groups, by each of \(method.runs.count) seeds"
            )
        }
    }

    /// Why methods that were not trained by steps have no place among the curves.
    private static func untrained(_ groups: [RunGroup]) -> [Report.Notice] {
        let titles = groups.filter { group in
            group.runs.allSatisfy { !$0.curve.isOfTraining }
        }.map { "“\(Markup.shortened($0.title))”" }
        guard !titles.isEmpty else { return [] }
        return [
            .init(
                severity: .note,
                text:
                    "No convergence is told of \(titles.joined(separator: ", ")): features were computed once, and each "
                    + "validation is of another setting of the probe, not of a later step.")
        ]
    }
}
