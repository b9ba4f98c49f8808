import Console
import Logging

/// The bar of a run and the log above it; what is told does not run into the bar.
final class RunBar {
    private let logging: LoggingOptions
    private let log: Logger
    private var bar: ProgressBar
    private var done = 0

    init(logging: LoggingOptions) {
        self.logging = logging
        log = logging.logger("matter-bench")
        bar = logging.progressBar("", total: 0)
    }

    /// The log, after the bar has made room.
    var logger: Logger {
        bar.erase()
        return log
    }

    /// Begins a bar that counts something, some of which is done.
    func begin(_ what: String, total: Int, done: Int = 0) {
        bar.erase()
        bar = logging.progressBar(what, total: total)
        self.done = done
    }

    /// One more is done, or as many as are given.
    func advance(to done: Int? = nil) {
        self.done = done ?? self.done + 1
        bar.update(done: self.done)
    }

    func end() { bar.erase() }
}
