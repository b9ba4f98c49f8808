import Console
import DataPrep
import Logging

/// A fetch on the screen: a progress bar a region, a line for what fails.
final class FetchScreen {
    private let logging: LoggingOptions
    private let logger: Logger
    private var bar: ProgressBar
    private var done = 0

    init(_ logging: LoggingOptions) {
        self.logging = logging
        logger = logging.logger("matter-prep")
        bar = logging.progressBar("scenes", total: 0)
    }

    func show(_ event: FetchEvent) {
        switch event {
        case .found(let region, let scenes):
            bar.erase()
            bar = logging.progressBar("scenes of \(region)", total: scenes)
            done = 0
        case .scene(let region, let scene):
            done += 1
            bar.update(done: done)
            guard let reason = scene.reason else { return }
            logger.warning(
                "scene failed",
                metadata: [
                    "region": "\(region)", "scene": "\(scene.id)", "reason": "\(reason)",
                ])
        }
    }

    func erase() { bar.erase() }
}
