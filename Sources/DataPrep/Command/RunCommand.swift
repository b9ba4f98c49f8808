import ArgumentParser
import Console
import DataPrep
import Logging
import Manifests

/// Scenes in, aligned tiles out.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Orthorectifies, aligns and tiles regions.",
        discussion: """
            A recipe (TOML) says all of it, from the scenes, fetched from a STAC archive ([fetch], with --allow-network) \
            or there, to unchanged ground ([unchanged]) and catalogues ([publish]); options override it. Without a recipe \
            regions are given by --region, each a folder of scenes, or a list of scenes and files. Stopped, it goes on \
            where it was.

              matter-prep run recipe.toml
              matter-prep run manifests/recipes/prep-matter-27.toml --out tiles --allow-network
              matter-prep run --region berlin=scenes/T33UUU --out tiles
            """)

    @Argument(help: "A recipe: regions, settings and output folder in one TOML file.")
    var recipe: String?

    @Option(
        name: .long,
        help: "NAME=PATH[,PATH…]; may be given more than once. Replaces the recipe's regions.")
    var region: [String] = []

    @Option(help: "Folder for tiles, quick-looks, manifest and training store.")
    var out: String?

    @OptionGroup var tiles: TileOptions
    @OptionGroup var alignment: AlignmentOptions

    @OptionGroup var surface: SurfaceOptions
    @OptionGroup var loose: LooseOption

    @OptionGroup var part: ShardOption

    @OptionGroup var network: NetworkOptions

    @OptionGroup var work: WorkOptions

    @Flag(help: "Say what would be done and write nothing.")
    var dryRun = false

    @Flag(
        help: """
            Say what differs from the run in the output folder and what would be made anew; write nothing. Reads \
            inputs that the run has not read, to know their digests.
            """)
    var explain = false

    @Flag(
        help: """
            Go on in the output folder of a run that had fewer scenes or regions, other quick-looks, or other \
            thresholds of selection: say what differs, make anew what depends on it, keep the rest. Anything else is \
            refused.
            """)
    var adopt = false

    @OptionGroup var json: JSONOption
    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        guard recipe != nil || !region.isEmpty else {
            throw ValidationError("Give a recipe, or regions with --region NAME=PATH.")
        }
        guard recipe != nil || out != nil else {
            throw ValidationError("Missing expected argument '--out <out>'")
        }
    }

    func resolve() throws -> RunOrder {
        let recipe = try recipe.map { try PrepRecipe(path: $0) }
        var settings = recipe?.settings ?? PrepSettings()
        try tiles.apply(to: &settings)
        try alignment.apply(to: &settings)
        surface.apply(to: &settings)
        loose.apply(to: &settings)
        let given = try region.map { try RegionInput(argument: $0) }
        let regions = given.isEmpty ? recipe?.regions ?? [] : given
        let fetch = given.isEmpty ? recipe?.fetch ?? FetchOrder() : FetchOrder()
        guard !regions.isEmpty || !fetch.regions.isEmpty else {
            throw ValidationError("The recipe has no [[region]]; add one, or give --region.")
        }
        guard let output = out ?? recipe?.output else {
            throw ValidationError("The recipe names no output folder; add one, or give --out.")
        }
        return RunOrder(
            regions: regions, fetch: fetch, settings: settings, output: output,
            shard: try part.resolve(),
            sen2cor: try surface.processor(
                for: settings, minutes: recipe?.sen2corMinutes ?? Sen2Cor.usualMinutes),
            unchanged: recipe?.unchanged, publish: recipe?.publish ?? PublishOrder())
    }

    func run() throws {
        network.start()
        work.start()
        defer { work.stop() }
        let order = try resolve()
        if dryRun || explain {
            try tell(order)
        } else {
            let job = try order.prepared(logging)
            try PrepSession(
                job, threads: work.threads, logging: logging, json: json, adopts: adopt
            ).run()
        }
    }

    /// Says what would be done, and writes nothing.
    private func tell(_ order: RunOrder) throws {
        guard let job = try order.preparedAlready() else {
            let preview = try order.preview()
            try json.print(preview) { preview.lines }
            return
        }
        if dryRun {
            let preview = try PrepPreview(job, threads: work.threads)
            try json.print(preview) { preview.lines }
        } else {
            let explanation = try PrepExplanation(job)
            try json.print(explanation) { explanation.lines }
        }
    }
}
