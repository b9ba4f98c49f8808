import Console
import DataPrep

/// What `run` was told by recipe and options, before any scene is looked at.
struct RunOrder {
    var regions: [RegionInput]
    var fetch: FetchOrder
    var settings: PrepSettings
    var output: String
    var shard: Shard?
    var sen2cor: Sen2Cor?
    var unchanged: UnchangedSettings?
    var publish: PublishOrder

    /// Fetches what is missing, and gives the job.
    func prepared(_ logging: LoggingOptions) throws -> PrepJob {
        guard !fetch.regions.isEmpty else { return try job(plan([:])) }
        let stop = StopSignal()
        let screen = FetchScreen(logging)
        let step = self.step(checkStop: { try stop.check() }, onEvent: screen.show)
        let plan = try step.plan { try self.plan($0, step.inputs) }
        screen.erase()
        // What comes from here on is for the one who listens during the run.
        try stop.check()
        return try job(plan)
    }

    /// The job where all is there that it needs; nil where something must be fetched first.
    func preparedAlready() throws -> PrepJob? {
        let step = self.step()
        return try step.planOfWhatIsThere { try self.plan($0, step.inputs) }.map(job)
    }

    /// What would be fetched.
    func preview() throws -> FetchPreview { try step().preview() }

    private func step(
        checkStop: @escaping @Sendable () throws -> Void = {},
        onEvent: @escaping (FetchEvent) -> Void = { _ in }
    ) -> FetchStep {
        FetchStep(
            fetch, output: output, isShared: shard != nil, checkStop: checkStop, onEvent: onEvent)
    }

    private func plan(
        _ awaited: [String: [Scene]], _ fetched: [RegionInput] = []
    ) throws -> PrepPlan {
        try PrepPlan(
            regions: regions + fetched, settings: settings, output: output, shard: shard,
            sen2cor: sen2cor, awaited: awaited)
    }

    private func job(_ plan: PrepPlan) throws -> PrepJob {
        try PrepJob(plan, unchanged: unchanged, publish: publish)
    }
}
