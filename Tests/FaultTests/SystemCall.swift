import Foundation
import Manifests
import TestSupport
import Testing

/// A system call by which one small job changes what is on the disk.
struct SystemCall: Sendable, CustomStringConvertible {
    let name: String
    /// Which of the calls of this name in the job's first thread, counted from 1, as strace does.
    let number: Int
    /// The call as strace writes it, with the files' paths.
    let text: String

    var description: String { "\(name) \(number): \(text)" }

    /// The job: one tile of one date, decoded in the program itself: what is asked of a worker is written too, to
    /// a pipe, at no fixed place among the writes to the disk, by which a call's number is found again.
    static func job(in folder: TemporaryFolder) throws -> [String] {
        let product = try Fixture.products(in: folder)[0]
        return Fixture.arguments([product], into: folder.path("out"), tileSize: 64) + [
            "--no-decode-workers"
        ]
    }

    /// What the job leaves when nothing happens to it, and all of its calls; made once.
    static let whole: (tree: [String: SHA256Digest], calls: [SystemCall])? = {
        let names = "write,writev,pwrite64,fsync,fdatasync,ftruncate,rename,unlink,mkdir,close"
        guard let folder = try? TemporaryFolder(), let job = try? job(in: folder),
            let (result, trace) = try? Tool.traced(["-y", "-e", "trace=\(names)"], job),
            result.status == 0, let tree = try? Fixture.tree(folder.path("out"))
        else { return nil }
        return (tree, calls(in: trace, below: folder.path("out")))
    }()

    private static func calls(in trace: String, below folder: String) -> [SystemCall] {
        let lines = trace.split(separator: "\n")
        let process = lines.first?.prefix { $0 != " " } ?? ""
        var counts: [String: Int] = [:]
        return lines.compactMap { line in
            guard line.hasPrefix("\(process) ") else { return nil }
            let text = line.dropFirst(process.count).drop { $0 == " " }
            guard let end = text.firstIndex(of: "("), text.first?.isLetter == true else {
                return nil
            }
            let name = String(text[..<end])
            counts[name, default: 0] += 1
            guard text.contains(folder) else { return nil }
            let plain = text.replacing(folder, with: "out")
            return SystemCall(name: name, number: counts[name] ?? 0, text: String(plain))
        }
    }

    /// A part of the job's calls of some names: some of them, evenly spread; all of them where `MATTER_FAULTS` is `all`.
    static func some(
        _ count: Int, of names: Set<String>, part: Int = 0, of parts: Int = 1,
        where isWanted: (SystemCall) -> Bool = { _ in true }
    ) throws -> [SystemCall] {
        let found = try #require(whole).calls.filter { names.contains($0.name) && isWanted($0) }
        let calls = found.indices.filter { $0 % parts == part }.map { found[$0] }
        try #require(calls.count >= count, "\(found)")
        if ProcessInfo.processInfo.environment["MATTER_FAULTS"] == "all" { return calls }
        return (0..<count).map { calls[$0 * calls.count / count] }
    }

    /// Lets a fault happen at this call and gives what came of it, and the call that was struck, with its file; it must have
    /// happened.
    ///
    /// Threads that wait for one another write more or less often, so that another call of that number may be struck than the
    /// one that was seen.
    func strike(
        _ fault: String, _ job: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> (result: ProgramResult, struck: String) {
        let (result, trace) = try Tool.traced(
            ["-y", "-e", "trace=\(name)", "-e", "inject=\(name):\(fault):when=\(number)"], job)
        let struck = Self.struck(in: trace.split(separator: "\n"))
        let hasHappened = fault.hasPrefix("signal") ? result.status == 137 : struck != nil
        #expect(hasHappened, "\(self): \(fault) did not happen", sourceLocation: sourceLocation)
        if hasHappened { note(fault) }
        return (result, struck.map(String.init) ?? text)
    }

    /// The call that a fault was put into; where another thread's call stands between, its beginning, which has the file.
    private static func struck(in lines: [Substring]) -> Substring? {
        guard let end = lines.firstIndex(where: { $0.hasSuffix("(INJECTED)") }) else { return nil }
        guard lines[end].contains(" resumed>") else { return lines[end] }
        let process = lines[end].prefix { $0 != " " }
        return lines[..<end].last {
            $0.hasPrefix("\(process) ") && $0.hasSuffix("<unfinished ...>")
        }
    }

    /// A line into the file that `MATTER_FAULTS_LOG` names: `script/check-faults` counts them.
    private func note(_ fault: String) {
        let path = ProcessInfo.processInfo.environment["MATTER_FAULTS_LOG"]
        guard let path, let file = fopen(path, "a") else { return }
        fputs("\(fault) at \(name)\n", file)
        fclose(file)
    }
}
