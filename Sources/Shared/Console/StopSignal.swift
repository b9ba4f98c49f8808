@preconcurrency import Dispatch
import Foundation
import Glibc
public import Manifests

/// Turns the first SIGINT, SIGTERM or SIGHUP into a flag that work polls; a second one ends the program at once.
///
/// SIGUSR1, by which Slurm tells that the time is nearly over, does the same and ends nothing at once: SIGTERM may follow.
public final class StopSignal: Sendable {
    private let sources: [any DispatchSourceSignal]
    private let received: Received

    // The lock guards all state; the sources only ever write it.
    private final class Received: @unchecked Sendable {
        private let lock = NSLock()
        private var number: Int32?

        /// Whether the signal is the first, but for SIGUSR1.
        func note(_ number: Int32) -> Bool {
            lock.withLock {
                defer { self.number = self.number == SIGUSR1 ? number : self.number ?? number }
                return self.number == nil || self.number == SIGUSR1
            }
        }

        var signal: Int32? { lock.withLock { number } }
    }

    /// Begins to listen.
    public init() {
        let received = Received()
        self.received = received
        sources = [SIGINT, SIGTERM, SIGHUP, SIGUSR1].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if !received.note(number), number != SIGUSR1 { _exit(128 + number) }
            }
            source.resume()
            return source
        }
    }

    deinit { sources.forEach { $0.cancel() } }

    /// Whether the work should save its state and end; what libraries are given to poll.
    public var shouldStop: @Sendable () -> Bool {
        { [received] in received.signal != nil }
    }

    /// Ends the work with the signal's exit code if one came.
    /// - Throws: `Stopped`.
    public func check() throws {
        if let number = received.signal { throw Stopped(signal: number) }
    }
}

/// The program was asked to stop and did; its state is saved.
public struct Stopped: ExitCoded, CustomStringConvertible {
    let signal: Int32

    /// The stop that a signal asked for.
    public init(signal: Int32) {
        self.signal = signal
    }

    /// The line that tells of it.
    public var description: String {
        "stopped by \(signal == SIGINT ? "SIGINT" : "a signal"); run the same command to go on"
    }

    /// 130 for SIGINT, else 143.
    public var exitCode: Manifests.ExitCode { signal == SIGINT ? .interrupted : .terminated }
}
