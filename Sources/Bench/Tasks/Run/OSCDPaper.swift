public import Tensors

/// All rows of OSCD's table that can be run here: without labels, and every recipe with random weights and with an encoder's.
public struct OSCDPaper {
    /// What one row of the table is made by.
    public struct Row: Sendable, Hashable {
        /// The folder below the table's: "unet-random".
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

    /// A table.
    ///
    /// - Parameters:
    ///   - paths: the data set, the folder of the table, and the encoder, if there is one.
    ///   - recipes: the folder of the recipes `bench-oscd-*.toml`.
    ///   - settings: "section.key=value" for all rows.
    ///   - seeds: at least one.
    ///   - device: where.
    public init(
        paths: TaskPaths, recipes: String, settings: [String] = [], seeds: [UInt64],
        device: Device = .cpu
    ) {
        (self.paths, self.recipes, self.settings) = (paths, recipes, settings)
        (self.seeds, self.device) = (seeds, device)
    }

    /// The supervised rows that are run.
    public var rows: [Row] {
        Self.recipes.flatMap { name in
            (paths.encoder == nil ? [false] : [false, true]).map { usesEncoder in
                Row(
                    folder: "\(name)-\(usesEncoder ? "encoder" : "random")",
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
        let sweeps = try rows.map { row in
            (row, try sweep(row))
        }
        guard try runWithoutLabels(shouldStop) else { return nil }
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

    private func sweep(_ row: Row) throws -> TaskSweep {
        // The same architecture with drawn weights, where an encoder says it.
        let initialisation = row.usesEncoder ? "file" : "random"
        let recipe = try TaskRecipe(
            path: row.recipe, task: .change, hasEncoder: row.usesEncoder,
            settings: settings + ["encoder.initialisation=\(initialisation)"]
        ) { $0.data.dataset = OSCDDataset.name }
        var paths = paths
        paths.output += "/\(row.folder)"
        return TaskSweep(recipe, paths: paths, seeds: seeds, device: device)
    }

    /// Change vector analysis, and the distance of MATTER's features where the encoder is MATTER's.
    private func runWithoutLabels(_ shouldStop: @escaping @Sendable () -> Bool) throws -> Bool {
        var plan = OSCDPlan()
        plan.thresholdRules = [.trainCities, .otsu, .oracle]
        plan.device = device.kind == .cpu ? "cpu" : "\(device)"
        var own = OSCDPaths(data: paths.data, output: "\(paths.output)/unsupervised")
        if let file = seeds.first.flatMap(paths.encoder),
            try Safetensors.read(file).metadata["architecture"] == "matter-encoder"
        {
            own.encoder = file
            plan.methods = [.cva, .matter]
        }
        return try OSCDRun(plan: plan, paths: own).run(shouldStop: shouldStop) != nil
    }
}
