import Glibc
import Manifests

/// Results on stdout, everything else on stderr.
public enum StandardStreams {
    /// Writes a line of results to stdout.
    ///
    /// A reader that went away (`| head`) ends the program quietly with code 141, as the shell would see it.
    /// - Throws: `ManifestError` (`io`) if the line cannot be written: the disk behind stdout is full.
    public static func printResult(_ line: String) throws {
        try write(line + "\n", to: STDOUT_FILENO, named: "standard output")
    }

    /// Writes a line of a message to stderr; a failure is nobody's concern.
    public static func printMessage(_ line: String) {
        try? write(line + "\n", to: STDERR_FILENO, named: "standard error")
    }

    static func write(_ text: String, to descriptor: Int32, named name: String) throws {
        let bytes = Array(text.utf8)
        try bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let piece = UnsafeRawBufferPointer(rebasing: rest)
                let count = Glibc.write(descriptor, piece.baseAddress, piece.count)
                if count >= 0 {
                    rest = rest.dropFirst(count)
                } else if errno == EPIPE {
                    throw ClosedPipe()
                } else if errno != EINTR {
                    throw ManifestError(
                        .io, path: name, "cannot write: \(String(cString: strerror(errno)))")
                }
            }
        }
    }

    /// Flushes what C's `printf` and Swift's `print` hold back.
    /// - Throws: `ManifestError` (`io`) if it cannot be written.
    static func flush() throws {
        guard fflush(nil) != 0 else { return }
        if errno == EPIPE { throw ClosedPipe() }
        throw ManifestError(
            .io, path: "standard output", "cannot write: \(String(cString: strerror(errno)))")
    }

    /// Makes one line of any text: control characters (of file names, say) are written as escapes.
    public static func oneLine(_ text: String) -> String {
        var line = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .format:
                line += scalar.escaped(asASCII: true)
            default: line.unicodeScalars.append(scalar)
            }
        }
        return line
    }
}

/// Whoever read our output has gone away.
struct ClosedPipe: Error {
    /// 128 + SIGPIPE, what a shell reports of a program that the signal ended.
    static let exitCode: Int32 = 141
}
