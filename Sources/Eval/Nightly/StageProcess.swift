import Foundation
import Glibc

/// A stage's process and all that it starts: one process group, which ends as one.
///
/// Foundation's `Process` takes a process for running as long as anything that it started does, and hands signals that are ignored
/// here down to it; hence `posix_spawn`. What leaves the group by itself (`setsid`) is out of reach, and not waited for.
struct StageProcess {
    private let leader: pid_t

    /// What is started, and where.
    struct Start {
        /// The program's path.
        var program: String
        /// Its arguments, without its name.
        var arguments: [String]
        /// All of its environment.
        var environment: [String: String]
        /// The folder that it works in.
        var folder: String
        /// The file that takes what it prints.
        var log: String
    }

    /// Starts a process as the leader of a group of its own, with all signals as usual and no file of ours open.
    /// - Throws: `StageStartError`.
    init(_ start: Start) throws {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (all, none) = (sigset_t(), sigset_t())
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, start.log, O_WRONLY | O_APPEND, 0)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        Self.keepFilesToOurselves()
        // Swift's Glibc has no call that changes the folder on the way; a shell does, and becomes the program.
        let shell = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", start.folder, start.program]
        let words = Words(shell + start.arguments)
        let variables = Words(start.environment.map { "\($0.key)=\($0.value)" }.sorted())
        defer {
            words.free()
            variables.free()
        }
        var process = pid_t()
        let code = posix_spawn(
            &process, shell[0], &actions, &attributes, words.pointers, variables.pointers)
        guard code == 0 else { throw StageStartError(reason: String(cString: strerror(code))) }
        leader = process
    }

    /// Files that are open here, locks among them, must not stay open because a stage's process still runs.
    private static func keepFilesToOurselves() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        for file in names.compactMap({ Int32($0) }) where file > 2 {
            _ = fcntl(file, F_SETFD, FD_CLOEXEC)
        }
    }

    /// Whether the stage's own process has ended, whatever it started.
    var hasEnded: Bool { ProcessState("\(leader)")?.isEnded ?? true }

    /// Asks all to end (TERM), kills those that are left after the grace (KILL), and tells the leader's exit code, or 128 + the
    /// signal that ended it.
    func end(within grace: Duration) -> Int32 {
        kill(-leader, SIGTERM)
        if !waits(grace) {
            kill(-leader, SIGKILL)
            // The killed end as soon as the kernel lets them; what hangs in the kernel must not hang the night.
            _ = waits(.seconds(10))
        }
        var status: Int32 = 0
        guard waitpid(leader, &status, WNOHANG) == leader else { return 128 + SIGKILL }
        // POSIX's WIFSIGNALED, WTERMSIG and WEXITSTATUS, which are macros.
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }

    /// Whether none is left within some time.
    private func waits(_ time: Duration) -> Bool {
        let start = ContinuousClock.now
        while isLeft {
            if ContinuousClock.now - start > time { return false }
            Self.rest()
        }
        return true
    }

    /// Waits a little.
    static func rest() { usleep(20_000) }

    /// Whether a process of the group still runs; those that ended and that nobody has asked for do not count.
    private var isLeft: Bool {
        guard kill(-leader, 0) == 0 else { return false }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.contains { name in
            guard name.first?.isNumber == true, let state = ProcessState(name) else { return false }
            return state.group == leader && !state.isEnded
        }
    }
}

/// Why a process could not be started.
struct StageStartError: Error {
    /// What the system says.
    let reason: String
}

/// Words as C takes them: a list of pointers, with nothing at its end.
private struct Words {
    let pointers: [UnsafeMutablePointer<CChar>?]

    init(_ words: [String]) { pointers = words.map { strdup($0) } + [nil] }

    func free() { pointers.forEach { Glibc.free($0) } }
}

/// What the kernel says of a process in `/proc/<pid>/stat` (proc(5)).
private struct ProcessState {
    let group: pid_t
    /// Whether it is a zombie or dead, with all its threads: a first thread that ended is told as a zombie while others still run.
    let isEnded: Bool

    /// Reads it; `nil` where the process is gone.
    init?(_ name: String) {
        guard let text = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return nil }
        // Behind the name in brackets: state, parent, group, …, and as the eighteenth how many threads are left.
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 17, let group = pid_t(fields[2]), let threads = Int(fields[17])
        else { return nil }
        (self.group, isEnded) = (group, (fields[0] == "Z" || fields[0] == "X") && threads <= 1)
    }
}
