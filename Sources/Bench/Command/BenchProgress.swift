import Bench
import Console
import Logging

/// Shows the events of a run on stderr.
final class BenchProgress {
    private let bar: RunBar

    init(logging: LoggingOptions) { bar = RunBar(logging: logging) }

    func show(_ event: BenchEvent) {
        switch event {
        case .started(let steps): bar.begin("scored", total: steps)
        case .emptyDate(let city):
            bar.logger.warning(
                "a date holds no data; its pixels are scored as unchanged",
                metadata: ["city": "\(city)"])
        case .scored(let method, let city, let isKept):
            let message: Logger.Message = isKept ? "kept" : "scored"
            bar.logger.debug(message, metadata: ["method": "\(method)", "city": "\(city)"])
            bar.advance()
        case .snapshot(let step, let f1):
            let score = ResultTable.percent(f1)
            bar.logger.debug("snapshot scored", metadata: ["step": "\(step)", "f1": "\(score)"])
            bar.advance()
        }
    }

    func end() { bar.end() }
}
