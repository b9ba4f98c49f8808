import ArgumentParser
import Console
import DataPrep
import Manifests

/// `matter-prep simulate`: a synthetic Earth with known truth.
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Make a small synthetic Earth with known truth.",
        discussion: """
            Writes Sentinel-2 L2A series and data sets in the forms of OSCD, BigEarthNet and \
            SpaceNet-2, and a scene in sensor geometry; the truth lies in folders named truth.

            Example: matter-prep simulate --out earth --seed 1 --regions 2 --size 1302 --dates 4
            """)

    @Option(help: "Folder of the synthetic Earth.")
    var out: String

    @Option(help: "Seed: the same seed and options give the same bytes.")
    var seed: UInt64 = 1

    @Option(
        help:
            "What to write, separated by commas: l2a,oscd,bigearthnet,spacenet,sensor; and bigearthnet-v2, which has reference maps."
    )
    var products = "l2a,oscd,bigearthnet,spacenet,sensor"

    @Option(help: "Regions of the L2A series.")
    var regions = 2

    @Option(help: "Pixels of a region's side at 10 m, a multiple of 6.")
    var size = 1302

    @Option(help: "Dates of each region.")
    var dates = 4

    @Option(help: "Cities of the OSCD folder.")
    var cities = 6

    @Option(help: "Pixels of a city's side at 10 m, a multiple of 6.")
    var citySize = 318

    @Option(help: "BigEarthNet patches, of each version.")
    var patches = 12

    @Option(help: "SpaceNet chips.")
    var chips = 4

    @Option(help: "Greatest local warp of a date in pixels, 0 to 2.")
    var warp = 1.5

    @Option(
        help: """
            How much of the season the dates of a region or city differ by, 0 to 1: sun, plants, crops, \
            wet soil, snow; 0 shows all as on the first date, changes, haze, clouds and noise apart.
            """)
    var season = 1.0

    @Flag(help: "Put the last date of each region wholly under cloud.")
    var allCloudDate = false

    @OptionGroup var logging: LoggingOptions

    func run() throws {
        let plan = try resolve()
        let simulation = Simulation(plan: plan)
        let stop = StopSignal()
        var bar = logging.progressBar("simulate", total: simulation.total)
        try simulation.run(to: out, checkStop: stop.check) { event in
            bar.update(done: event.done)
        }
        bar.erase()
        try StandardStreams.printResult("\(out): \(simulation.total) items, seed \(plan.seed)")
    }

    private func resolve() throws -> SimulationPlan {
        guard seed <= UInt64(Int64.max) else {
            throw ValidationError("--seed \(seed): give 0 to \(Int64.max).")
        }
        let names = products.split(separator: ",").map(String.init)
        let chosen = try names.map { name in
            guard let product = SimulatedProduct(rawValue: name) else {
                let known = SimulatedProduct.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("\"\(name)\" is no product; there are \(known).")
            }
            return product
        }
        return try SimulationPlan(
            seed: seed, products: chosen, regions: regions, size: size, dates: dates,
            cities: cities, citySize: citySize, patches: patches, chips: chips, warp: warp,
            allCloudDate: allCloudDate, season: season)
    }
}
