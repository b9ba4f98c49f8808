import Bench
import Console
import Logging

/// Shows the events of tasks on stderr, and what they reached.
final class TaskProgress {
    private let bar: RunBar

    init(logging: LoggingOptions) { bar = RunBar(logging: logging) }

    func show(_ event: TaskEvent) {
        switch event {
        case .training(let steps, let from): bar.begin("training", total: steps, done: from)
        case .predicting(let count): bar.begin("scored", total: count)
        case .step(let step, _): bar.advance(to: step)
        case .predicted: bar.advance()
        default: tell(event)
        }
    }

    func end() { bar.end() }

    private func tell(_ event: TaskEvent) {
        let logger = bar.logger
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
        case .encoder(let report): tell(report, logger)
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

    private func tell(_ report: EncoderReport, _ logger: Logger) {
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
