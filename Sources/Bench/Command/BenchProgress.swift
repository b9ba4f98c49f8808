import Bench
import Console
import Logging

/// Shows the events of a run on stderr.
final class BenchProgress {
    private let logger: Logger
    private let logging: LoggingOptions
    private var bar: ProgressBar
    private var done = 0

    init(logging: LoggingOptions) {
        self.logging = logging
        logger = logging.logger("matter-bench")
        bar = logging.progressBar("scored", total: 0)
    }

    func show(_ event: BenchEvent) {
        switch event {
        case .started(let steps):
            bar = logging.progressBar("scored", total: steps)
        case .emptyDate(let city):
            bar.erase()
            logger.warning(
                "a date holds no data; its pixels are scored as unchanged",
                metadata: ["city": "\(city)"])
        case .scored(let method, let city, let isKept):
            bar.erase()
            let message: Logger.Message = isKept ? "kept" : "scored"
            logger.debug(message, metadata: ["method": "\(method)", "city": "\(city)"])
            advance()
        case .snapshot(let step, let f1):
            bar.erase()
            let score = ResultTable.percent(f1)
            logger.debug("snapshot scored", metadata: ["step": "\(step)", "f1": "\(score)"])
            advance()
        }
    }

    func end() { bar.erase() }

    private func advance() {
        done += 1
        bar.update(done: done)
    }
}
