import Eval
import Foundation
import Manifests
import TestSupport
import Testing

/// What nights are measured by, and what of a night is done again.
extension NightlyTests {
    @Test("an accepted night is the measure of those after it, also when it is gone through again")
    func accepted() throws {
        func night(_ day: Int, _ value: Double, accepts: Bool = false) throws -> Nightly.Outcome {
            try run("2026-10-\(day)", recipe(numbers(value), nights: 14), accepts: accepts)
        }
        for day in 11...23 { _ = try night(day, 0.5) }
        #expect(try night(24, 0.4).regressions.count == 1)
        #expect(try night(25, 0.4, accepts: true).regressions.isEmpty)
        let again = try night(25, 0.4)
        #expect(again.regressions.isEmpty)
        #expect(again.document.notices.contains { $0.text.contains("accepted") })
        for day in 26...28 {
            let after = try night(day, 0.4)
            #expect(after.regressions.isEmpty && after.document.isMet, "night \(day)")
        }
        // From there on a loss is told as ever.
        #expect(try night(29, 0.35).regressions.count == 1)
    }

    /// What migration "1" made, with a night in it.
    private static let firstForm = """
        CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
        INSERT INTO grdb_migrations VALUES ('1');
        CREATE TABLE night (id TEXT PRIMARY KEY NOT NULL, recipe TEXT NOT NULL, version TEXT NOT NULL, isWhole BOOLEAN NOT NULL);
        CREATE TABLE result (night TEXT NOT NULL REFERENCES night(id) ON DELETE CASCADE, series TEXT NOT NULL,
            value DOUBLE NOT NULL, isHigherBetter BOOLEAN NOT NULL, isFlagged BOOLEAN NOT NULL, PRIMARY KEY (night, series));
        INSERT INTO night VALUES ('2026-11-01', 'toy', '0.1.0', 1);
        INSERT INTO result VALUES ('2026-11-01', 'numbers/f1', 0.5, 1, 0);
        """

    @Test("a history of the first form is taken over")
    func migrated() throws {
        try AtomicFile.makeFolder(at: folder.path("nights"))
        let program = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])"
        let made = try runExecutable(
            "/usr/bin/env",
            ["python3", "-c", program, folder.path("nights/history.sqlite"), Self.firstForm])
        #expect(made.status == 0, "\(made.stderr)")
        let night = try run("2026-11-02", recipe(numbers(0.3)))
        #expect(night.regressions.map(\.series) == ["numbers/f1"])
    }

    @Test("a number that vanishes is told, until it is back or accepted")
    func vanished() throws {
        _ = try run("2026-12-01", recipe(numbers(0.5)))
        for day in 2...3 {
            let night = try run("2026-12-0\(day)", recipe("{\"f1\":0.5,\"seconds\":\"ten\"}"))
            #expect(night.missing == ["numbers/seconds"] && night.isLatest)
            #expect(!night.document.isMet)
            #expect(
                night.document.checks.contains {
                    $0.name == "numbers/seconds" && $0.isMet == false
                        && $0.message == "was there in night 2026-12-01 and is missing"
                })
            #expect(night.document.lede.contains("are missing: 1"))
        }
        let accepted = try run("2026-12-04", recipe("{\"f1\":0.5}"), accepts: true)
        #expect(accepted.missing.isEmpty && accepted.document.isMet)
        #expect(try run("2026-12-05", recipe("{\"f1\":0.5}")).missing.isEmpty)
        // A stage that did not end well misses nothing: that it did not is told.
        let failing = try run("2026-12-06", recipe("' ; exit 3; echo '"))
        #expect(failing.missing.isEmpty && failing.stages[0].status == .failed)
    }

    @Test("a stage whose command was edited runs again in the same night, others do not")
    func edited() throws {
        _ = try run("2026-03-03", recipe(numbers(0.5)))
        let other = try run("2026-03-03", recipe(numbers(0.25)))
        #expect(other.document.data[0]?["value"]?.double == 0.25)
        let count = folder.path("nights/nights/2026-03-03/count")
        #expect(try WholeFile.readText(count) == "ran\nran\n")
        _ = try run("2026-03-03", recipe(numbers(0.25)))
        #expect(try WholeFile.readText(count) == "ran\nran\n")
        // Back to what it was: what lies there is not of that command.
        let back = try run("2026-03-03", recipe(numbers(0.5)))
        #expect(back.document.data[0]?["value"]?.double == 0.5)
    }

    @Test("a stage that was ended because a stop was asked for is not done, whatever it answers")
    func stopped() throws {
        let path = folder.path("stopped.toml")
        let ready = folder.path("ready")
        try AtomicFile.write(
            """
            name = "stopped"
            [[stage]]
            name = "obedient"
            command = ["sh", "-c", "trap 'exit 0' TERM; touch \(ready); while :; do sleep 0.01; done"]

            """, to: path)
        let plan = Nightly.Plan(
            recipe: try NightlyRecipe(path: path), folder: folder.path("nights"), night: "1",
            protocols: protocols, programs: [])
        let outcome = try Nightly(
            plan, shouldStop: { FileManager.default.fileExists(atPath: ready) }
        ).run()
        #expect(outcome.stages.map(\.status) == [.failed])
        #expect(outcome.stages[0].cause == "stopped" && outcome.stages[0].code == 0)
        #expect(!outcome.isLatest)
    }
}
