import Eval
import Foundation
import Manifests
import TestSupport
import Testing

@Suite("Nights")
struct NightlyTests {
    let folder: TemporaryFolder
    let protocols: [ScoreProtocol]

    init() throws {
        folder = try TemporaryFolder()
        protocols = try Protocols.read(Checkout.path("manifests/protocols/pooled.toml"))
    }

    /// A recipe of one stage that writes numbers, and one more command if there is one.
    func recipe(
        _ numbers: String, more: String = "", minutes: String = "1", nights: Int = 5
    ) throws -> NightlyRecipe {
        let path = folder.path("recipe.toml")
        try AtomicFile.write(
            """
            name = "toy"
            nights = \(nights)
            keep = 3
            \(more)
            [[stage]]
            name = "numbers"
            command = ["sh", "-c", "echo ran >> ../count; echo '\(numbers.replacing("\"", with: "\\\""))' > numbers.json"]
            minutes = \(minutes)
            numbers = "numbers.json"
            lower = ["seconds"]

            """, to: path)
        return try NightlyRecipe(path: path)
    }

    func run(_ night: String, _ recipe: NightlyRecipe, accepts: Bool = false) throws
        -> Nightly.Outcome
    {
        var plan = Nightly.Plan(
            recipe: recipe, folder: folder.path("nights"), night: night, protocols: protocols,
            programs: [])
        plan.accepts = accepts
        return try Nightly(plan).run()
    }

    func numbers(_ f1: Double, seconds: Double = 10) -> String {
        "{\"f1\":\(f1),\"seconds\":\(seconds)}"
    }

    private var latest: String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: folder.path("nights/latest"))
    }

    @Test(
        "three nights: noise is not flagged, a planted regression is, and it does not become the measure"
    )
    func threeNights() throws {
        let first = try run("2026-01-01", recipe(numbers(0.500)))
        #expect(first.regressions.isEmpty && first.document.checks.contains { $0.isMet == nil })
        let noise = try run("2026-01-02", recipe(numbers(0.495)))
        #expect(noise.regressions.isEmpty && noise.document.isMet)
        let planted = try run("2026-01-03", recipe(numbers(0.40)))
        #expect(planted.regressions.map(\.series) == ["numbers/f1"])
        #expect(!planted.document.isMet && planted.isLatest)
        let again = try run("2026-01-04", recipe(numbers(0.41)))
        #expect(again.regressions.map(\.series) == ["numbers/f1"])
        let junit = try WholeFile.readText(folder.path("nights/nights/2026-01-03/report/junit.xml"))
        #expect(junit.contains("failures=\"1\"") && junit.contains("numbers/f1"))
        let accepted = try run("2026-01-05", recipe(numbers(0.41)), accepts: true)
        #expect(accepted.regressions.isEmpty)
    }

    @Test("the tolerance follows from how the nights spread")
    func spread() throws {
        let quiet = [0.500, 0.501, 0.499, 0.5005]
        for (index, value) in quiet.enumerated() {
            _ = try run("2026-02-0\(index + 1)", recipe(numbers(value)))
        }
        // 0.02 is far beyond what these nights spread, and below what would be asked of unknown ones.
        #expect(try run("2026-02-05", recipe(numbers(0.48))).regressions.count == 1)
        #expect(try run("2026-02-06", recipe(numbers(0.4985))).regressions.isEmpty)
        // More seconds are worse, fewer are not.
        #expect(
            try run("2026-02-07", recipe(numbers(0.5, seconds: 14))).regressions.map(\.series) == [
                "numbers/seconds"
            ])
        #expect(try run("2026-02-08", recipe(numbers(0.5, seconds: 5))).regressions.isEmpty)
    }

    @Test(
        "a failed night keeps yesterday's report, names the first cause, and goes on where it stopped"
    )
    func failure() throws {
        _ = try run("2026-03-01", recipe(numbers(0.5)))
        #expect(latest == "nights/2026-03-01/report")
        let broken = """
            [[stage]]
            name = "broken"
            command = ["sh", "-c", "echo no disk >&2; exit 3"]

            """
        let failed = try run("2026-03-02", recipe(numbers(0.5), more: broken))
        #expect(!failed.isLatest && latest == "nights/2026-03-01/report")
        #expect(failed.stages.map(\.status) == [.failed, .done])
        #expect(failed.document.lede.contains("no disk"))
        let mended = broken.replacing("exit 3", with: "exit 0")
        let resumed = try run("2026-03-02", recipe(numbers(0.5), more: mended))
        #expect(resumed.isLatest && latest == "nights/2026-03-02/report")
        // What the failed start printed is still there.
        #expect(
            try WholeFile.readText(folder.path("nights/nights/2026-03-02/broken/stage.1.log"))
                == "no disk\n")
        // The stage that had ended well did not run again.
        #expect(try WholeFile.readText(folder.path("nights/nights/2026-03-02/count")) == "ran\n")
    }

    @Test("a stage that hangs is ended, one that is no program or leaves nothing is told")
    func hangs() throws {
        let bad = """
            [[stage]]
            name = "hangs"
            command = ["sleep", "60"]
            minutes = 0.005
            [[stage]]
            name = "nobody"
            command = ["no-such-program"]
            [[stage]]
            name = "empty"
            command = ["true"]
            scores = ["run"]

            """
        let outcome = try run("2026-04-01", recipe(numbers(0.5), more: bad))
        #expect(outcome.stages.map(\.status) == [.timedOut, .notStarted, .unreadable, .done])
        #expect(outcome.document.notices.contains { $0.text.contains("longer than") })
    }

    /// Whether a process still runs; one that ended and that nobody asked for does not.
    private func runs(_ process: pid_t) -> Bool {
        guard kill(process, 0) == 0 else { return false }
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return false }
        return !text[end...].hasPrefix(") Z")
    }

    /// A stage that starts a process of its own, which ignores TERM, and that process; `nil` where it had no time to.
    private func grandchild(_ script: String, minutes: Double) throws -> (StageOutcome, pid_t?) {
        let path = folder.path("group.toml")
        let child = folder.path("child")
        try AtomicFile.write("", to: child)
        try AtomicFile.write(
            """
            name = "group"
            [[stage]]
            name = "parent"
            command = ["sh", "-c", "(trap '' TERM; echo ready > \(child).ready; exec sleep 600) & echo $! > \(child); \(script)"]
            minutes = \(minutes)

            """, to: path)
        var plan = Nightly.Plan(
            recipe: try NightlyRecipe(path: path), folder: folder.path("group-\(minutes)"),
            night: "2026-08-01", protocols: protocols, programs: [])
        plan.grace = .milliseconds(200)
        let outcome = try Nightly(plan).run().stages[0]
        let text = try WholeFile.readText(child).split(separator: "\n").first
        return (outcome, text.flatMap { pid_t($0) })
    }

    @Test("a stage leaves no process behind, late or done, even one that ignores TERM")
    func leavesNothing() throws {
        // A machine may be too slow to start it in the time given: more is given until it was there.
        for minutes in [0.005, 0.05, 0.5] {
            let (outcome, child) = try grandchild("sleep 600", minutes: minutes)
            #expect(outcome.status == .timedOut)
            guard let child else { continue }
            #expect(!runs(child))
            break
        }
        let ready = folder.path("child.ready")
        let (done, child) = try grandchild(
            "while [ ! -e \(ready) ]; do sleep 0.01; done", minutes: 10)
        #expect(done.status == .done)
        #expect(!runs(try #require(child)))
    }

    @Test("each night has its own seeds, and the same ones whenever it is run")
    func seeds() throws {
        let path = folder.path("seeds.toml")
        try AtomicFile.write(
            """
            name = "seeds"
            [[stage]]
            name = "seed"
            command = ["sh", "-c", "echo $0 > seed", "{night-seed}"]

            """, to: path)
        var seen: Set<String> = []
        for night in ["2026-09-01", "2026-09-02", "2026-09-03"] {
            _ = try run(night, NightlyRecipe(path: path))
            let text = try WholeFile.readText(folder.path("nights/nights/\(night)/seed/seed"))
            #expect(text == "\(Nightly.seed(of: night))\n")
            seen.insert(text)
        }
        #expect(seen.count == 3)
    }

    @Test("runs that a stage leaves are scored")
    func scored() throws {
        let fixture = try TaskFixture()
        let run = try fixture.change("run")
        let path = folder.path("scored.toml")
        try AtomicFile.write(
            """
            name = "scored"
            [[stage]]
            name = "bench"
            command = ["cp", "-r", "\(run)", "."]
            scores = ["run"]

            """, to: path)
        let outcome = try self.run("2026-05-01", NightlyRecipe(path: path))
        #expect(
            outcome.document.checks.contains {
                $0.name == "bench/unet, from random, frozen/pooled/f1"
            })
    }

    @Test("a second night while one runs is refused, 75; a damaged history, 65")
    func refused() throws {
        _ = try run("2026-06-01", recipe(numbers(0.5)))
        let lock = try FolderLock(folder: folder.path("nights"))
        let locked = #expect(throws: ManifestError.self) {
            try run("2026-06-02", recipe(numbers(0.5)))
        }
        #expect(locked?.exitCode == .locked)
        withExtendedLifetime(lock) {}
    }

    @Test("a history that is none is not overwritten")
    func damaged() throws {
        try AtomicFile.makeFolder(at: folder.path("nights"))
        let text = String(repeating: "no database ", count: 100)
        try AtomicFile.write(text, to: folder.path("nights/history.sqlite"))
        let error = #expect(throws: ManifestError.self) {
            try run("2026-06-01", recipe(numbers(0.5)))
        }
        #expect(error?.exitCode == .badData)
        #expect(try WholeFile.readText(folder.path("nights/history.sqlite")) == text)
        // It is told before a stage has run.
        #expect(!folder.files().contains { $0.hasSuffix("count") })
    }

    @Test("a night of another recipe is refused before it takes the first one's place: 78")
    func otherRecipe() throws {
        _ = try run("2026-06-01", recipe(numbers(0.5)))
        var other = try recipe(numbers(0.1))
        other.name = "other"
        let error = #expect(throws: ManifestError.self) { try run("2026-06-01", other) }
        #expect(error?.exitCode == .configuration)
        #expect(error?.description.contains("recipe toy") == true)
        #expect(try WholeFile.readText(folder.path("nights/nights/2026-06-01/count")) == "ran\n")
        #expect(latest == "nights/2026-06-01/report")
        // Under another name it is a night of its own.
        #expect(try run("2026-06-01-other", other).isLatest)
    }

    @Test("of old nights the first of each month stays")
    func pruning() throws {
        for day in 1...6 { _ = try run("2026-07-0\(day)", recipe(numbers(0.5))) }
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path("nights/nights"))
            .sorted()
        #expect(left == ["2026-07-01", "2026-07-04", "2026-07-05", "2026-07-06"])
    }

    @Test(
        "a recipe that is wrong is named with its line",
        arguments: [
            "name = \"x\"\n", "name = 3\n[[stage]]\n", "name = \"x\"\nnigths = 3\n",
            "name = \"x\"\n[[stage]]\nname = \"a b\"\n",
        ])
    func recipes(text: String) throws {
        try AtomicFile.write(text, to: folder.path("bad.toml"))
        let error = #expect(throws: ManifestError.self) {
            try NightlyRecipe(path: folder.path("bad.toml"))
        }
        #expect(error?.exitCode == .configuration)
    }
}
