import CGDAL
import Foundation
import Glibc
import Manifests

/// A process of this program that decodes what it is asked for, and the memory that it shares with this one.
final class DecodeWorker {
    private let process: pid_t
    private let socket: Int32
    private let memory: Int32
    private var rest: [UInt8] = []
    private var isDead = false

    /// Starts the program.
    /// - Throws: `RasterError` (`outOfResources`) if there is no memory, handle or process to be had.
    init(_ command: [String]) throws(RasterError) {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw Self.failure("no socket") }
        (socket, memory) = (ends[0], matter_shared_memory())
        guard memory >= 0 else {
            ends.forEach { close($0) }
            throw Self.failure("no shared memory")
        }
        var process: pid_t = 0
        let status = Self.start(command, socket: ends[1], memory: memory, &process)
        close(ends[1])
        self.process = process
        guard status == 0 else {
            isDead = true
            throw Self.failure(String(cString: strerror(status)))
        }
    }

    deinit {
        if !isDead { _ = end() }
        [socket, memory].forEach { close($0) }
    }

    private static func failure(_ cause: String) -> RasterError {
        RasterError(.outOfResources, "cannot start a process for decoding: \(cause)")
    }

    private static func start(
        _ command: [String], socket: Int32, memory: Int32, _ process: inout pid_t
    ) -> Int32 {
        // Out of the way of the places they take in the worker.
        let ends = [socket, memory].map { fcntl($0, F_DUPFD_CLOEXEC, 16) }
        defer { ends.forEach { close($0) } }
        guard !ends.contains(-1) else { return EMFILE }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], DecodeService.socket)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], DecodeService.memory)
        // A crash is told by its signal; a picture of it would take a minute.
        let settings = ProcessInfo.processInfo.environment.merging(
            ["SWIFT_BACKTRACE": "enable=no"]) { $1 }
        return withStrings(command) { arguments in
            withStrings(settings.map { "\($0)=\($1)" }) { environment in
                posix_spawn(&process, command[0], &actions, nil, arguments, environment)
            }
        }
    }

    private static func withStrings<Result>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let list = strings.map { strdup($0) }
        defer { list.forEach { free($0) } }
        return body(list + [nil])
    }

    // MARK: Asking

    /// Asks and waits.
    /// - Throws: `DecodeFault` if the worker dies or takes too long; it is no use afterwards.
    func ask(_ request: DecodeRequest, timeout: Duration) throws -> DecodeReply {
        let line = try encodeCanonicalJSON(request) + [UInt8(ascii: "\n")]
        let sent = line.withUnsafeBytes {
            send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard sent == line.count, let reply = try answer(to: request, timeout: timeout) else {
            throw DecodeFault(request, death: end(isDying: true))
        }
        return try decodeStrictJSON(DecodeReply.self, from: reply)
    }

    /// The next line from the worker; nil when it is gone.
    private func answer(to request: DecodeRequest, timeout: Duration) throws -> [UInt8]? {
        let end = ContinuousClock.now + timeout
        while true {
            if let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
                defer { rest.removeSubrange(...newline) }
                return Array(rest[..<newline])
            }
            let left = (end - ContinuousClock.now) / .milliseconds(1)
            var descriptor = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
            let ready = poll(&descriptor, 1, Int32(max(0, left.rounded(.up))))
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else {
                _ = self.end()
                throw DecodeFault(request, seconds: timeout / .seconds(1))
            }
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            let count = read(socket, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return nil }
            rest += buffer[..<count]
        }
    }

    /// Copies pixels out of the shared memory.
    func pixels(_ count: Int) throws -> [UInt16] {
        let bytes = count * MemoryLayout<UInt16>.stride
        guard bytes > 0, let start = mmap(nil, bytes, PROT_READ, MAP_SHARED, memory, 0),
            start != MAP_FAILED
        else { throw RasterError(.outOfResources, "cannot map \(bytes) bytes of a worker") }
        defer { munmap(start, bytes) }
        return [UInt16](unsafeUninitializedCapacity: count) { buffer, filled in
            buffer.baseAddress?.initialize(
                from: start.assumingMemoryBound(to: UInt16.self), count: count)
            filled = count
        }
    }

    /// Ends the process if it has not ended yet, and tells how it did; one that is dying is given two seconds to do so.
    private func end(isDying: Bool = false) -> DecodeFault.Death {
        guard !isDead else { return DecodeFault.Death(0) }
        isDead = true
        var status: Int32 = 0
        for _ in 0..<(isDying ? 200 : 1) {
            if waitpid(process, &status, WNOHANG) == process { return .init(status) }
            if isDying { usleep(10_000) }
        }
        kill(process, SIGKILL)
        waitpid(process, &status, 0)
        return .init(status)
    }
}
