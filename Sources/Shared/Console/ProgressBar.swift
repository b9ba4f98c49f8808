import Foundation
import Glibc

/// Shows how far some work is: a bar on a terminal, else a line each 10 %; nothing with `--quiet`.
public struct ProgressBar: ~Copyable {
    /// Where and how progress is shown.
    public enum Style: Sendable {
        /// A line that is drawn again, at most ten times a second.
        case bar
        /// A line each 10 %.
        case lines
        /// Not at all.
        case hidden

        /// What fits stderr.
        public static func fitting(isQuiet: Bool) -> Style {
            if isQuiet { return .hidden }
            let isDumb = ProcessInfo.processInfo.environment["TERM"] == "dumb"
            return isatty(STDERR_FILENO) == 1 && !isDumb ? .bar : .lines
        }
    }

    private let title: String
    private let total: Int
    private let style: Style
    private let now: () -> Double
    private let write: (String) -> Void
    private var start: Double
    private var base = 0
    private var lastDrawn = -Double.infinity
    private var lastTenth = 0
    private var isDrawn = false

    /// Begins at 0 of `total` items.
    /// - Parameters:
    ///   - title: What is counted: "tiles".
    ///   - total: How many there are.
    ///   - style: How to show it.
    ///   - now: A clock in seconds, which only goes forward; the system's if nil.
    ///   - write: Where text goes, without a line's end of its own; stderr if nil.
    public init(
        _ title: String, total: Int, style: Style,
        now: (() -> Double)? = nil, write: ((String) -> Void)? = nil
    ) {
        self.title = title
        self.total = max(total, 0)
        self.style = style
        self.now = now ?? { ProcessInfo.processInfo.systemUptime }
        self.write =
            write ?? {
                try? StandardStreams.write($0, to: STDERR_FILENO, named: "standard error")
            }
        start = self.now()
    }

    /// Begins again at items that were done before: rate and time left are those of what follows.
    public mutating func begin(at done: Int = 0) {
        (start, base) = (now(), done)
        lastTenth = total == 0 ? 0 : done * 10 / total
    }

    /// Shows that this many items are done.
    public mutating func update(done: Int) {
        switch style {
        case .hidden: return
        case .lines:
            let tenth = total == 0 ? 10 : done * 10 / total
            guard tenth > lastTenth else { return }
            lastTenth = tenth
            write(text(done: done) + "\n")
        case .bar:
            let time = now()
            guard time - lastDrawn >= 0.1 || done >= total else { return }
            lastDrawn = time
            isDrawn = true
            write("\r\u{1B}[K" + bar(done: done) + " " + text(done: done))
        }
    }

    /// Removes the bar, so that a log line can be written.
    public mutating func erase() {
        guard isDrawn else { return }
        write("\r\u{1B}[K")
        isDrawn = false
    }

    private func bar(done: Int) -> String {
        let full = total == 0 ? 20 : min(20, done * 20 / total)
        return String(repeating: "█", count: full) + String(repeating: "░", count: 20 - full)
    }

    /// "tiles 30/100, 12.5/s, 6 s left".
    private func text(done: Int) -> String {
        let elapsed = now() - start
        guard done > base, elapsed > 0 else { return "\(title) \(done)/\(total)" }
        let rate = Double(done - base) / elapsed
        let left = Double(max(total - done, 0)) / rate
        let tenths = (rate * 10).rounded() / 10
        return "\(title) \(done)/\(total), \(tenths)/s, \(Self.spoken(left)) left"
    }

    private static func spoken(_ seconds: Double) -> String {
        guard seconds < 1e7 else { return "long" }
        let whole = Int(seconds.rounded(.up))
        if whole < 60 { return "\(whole) s" }
        return whole < 3600
            ? "\(whole / 60) min \(whole % 60) s" : "\(whole / 3600) h \(whole / 60 % 60) min"
    }
}
