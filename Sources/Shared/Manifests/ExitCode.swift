/// What a program tells the shell when it ends (the sysexits, and a few of our own).
public enum ExitCode: Int32, Sendable, CaseIterable {
    /// Done.
    case done = 0
    /// Ran, and found the data or the score wanting.
    case wanting = 1
    /// The command line makes no sense.
    case usage = 64
    /// Input is there but is not what it should be.
    case badData = 65
    /// Input is not there.
    case inputMissing = 66
    /// A device, a library or the network is not there.
    case unavailable = 69
    /// A bug of ours.
    case bug = 70
    /// Out of memory or another resource of the system.
    case outOfResources = 71
    /// Output cannot be created.
    case cannotCreate = 73
    /// Reading or writing failed: disk full, device error.
    case io = 74
    /// Locked by another process; try again.
    case locked = 75
    /// Not permitted.
    case notPermitted = 77
    /// A configuration value is wrong, or does not fit what is there already.
    case configuration = 78
    /// Finished, but some items were set aside.
    case quarantined = 80
    /// Training diverged.
    case diverged = 81
    /// Stopped by SIGINT, state saved.
    case interrupted = 130
    /// Stopped by SIGTERM, state saved.
    case terminated = 143
}

/// An error that knows the program's exit code.
public protocol ExitCoded: Error {
    /// The code with which a program ends that this error stops.
    var exitCode: ExitCode { get }
}
