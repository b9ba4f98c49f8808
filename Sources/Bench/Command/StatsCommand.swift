import ArgumentParser
import Bench
import Console
import Foundation
import Logging
import Manifests

/// What the pixels of a data set are like.
struct StatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract:
            "Count every pixel of a data set: means, deviations, quantiles, histograms, classes.",
        discussion: """
            matter-bench stats bigearthnet-v2 BigEarthNet --split train --out statistics.json

            Whole numbers are counted one by one: their statistics are exact. Quantiles of floating-point planes hold to 1 part \
            in 2,048. Pixels of 0 in planes of 16-bit counts are no data and are left out, unless --no-data says otherwise.
            """)

    @OptionGroup var data: DatasetArguments

    @Option(help: "The split to read; all if not given.")
    var split: String?

    @Option(
        help: "The value of pixels that are left out, or none; 0 in 16-bit planes if not given.")
    var noData: String?

    @Option(help: "File for all of it as JSON, histograms too.")
    var out: String?

    @OptionGroup var reading: ThreadsOption
    @OptionGroup var output: JSONOption
    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        guard noData == nil || noData == "none" || noData.flatMap(Int.init) != nil else {
            throw ValidationError("--no-data is a whole number or none.")
        }
    }

    func run() throws {
        let signal = StopSignal()
        let dataset = try data.open()
        let run = try StatisticsRun(
            dataset, options: data.options(), split: split, noData: rule, threads: reading.threads)
        let logger = logging.logger("matter-bench")
        for remark in dataset.remarks { logger.warning("\(remark)") }
        var bar = logging.progressBar("counted", total: run.count)
        let statistics = try run.run(
            onProgress: { bar.update(done: $0) }, shouldStop: signal.shouldStop)
        bar.erase()
        guard let statistics else {
            try signal.check()
            return
        }
        if let out { try AtomicFile.write(encodeCanonicalJSON(statistics, pretty: true), to: out) }
        try output.print(statistics) { Self.lines(of: statistics) }
    }

    private var rule: StatisticsRun.NoData {
        guard let noData else { return .usual }
        return Int(noData).map(StatisticsRun.NoData.value) ?? .none
    }

    private static func lines(of statistics: DatasetStatistics) -> [String] {
        var table = Table(
            [
                "plane", "pixels", "no data %", "mean", "deviation", "least", "1 %", "50 %", "99 %",
                "greatest",
            ],
            alignments: [.left] + [Table.Alignment](repeating: .right, count: 9))
        for plane in statistics.planes where plane.codes == nil {
            let quantile = { (share: Double) in
                plane.quantiles.first { $0.share == share }?.value
            }
            let all = plane.pixels + plane.noData + plane.notFinite
            table.add([
                plane.name, String(plane.pixels),
                ResultTable.percent(all == 0 ? nil : Double(plane.noData) / Double(all)),
                number(plane.mean), number(plane.deviation), number(plane.minimum),
                number(quantile(0.01)), number(quantile(0.5)), number(quantile(0.99)),
                number(plane.maximum),
            ])
        }
        let split = statistics.split.map { ", split \($0)" } ?? ""
        let countries = (statistics.countries ?? [:]).sorted { $0.key < $1.key }
            .map { "\($0.key) \($0.value)" }
        return table.lines + codes(of: statistics) + classes(of: statistics)
            + (countries.isEmpty ? [] : ["", "countries: " + countries.joined(separator: ", ")]) + [
                "", "\(statistics.dataset)\(split): \(statistics.samples) samples",
            ]
    }

    private static func codes(of statistics: DatasetStatistics) -> [String] {
        statistics.planes.compactMap { plane in
            plane.codes.map { codes in
                let shares = codes.sorted { (Int($0.key) ?? 0) < (Int($1.key) ?? 0) }.map {
                    "\($0.key): \(ResultTable.percent(Double($0.value) / Double(max(plane.pixels, 1)))) %"
                }
                return "\(plane.name): \(shares.joined(separator: ", "))"
            }
        }
    }

    private static func classes(of statistics: DatasetStatistics) -> [String] {
        guard !statistics.classes.isEmpty else { return [] }
        var table = Table(["class", "samples", "%"], alignments: [.left, .right, .right])
        for entry in statistics.classes {
            table.add([
                entry.name, String(entry.samples),
                ResultTable.percent(Double(entry.samples) / Double(statistics.samples)),
            ])
        }
        return [""] + table.lines
    }

    private static func number(_ value: Double?) -> String {
        guard let value else { return "–" }
        let text = String(format: "%.2f", value)
        return text.hasSuffix(".00") ? String(text.dropLast(3)) : text
    }
}
