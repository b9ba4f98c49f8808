public import ArgumentParser
public import Logging
import Manifests

extension Logger.Level: @retroactive ExpressibleByArgument {}

/// How much is told on stderr: `--log-level`, `--verbose`, `--quiet`.
public struct LoggingOptions: ParsableArguments {
    /// The least severe level that is shown, if it was given.
    @Option(help: "Least severe messages to show on stderr.")
    public var logLevel: Logger.Level?

    /// Whether details are shown.
    @Flag(name: .shortAndLong, help: "Show details (as --log-level debug).")
    public var verbose = false

    /// Whether only errors are shown, and no progress.
    @Flag(name: .shortAndLong, help: "Show errors only, and no progress.")
    public var quiet = false

    /// Required by the argument parser.
    public init() {}

    /// Refuses `--quiet` beside `--verbose`.
    /// - Throws: `ValidationError`.
    public func validate() throws {
        if quiet && verbose { throw ValidationError("--quiet and --verbose exclude each other.") }
    }

    /// The level that follows from all three.
    public var level: Logger.Level {
        logLevel ?? (quiet ? .error : verbose ? .debug : .info)
    }

    /// A logger that writes to stderr, one line a message.
    public func logger(_ label: String) -> Logger {
        var logger = Logger(label: label) { _ in LineLogHandler() }
        logger.logLevel = level
        return logger
    }

    /// A progress bar that fits these options and the terminal.
    public func progressBar(_ title: String, total: Int) -> ProgressBar {
        ProgressBar(title, total: total, style: .fitting(isQuiet: level > .info))
    }
}

/// `--json`: results on stdout as one JSON document.
public struct JSONOption: ParsableArguments {
    /// Whether results are wanted as JSON.
    @Flag(help: "Print results as JSON.")
    public var json = false

    /// Required by the argument parser.
    public init() {}

    /// Prints one document with sorted keys, or what `table` gives.
    /// - Throws: `ManifestError` if it cannot be written.
    public func print(_ document: some Encodable, table: () -> [String]) throws {
        guard json else {
            try table().forEach(StandardStreams.printResult)
            return
        }
        let bytes = try encodeCanonicalJSON(document, pretty: true).dropLast()
        try StandardStreams.printResult(String(decoding: bytes, as: UTF8.self))
    }
}

/// Writes "level: message key=value …" to stderr.
struct LineLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let facts = metadata.merging(event.metadata ?? [:]) { $1 }
            .sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        StandardStreams.printMessage(
            StandardStreams.oneLine("\(event.level): \(event.message)\(facts)"))
    }
}
