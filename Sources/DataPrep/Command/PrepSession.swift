import Console
import DataPrep
import Foundation
import Glibc
import Logging
import Manifests
import Raster
import Tensors

/// One run on the screen: events to log lines and a progress bar, the outcome to a table.
struct PrepSession {
    private let job: PrepJob
    private let threads: Int?
    private let logging: LoggingOptions
    private let json: JSONOption
    private let adopts: Bool

    init(
        _ job: PrepJob, threads: Int?, logging: LoggingOptions, json: JSONOption,
        adopts: Bool = false
    ) {
        self.job = job
        self.threads = threads
        self.logging = logging
        self.json = json
        self.adopts = adopts
    }

    func run() throws {
        // The transforms are small: threads would spend their time waiting for one another.
        Torch.setThreads(1)
        Heaps.limit(to: threads ?? ProcessInfo.processInfo.activeProcessorCount)
        let stop = StopSignal()
        let screen = Screen(logging, log: RunLog(folder: job.plan.output))
        job.plan.remarks.forEach(screen.remark)
        let report = try job.run(
            threads: threads, adopts: adopts, checkStop: stop.check, onEvent: screen.show)
        screen.finish(report.tiles.stages)
        let tiles = report.tiles
        try json.print(Summary(tiles)) {
            Self.table(tiles.alignments)
                + ["", "\(tiles.tiles) tiles, \(tiles.written) of them written now"]
                + Self.leftOut(tiles) + later(report)
        }
        guard tiles.quarantined.isEmpty else { throw Quarantined(items: tiles.quarantined) }
    }

    /// What came after the tiles.
    private func later(_ report: PrepJob.Report) -> [String] {
        let ground = report.unchanged.map {
            "unchanged ground: \($0.tiles.count(where: \.selected)) of \($0.tiles.count) places selected, "
                + "\($0.trainingPairs) date pairs"
                + ($0.undecidedPairs > 0 ? ", \($0.undecidedPairs) pairs undecided" : "")
        }
        let published = job.publish.formats.compactMap { format in
            report.published[format].map {
                "\(format.rawValue): \($0) files in \(job.target(of: format))"
            }
        }
        return [ground].compactMap(\.self) + published
    }

    private static func leftOut(_ report: PrepReport) -> [String] {
        let file = LeftOutTile.fileName
        let tiles =
            report.leftOut > 0
            ? "\(report.leftOut) tiles left out for no data or cloud: see \(file)" : nil
        let places =
            report.placesDropped > 0
            ? "\(report.placesDropped) places at the edge hold too little of the region: see \(file); "
                + "--smallest-share 0 cuts them too" : nil
        return [tiles, places].compactMap(\.self)
    }

    static func table(_ alignments: [RegionAlignment]) -> [String] {
        var table = Table(
            [
                "region", "date", "status", "rows", "columns", "true rows", "true columns",
                "local rms", "residual", "windows", "note",
            ],
            alignments: [.left, .left, .left] + [Table.Alignment](repeating: .right, count: 7))
        for region in alignments {
            for date in region.dates { table.add(row(region.region, date)) }
        }
        return table.lines
    }

    private static func row(_ region: String, _ date: DateAlignment) -> [String] {
        func text(_ value: Double?) -> String { value.map(pixels) ?? "–" }
        return [
            region, String(date.date.prefix(10)), date.status.rawValue, text(date.shift?.rows),
            text(date.shift?.columns), text(date.trueShift?.rows), text(date.trueShift?.columns),
            text(date.localRootMeanSquare), text(date.residual?.median),
            date.windows[0] == 0 ? "–" : "\(date.windows[2])/\(date.windows[0])",
            date.reason ?? "",
        ]
    }

    /// Pixels to a thousandth.
    private static func pixels(_ value: Double) -> String {
        let thousandths = Int((abs(value) * 1000).rounded())
        let digits = String(thousandths % 1000)
        let padded = String(repeating: "0", count: 3 - digits.count) + digits
        let sign = thousandths == 0 ? " " : value < 0 ? "−" : "+"
        return "\(sign)\(thousandths / 1000).\(padded)"
    }
}

/// The outcome as one JSON document.
private struct Summary: Encodable {
    let alignments: [RegionAlignment]
    let tiles, written, leftOut, placesDropped: Int
    let quarantined: [String]
    let stages: StageReport

    init(_ report: PrepReport) {
        (alignments, tiles, written) = (report.alignments, report.tiles, report.written)
        (leftOut, placesDropped) = (report.leftOut, report.placesDropped)
        (quarantined, stages) = (report.quarantined, report.stages)
    }
}

/// What a run ends with when dates had to be set aside.
struct Quarantined: ExitCoded, CustomStringConvertible {
    let items: [String]
    var exitCode: Manifests.ExitCode { .quarantined }
    var description: String {
        "finished, with \(items.count) of the dates set aside: \(items.joined(separator: "; "))"
    }
}

/// Events as log lines and a progress bar.
private final class Screen {
    private let logger: Logger
    private let logging: LoggingOptions
    private let log: RunLog
    private var bar: ProgressBar
    private var done = 0

    init(_ logging: LoggingOptions, log: RunLog) {
        logger = logging.logger("matter-prep")
        self.logging = logging
        self.log = log
        bar = logging.progressBar("tiles", total: 0)
    }

    /// Says what is taken on trust.
    func remark(_ line: String) {
        logger.warning("\(line)")
    }

    func show(_ event: PrepEvent) {
        switch event {
        case .adopting(let differences):
            for line in differences {
                logger.info("\(line)")
                log.note(line)
            }
        case .remark(let line):
            remark(line)
            log.note(line)
        case .proven(let region, let scene):
            log.note("\(region) \(scene): proven")
        case .region(let name, let scenes):
            logger.info("aligning", metadata: ["region": "\(name)", "scenes": "\(scenes)"])
            log.note("region \(name): \(scenes) scenes")
        case .aligned(let region, let date):
            logger.info(
                "date",
                metadata: [
                    "region": "\(region)", "date": "\(date.date)", "status": "\(date.status)",
                    "reason": "\(date.reason ?? "")",
                ])
            log.note("\(region) \(date.date): \(date.status) \(date.reason ?? "")")
        case .tiles(let total):
            bar = logging.progressBar("tiles", total: total)
        case .tile(let id, let outcome):
            done += 1
            bar.update(done: done)
            log.note("\(id): \(outcome)")
        case .comparing(let total):
            bar.erase()
            bar = logging.progressBar("unchanged", total: total)
            done = 0
        case .compared(let id, let isKept):
            done += 1
            bar.update(done: done)
            log.note("unchanged \(id): \(isKept ? "kept" : "written")")
        case .publishing(let format):
            bar.erase()
            logger.info("publishing", metadata: ["format": "\(format.rawValue)"])
            log.note("publishing \(format.rawValue)")
        }
    }

    /// Says what bounded the run.
    func finish(_ stages: StageReport) {
        bar.erase()
        for line in stages.lines {
            logger.info("\(line)")
            log.note(line)
        }
    }
}

/// `prep.log`: what happened when; the one file that holds the time of day.
private struct RunLog {
    let folder: String

    func note(_ text: String) {
        let line =
            "\(ISO8601DateFormatter().string(from: Date())) \(StandardStreams.oneLine(text))\n"
        // A log that cannot be written does not stop the run.
        let file = open("\(folder)/prep.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard file >= 0 else { return }
        defer { close(file) }
        _ = write(file, line, line.utf8.count)
    }
}
