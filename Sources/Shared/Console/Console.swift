public import ArgumentParser
import Foundation
import Glibc
import Manifests

/// How the four programs start and end.
public enum Console {
    /// Runs a command line: parse, run, and end with the exit code that the outcome deserves.
    ///
    /// Errors become one line `error: …` on stderr; usage errors keep the argument parser's own text and code 64.
    public static func run(_ command: (some ParsableCommand).Type) -> Never {
        // A reader that went away and a file that may not grow are errors of the write that meets them.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        do {
            try checkHandles()
            var parsed = try command.parseAsRoot()
            try runProgram { try parsed.run() }
            end(with: ExitCode.done.rawValue)
        } catch {
            end(command, for: error)
        }
    }

    /// Proves that a few files can be opened: Dispatch, which needs three, ends the process by a signal where they cannot.
    private static func checkHandles() throws {
        let spare = (0..<4).map { _ in dup(STDERR_FILENO) }
        defer { for handle in spare where handle >= 0 { close(handle) } }
        guard !spare.contains(-1) || errno != EMFILE else {
            throw ManifestError(
                .outOfResources, path: "ulimit -n", "too few files may be open; allow some hundred")
        }
    }

    /// Runs a body and then writes out what stdout still holds back.
    /// - Throws: what the body throws, and `ManifestError` (`io`) if stdout cannot be written.
    static func runProgram(_ body: () throws -> Void) throws {
        try body()
        try StandardStreams.flush()
    }

    /// The exit code of any error: its own, or the one that fits a system error; 70 for what we do not know.
    public static func exitCode(of error: any Error) -> Int32 {
        switch error {
        case let error as any ExitCoded: error.exitCode.rawValue
        case let error as ArgumentParser.ExitCode: error.rawValue
        case is ClosedPipe: ClosedPipe.exitCode
        default: systemExitCode(of: error as NSError).rawValue
        }
    }

    /// The one line that tells of an error.
    public static func message(of error: any Error) -> String {
        let isForeign = !(error is any ExitCoded) && (error as NSError).domain == NSCocoaErrorDomain
        let text = isForeign ? foundationMessage(of: error as NSError) : String(describing: error)
        return "error: " + StandardStreams.oneLine(text)
    }

    private static func end(_ command: (some ParsableCommand).Type, for error: any Error) -> Never {
        if error is ClosedPipe { end(with: ClosedPipe.exitCode) }
        guard isOfParser(error, command) else {
            StandardStreams.printMessage(message(of: error))
            end(with: exitCode(of: error))
        }
        let text = command.fullMessage(for: error)
        let code = command.exitCode(for: error).rawValue
        guard code == 0 else {
            if !text.isEmpty { StandardStreams.printMessage(text) }
            end(with: code)
        }
        do {
            try StandardStreams.printResult(text)
        } catch {
            if !(error is ClosedPipe) { StandardStreams.printMessage(message(of: error)) }
            end(with: exitCode(of: error))
        }
        end(with: code)
    }

    /// Help, version, usage errors and plain exit codes belong to the argument parser; it wraps other errors as failures.
    private static func isOfParser(
        _ error: any Error, _ command: (some ParsableCommand).Type
    ) -> Bool {
        if error is any ExitCoded { return false }
        if error is ArgumentParser.ExitCode || error is CleanExit || error is ValidationError {
            return true
        }
        return command.exitCode(for: error) != .failure
    }

    private static func end(with code: Int32) -> Never {
        // Nothing is left to flush: results were written or reported already.
        exit(code)
    }

    private static func systemExitCode(of error: NSError) -> Manifests.ExitCode {
        if let cause = error.userInfo[NSUnderlyingErrorKey] as? NSError,
            cause.domain == NSPOSIXErrorDomain
        {
            return systemExitCode(of: cause)
        }
        switch (error.domain, error.code) {
        case (NSPOSIXErrorDomain, Int(ENOENT)), (NSCocoaErrorDomain, 4), (NSCocoaErrorDomain, 260):
            return .inputMissing
        case (NSPOSIXErrorDomain, Int(EACCES)), (NSPOSIXErrorDomain, Int(EPERM)),
            (NSCocoaErrorDomain, 257), (NSCocoaErrorDomain, 513):
            return .notPermitted
        case (NSPOSIXErrorDomain, Int(EROFS)), (NSPOSIXErrorDomain, Int(EEXIST)),
            (NSCocoaErrorDomain, 516), (NSCocoaErrorDomain, 642):
            return .cannotCreate
        case (NSPOSIXErrorDomain, Int(ENOMEM)), (NSPOSIXErrorDomain, Int(EMFILE)):
            return .outOfResources
        case (NSPOSIXErrorDomain, _), (NSCocoaErrorDomain, 256), (NSCocoaErrorDomain, 512),
            (NSCocoaErrorDomain, 640):
            return .io
        case (NSCocoaErrorDomain, 3840), (NSCocoaErrorDomain, 4864), (NSCocoaErrorDomain, 4865):
            return .badData
        default: return .bug
        }
    }

    private static func foundationMessage(of error: NSError) -> String {
        let path = error.userInfo[NSFilePathErrorKey] as? String
        return [path, error.localizedDescription].compactMap(\.self).joined(separator: ": ")
    }
}
