public import Tensors

/// All rows of OSCD's table that can be run here: without labels, and every recipe with random weights and with an encoder's.
public struct OSCDPaper {
    /// What one row of the table is made by.
    public struct Row: Sendable, Hashable {
        /// The folder below the table's: "unet-random", "unet-encoder", "unet-TAG".
        public let folder: String
        /// The recipe's file.
        public let recipe: String
        /// Whether the encoder's weights are used.
        public let usesEncoder: Bool
    }

    /// The recipes of the rows, in the table's order.
    public static let recipes = ["linear", "unet", "deeplab"]

    private let paths: TaskPaths
    private let recipes: String
    private let settings: [String]
    private let seeds: [UInt64]
    private let device: Device
    private let tag: String?

    /// A table.
    ///
    /// - Parameters:
    ///   - paths: the data set, the folder of the table, and the encoder, if there is one.
    ///   - recipes: the folder of the recipes `bench-oscd-*.toml`.
    ///   - settings: "section.key=value" for all rows.
    ///   - seeds: at least one.
    ///   - device: where.
    ///   - tag: names the encoder's rows, so that several encoders fit into one table; no other rows are run then.
    public init(
        paths: TaskPaths, recipes: String, settings: [String] = [], seeds: [UInt64],
        device: Device = .cpu, tag: String? = nil
    ) {
        (self.paths, self.recipes, self.settings) = (paths, recipes, settings)
        (self.seeds, self.device, self.tag) = (seeds, device, tag)
    }

    private var encoderName: String { tag ?? "encoder" }

    /// Whether rows use the encoder's weights; a table needs those of drawn weights once, so a tag leaves them out.
    private var initialisations: [Bool] {
        guard paths.encoder != nil else { return [false] }
        return tag == nil ? [false, true] : [true]
    }

    /// The supervised rows that are run.
    public var rows: [Row] {
        Self.recipes.flatMap { name in
            initialisations.map { usesEncoder in
                Row(
                    folder: "\(name)-\(usesEncoder ? encoderName : "random")",
                    recipe: "\(recipes)/bench-oscd-\(name).toml", usesEncoder: usesEncoder)
            }
        }
    }

    /// Runs all rows; those that are done are kept.
    ///
    /// - Parameters:
    ///   - onEvent: is told what the supervised rows do.
    ///   - shouldStop: is asked on the way.
    /// - Returns: what each run reached, by its folder; nil where it was asked to stop.
    /// - Throws: as `TaskSweep.run` and `OSCDRun.run`.
    public func run(
        onEvent: @escaping (TaskEvent) -> Void = { _ in },
        shouldStop: @escaping @Sendable () -> Bool = { false }
    ) throws -> [String: TaskSummary]? {
        try checkTag()
        let sweeps = try rows.map { row in
            (row, try sweep(row))
        }
        guard try runWithoutLabels(onEvent, shouldStop) else { return nil }
        var summaries: [String: TaskSummary] = [:]
        for (row, sweep) in sweeps {
            guard let found = try sweep.run(onEvent: onEvent, shouldStop: shouldStop) else {
                return nil
            }
            for (folder, summary) in found {
                summaries[folder.isEmpty ? row.folder : "\(row.folder)/\(folder)"] = summary
            }
        }
        return summaries
    }

    private func checkTag() throws {
        guard let tag else { return }
        let isName = tag.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
        guard isName, (1...40).contains(tag.count), tag != "random" else {
            throw BenchError(
                .configuration,
                "--tag \(tag): name the encoder by 1 to 40 letters, digits and hyphens, not random")
        }
        guard paths.encoder != nil else {
            throw BenchError(
                .configuration, "--tag \(tag): names rows of an encoder; give it with --encoder")
        }
    }

    private func sweep(_ row: Row) throws -> TaskSweep {
        // The same architecture with drawn weights, where an encoder says it.
        let initialisation = row.usesEncoder ? "file" : "random"
        let recipe = try TaskRecipe(
            path: row.recipe, task: .change, hasEncoder: row.usesEncoder,
            settings: settings + ["encoder.initialisation=\(initialisation)"]
        ) { plan in
            plan.data.dataset = OSCDDataset.name
            plan.variant = row.usesEncoder ? tag : nil
        }
        var paths = paths
        paths.output += "/\(row.folder)"
        return TaskSweep(recipe, paths: paths, seeds: seeds, device: device)
    }

    /// Change vector analysis, and the distance of the encoder's features.
    ///
    /// The former has a folder of its own, which all encoders share; the latter one for each seed's encoder.
    private func runWithoutLabels(
        _ onEvent: (TaskEvent) -> Void, _ shouldStop: @escaping @Sendable () -> Bool
    ) throws -> Bool {
        let encoders = encodersWithoutLabels()
        var plan = OSCDPlan()
        plan.thresholdRules = [.trainCities, .otsu, .oracle]
        plan.device = device.kind == .cpu ? "cpu" : "\(device)"
        let shared = OSCDPaths(data: paths.data, output: "\(paths.output)/unsupervised")
        guard try OSCDRun(plan: plan, paths: shared).run(shouldStop: shouldStop) != nil else {
            return false
        }
        plan.variant = tag
        for (seed, own) in encoders {
            plan.seed = seed
            plan.methods = try own.encoder.map { [try OSCDMethod.of(encoder: $0)] } ?? []
            do {
                guard try OSCDRun(plan: plan, paths: own).run(shouldStop: shouldStop) != nil else {
                    return false
                }
            } catch let error as UntoldBands {
                // Rows with labels take the run's bands; without labels nobody can say which they are.
                onEvent(.remark("\(error); no row without labels"))
            }
        }
        return true
    }

    /// The encoders with their folders; one file that all seeds share is one run, without a seed.
    private func encodersWithoutLabels() -> [(seed: UInt64?, paths: OSCDPaths)] {
        let pattern = paths.encoderPattern
        return (pattern == nil ? Array(seeds.prefix(1)) : seeds).compactMap { seed in
            guard let file = paths.encoder(of: seed) else { return nil }
            let folder = "\(paths.output)/unsupervised-\(encoderName)"
            var own = OSCDPaths(
                data: paths.data, output: pattern == nil ? folder : "\(folder)-seed-\(seed)")
            (own.encoder, own.encoderPattern) = (file, pattern)
            return (pattern == nil ? nil : seed, own)
        }
    }
}
