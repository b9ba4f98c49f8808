import Bench
import Console
import Logging

/// Shows the events of tasks on stderr, and what they reached.
final class TaskProgress {
    private let logger: Logger
    private let logging: LoggingOptions
    private var bar: ProgressBar
    private var done = 0

    init(logging: LoggingOptions) {
        self.logging = logging
        logger = logging.logger("matter-bench")
        bar = logging.progressBar("training", total: 0)
    }

    func show(_ event: TaskEvent) {
        switch event {
        case .training(let steps, let from):
            begin("training", steps, from)
        case .predicting(let count): begin("scored", count, 0)
        case .step(let step, _): advance(to: step)
        case .predicted: advance(to: done + 1)
        default:
            bar.erase()
            tell(event)
        }
    }

    func end() { bar.erase() }

    private func tell(_ event: TaskEvent) {
        switch event {
        case .opened(let training, let validation, let test, let selection):
            logger.info(
                "samples",
                metadata: [
                    "train": "\(training)", "validation": "\(validation)", "test": "\(test)",
                    "selection": "\(selection)",
                ])
            if selection == "test" {
                logger.warning("the model is selected on the samples that are scored")
            }
        case .encoder(let report): tell(report)
        case .remark(let text): logger.warning("\(text)")
        case .resumed(let step): logger.info("going on", metadata: ["step": "\(step)"])
        case .validated(let epoch, let metric, let value):
            logger.info(
                "validated",
                metadata: ["epoch": "\(epoch)", "\(metric)": "\(ResultTable.percent(value))"])
        case .job(let folder, let number, let count):
            logger.info("run \(number) of \(count)", metadata: ["folder": "\(folder)"])
        case .wasDone: logger.info("the run is done already")
        case .training, .step, .predicting, .predicted: break
        }
    }

    private func tell(_ report: EncoderReport) {
        logger.info(
            "encoder",
            metadata: [
                "origin": "\(report.origin)", "architecture": "\(report.architecture)",
                "bands": "\(report.bands.joined(separator: " "))", "used": "\(report.used)",
            ])
        if let rule = report.bandRule {
            logger.info("first convolution brought to the bands", metadata: ["rule": "\(rule)"])
        }
        for (what, names) in [("not used", report.unused), ("begins anew", report.missing)]
        where !names.isEmpty {
            let more = names.count > 8 ? " and \(names.count - 8) more" : ""
            logger.info("\(what): \(names.prefix(8).joined(separator: ", "))\(more)")
        }
    }

    private func begin(_ what: String, _ total: Int, _ done: Int) {
        bar.erase()
        bar = logging.progressBar(what, total: total)
        self.done = done
    }

    private func advance(to step: Int) {
        done = step
        bar.update(done: done)
    }

    /// A line a run: its folder, and its metrics in percent.
    static func lines(of summaries: [String: TaskSummary]) -> [String] {
        let names = Set(summaries.values.flatMap(\.metrics.keys)).sorted()
        var table = Table(
            ["run"] + names, alignments: [.left] + names.map { _ in .right })
        for (folder, summary) in summaries.sorted(by: { $0.key < $1.key }) {
            table.add(
                [folder.isEmpty ? summary.name : folder]
                    + names.map { name in
                        summary.metrics[name].map { ResultTable.percent($0) } ?? ""
                    })
        }
        return table.lines
    }
}
