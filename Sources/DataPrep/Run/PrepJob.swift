import Foundation
import Manifests

/// What a recipe wants published of its tiles.
public struct PublishOrder: Hashable, Sendable {
    /// The forms, each in a folder of its name below `folder`; none for no publication.
    public var formats: [ExportFormat] = []
    /// Where to; `nil` for `published` in the output folder.
    public var folder: String?
    /// What is said of the data.
    public var about = Publication.About()

    /// Nothing.
    public init() {}
}

/// All that one recipe asks for: tiles, then the ground that did not change, then the tiles as others read them.
///
/// Each step has a folder and a `run.json` of its own and goes on where it was. A shard has not all dates of a tile, so it is cut
/// and nothing more; what follows is done by the same recipe on the merged folder.
public struct PrepJob: Sendable {
    /// The tiles.
    public let plan: PrepPlan
    /// How unchanged ground is looked for; `nil` where it is not.
    public let unchanged: UnchangedSettings?
    /// What is published.
    public let publish: PublishOrder

    /// A job.
    /// - Throws: `PrepError`: `usage` for settings that make no sense, `configuration` for unchanged ground without alignment.
    public init(
        _ plan: PrepPlan, unchanged: UnchangedSettings? = nil,
        publish: PublishOrder = PublishOrder()
    ) throws {
        try unchanged?.check()
        guard unchanged == nil || plan.settings.aligns else {
            throw PrepError(
                .configuration, "[unchanged]",
                "is looked for on aligned dates only; set alignment.enabled = true, or leave it out"
            )
        }
        self.plan = plan
        self.unchanged = unchanged
        self.publish = publish
    }

    /// The folder a form is published in.
    public func target(of format: ExportFormat) -> String {
        "\(publish.folder ?? "\(plan.output)/published")/\(format.rawValue)"
    }

    /// Whether anything follows the tiles.
    public var hasMore: Bool { plan.shard == nil && (unchanged != nil || !publish.formats.isEmpty) }

    /// What became of a job.
    public struct Report: Sendable {
        /// The tiles.
        public var tiles: PrepReport
        /// The unchanged ground, where it was looked for.
        public var unchanged: UnchangedReport?
        /// Files written, by form.
        public var published: [ExportFormat: Int] = [:]
    }

    /// Does it.
    ///
    /// - Parameters:
    ///   - threads: how many decode, resample and encode; one for each core if nil.
    ///   - adopts: whether the tiles' folder is gone on with where the plan has more of the same.
    ///   - checkStop: throws when the work should end; asked between tiles.
    ///   - onEvent: told what happens.
    /// - Returns: what became of each step.
    /// - Throws: `PrepError`, `RasterError`, `ManifestError`, `StoreError`; each names file, cause and what to do. That a later
    ///   step's folder was made with other settings is said before the first tile is cut, of other tiles before the step.
    public func run(
        threads: Int? = nil, adopts: Bool = false,
        checkStop: @escaping () throws -> Void = {},
        onEvent: @escaping (PrepEvent) -> Void = { _ in }
    ) throws -> Report {
        try checkClaims()
        let tiles = try PrepRun(
            plan, threads: threads, adopts: adopts, checkStop: checkStop, onEvent: onEvent
        ).run()
        var report = Report(tiles: tiles)
        guard hasMore, tiles.tiles > 0 else { return report }
        if let unchanged {
            report.unchanged = try compare(unchanged, checkStop: checkStop, onEvent: onEvent)
        }
        for format in publish.formats {
            onEvent(.publishing(format))
            let publication = try Publication(
                of: plan.output, as: format, to: target(of: format), about: publish.about)
            report.published[format] = try publication.run(checkStop: checkStop).count
        }
        return report
    }

    private func compare(
        _ settings: UnchangedSettings, checkStop: @escaping () throws -> Void,
        onEvent: @escaping (PrepEvent) -> Void
    ) throws -> UnchangedReport {
        let plan = try UnchangedPlan(folder: plan.output, settings: settings)
        onEvent(.comparing(total: plan.tileCount))
        return try UnchangedRun(plan, checkStop: checkStop) { event in
            if case .tile(let id, let isKept) = event { onEvent(.compared(id: id, isKept: isKept)) }
        }.run()
    }

    // MARK: What the later steps' folders hold

    /// Refuses folders of the later steps that hold something else, before any work is done.
    func checkClaims() throws {
        for step in try laterSteps() where !step.differences.isEmpty {
            throw PrepError(
                .configuration, step.folder,
                "the folder holds another run (\(step.differences.map(\.key).joined(separator: ", ")) "
                    + "differ; see its \(RunRecord.fileName)); remove it to make it anew")
        }
    }

    /// A step after the tiles whose folder is there, and what of its settings differs from the job's.
    struct LaterStep {
        var folder: String
        var differences: [PrepExplanation.Difference]
    }

    func laterSteps() throws -> [LaterStep] {
        guard hasMore else { return [] }
        var steps: [LaterStep] = []
        if let unchanged {
            steps += try step(
                "unchanged", UnchangedPlan.output(of: plan.output),
                UnchangedPlan.record(unchanged, []))
        }
        for format in publish.formats {
            steps += try step(
                "publish.\(format.rawValue)", target(of: format),
                Publication.record(format, publish.about, []))
        }
        return steps
    }

    /// Inputs are left out: they follow from the tiles, which have their own record.
    private func step(
        _ name: String, _ folder: String, _ record: RunRecord
    ) throws -> [LaterStep] {
        guard FileManager.default.fileExists(atPath: "\(folder)/\(RunRecord.fileName)") else {
            return []
        }
        var earlier = try RunRecord(readingFrom: folder)
        let wasOfUnchanged = earlier.inputs.contains { $0.path == UnchangedPlan.scoresPath }
        earlier.inputs = []
        var differences = PrepExplanation.differences(from: earlier, to: record)
        // What lies there is published, whoever made it.
        let isOfUnchanged = unchanged != nil || UnchangedCatalogue.isThere(plan.output)
        if name != "unchanged", wasOfUnchanged != isOfUnchanged {
            differences.append(
                .init(
                    key: "unchanged", before: wasOfUnchanged ? "there" : nil,
                    after: wasOfUnchanged ? nil : "there", redo: "what is published"))
        }
        for index in differences.indices {
            differences[index].key = "\(name).\(differences[index].key)"
            differences[index].redo = name == "unchanged" ? "unchanged ground" : "what is published"
        }
        return [LaterStep(folder: folder, differences: differences)]
    }
}
