import DataPrep
import Foundation
import Geo
import Manifests
import TestSupport
import Testing

/// Table B, runs that are stopped, killed, doubled, or told another time of day.
@Suite(.serialized) struct InterruptionFaultTests {
    /// A job of 3 dates × 16 tiles, and the tree that it makes.
    private static func job(in folder: TemporaryFolder) throws -> [String] {
        let products = try Fixture.products(in: folder)
        return Fixture.arguments(products, into: folder.path("out"), tileSize: 16)
    }

    private static let whole: TemporaryFolder? = {
        guard let folder = try? TemporaryFolder(), let job = try? job(in: folder) else {
            return nil
        }
        return (try? runProgram("matter-prep", job))?.status == 0 ? folder : nil
    }()

    private static func wholeTree() throws -> [String: SHA256Digest] {
        try Fixture.tree(try #require(whole).path("out"))
    }

    private static func tiles(_ folder: String) -> Int {
        (FileManager.default.subpaths(atPath: folder) ?? []).count { $0.hasSuffix(".tif") }
    }

    private func expectSameAgain(_ job: [String], _ out: String) throws {
        let again = try runProgram("matter-prep", job)
        #expect(again.status == 0, "\(again.stderr)")
        #expect(try Fixture.tree(out) == Self.wholeTree())
    }

    /// Four kills each: two, or as many as `MATTER_KILLS` kills take.
    static let seeds: [Int] = {
        let kills = ProcessInfo.processInfo.environment["MATTER_KILLS"].flatMap(Int.init) ?? 8
        return Array(1...max(2, min(kills, 1_000_000) / 4))
    }()

    @Test(
        "B2: killed at random moments, several times, and run to its end: the same files",
        arguments: seeds) func killedAtRandomItGoesOn(seed: Int) throws
    {
        let folder = try TemporaryFolder()
        let job = try Self.job(in: folder)
        var random = SplitMix64(seed: UInt64(seed))
        for round in 0..<4 {
            let run = try Running(job)
            let tiles = round * 10 + random.nextInt(below: 10)
            run.wait { Self.tiles(folder.path("out")) >= tiles }
            usleep(UInt32(random.nextInt(below: 20_000)))
            run.send(SIGKILL)
            #expect([0, 137].contains(run.end().status))
        }
        try expectSameAgain(job, folder.path("out"))
    }

    @Test(
        "B7: asked to stop, the run ends soon, by its own code, and goes on later",
        arguments: [SIGINT, SIGTERM, SIGHUP]) func signalsStopTheRun(signal: Int32) throws
    {
        let status: Int32 = signal == SIGINT ? 130 : 143
        let folder = try TemporaryFolder()
        let job = try Self.job(in: folder)
        let run = try Running(job)
        run.wait { Self.tiles(folder.path("out")) >= 2 }
        run.send(signal)
        let start = ContinuousClock.now
        let end = run.end()
        #expect(ContinuousClock.now - start < .seconds(5))
        #expect(end.status == status, "\(end.stderr)")
        #expect(end.stderr.contains("run the same command to go on"))
        #expect(!FileManager.default.fileExists(atPath: folder.path("out/manifest.jsonl")))
        try expectSameAgain(job, folder.path("out"))
    }

    @Test("B7: a second SIGINT ends it at once") func aSecondSignalEndsAtOnce() throws {
        let folder = try TemporaryFolder()
        let job = try Self.job(in: folder)
        let run = try Running(job)
        run.wait { Self.tiles(folder.path("out")) >= 2 }
        run.send(SIGINT)
        usleep(200)
        run.send(SIGINT)
        #expect(run.end().status == 130)
        try expectSameAgain(job, folder.path("out"))
    }

    @Test("B7: asked to stop while it proves its inputs, the run ends before it makes anything")
    func stopsWhileItProves() throws {
        struct Stop: Error {}
        let folder = try TemporaryFolder()
        let products = try Fixture.products(in: folder)
        #expect(throws: Stop.self) {
            try Fixture.run(products, into: folder.path("out"), checkStop: { throw Stop() })
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
    }

    @Test("B7: nobody reads what it prints") func aClosedPipeIsNoCrash() throws {
        let folder = try TemporaryFolder()
        let job = try Self.job(in: folder)
        let command =
            "{ \"$@\"; echo \"status $?\" >&2; } | true"
        let result = try runExecutable(
            "/bin/sh", ["-c", command, "sh", programURL("matter-prep").path] + job)
        #expect(result.stderr.hasSuffix("status 141\n"), "\(result.stderr)")
        #expect(try Fixture.tree(folder.path("out")) == Self.wholeTree())
    }

    @Test("B8: of several processes on one folder one works; the others say who, where, how long")
    func oneProcessHasTheFolder() throws {
        let folder = try TemporaryFolder()
        let job = try Self.job(in: folder)
        let runs = try (0..<3).map { _ in try Running(job) }
        let ends = runs.map { $0.end() }
        #expect(ends.contains { $0.status == 0 })
        for end in ends where end.status != 0 {
            #expect(end.status == 75)
            #expect(
                end.stderr.contains(/in use by process \d+ on \S+ for \d+ s; wait/), "\(end.stderr)"
            )
        }
        try expectSameAgain(job, folder.path("out"))
    }

    @Test("B8: shards at the same time do each their own part, and no tile twice")
    func shardsWorkSideBySide() throws {
        let folder = try TemporaryFolder()
        let products = try Fixture.products(in: folder)
        let region = "r=\(products.joined(separator: ","))"
        let runs = try (1...3).map { shard in
            try Running([
                "run", "--region", region, "--out", folder.path("out"), "--tile-size", "32",
                "--bands", "B04,B8A", "--quiet", "--shard", "\(shard)/3",
            ])
        }
        for run in runs { #expect(run.end().status == 0) }
        let manifests = try (1...3).map {
            try JSONLinesReader.read(
                TileRecord.self, from: folder.path("out/shards/\($0)-of-3/manifest.jsonl"))
        }
        let ids = manifests.flatMap(\.records).map(\.id)
        #expect(ids.count == 12 && Set(ids).count == 12)
    }

    @Test("B9: the lock of a process that was killed is taken over") func aDeadProcessHoldsNothing()
        throws
    {
        let folder = try TemporaryFolder()
        let job = try Self.job(in: folder)
        let run = try Running(job)
        run.wait { Self.tiles(folder.path("out")) >= 1 }
        run.send(SIGKILL)
        #expect(run.end().status == 137)
        #expect(FileManager.default.fileExists(atPath: folder.path("out/.lock")))
        try expectSameAgain(job, folder.path("out"))
        #expect(try WholeFile.readText(folder.path("out/prep.log")).contains("was taken over"))
    }

    @Test(
        "B10: whatever the clock says, and if it runs backwards, the files are the same",
        .enabled(if: Tool.compiler != nil, "needs a C compiler for the false clock"),
        arguments: [-31_536_000, 505_000_000, 2_400_000_000])
    func theClockDecidesNothing(offset: Int) throws {
        let folder = try TemporaryFolder()
        let source = """
            #define _GNU_SOURCE
            #include <sys/syscall.h>
            #include <sys/time.h>
            #include <time.h>
            #include <unistd.h>
            /* Each question puts the clock back by a minute. */
            static long steps;
            int clock_gettime(clockid_t id, struct timespec *now) {
                long result = syscall(SYS_clock_gettime, id, now);
                if (id == CLOCK_REALTIME) now->tv_sec += OFFSET - 60 * ++steps;
                return result;
            }
            int gettimeofday(struct timeval *now, void *zone) {
                struct timespec exact;
                clock_gettime(CLOCK_REALTIME, &exact);
                now->tv_sec = exact.tv_sec;
                now->tv_usec = exact.tv_nsec / 1000;
                return 0;
            }
            time_t time(time_t *now) {
                struct timespec exact;
                clock_gettime(CLOCK_REALTIME, &exact);
                if (now) *now = exact.tv_sec;
                return exact.tv_sec;
            }
            """
        try AtomicFile.write(source, to: folder.path("clock.c"))
        let built = try runExecutable(
            try #require(Tool.compiler),
            [
                "-shared", "-fPIC", "-DOFFSET=(\(offset)L)", "-o", folder.path("clock.so"),
                folder.path("clock.c"),
            ])
        try #require(built.status == 0, "\(built.stderr)")
        let products = try Fixture.products(in: folder)
        for path in FileManager.default.subpaths(atPath: folder.path("l2a")) ?? [] {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: 0)],
                ofItemAtPath: folder.path("l2a/\(path)"))
        }
        let job = Fixture.arguments(products, into: folder.path("out"), tileSize: 16)
        let result = try runProgram(
            "matter-prep", job,
            environment: ["LD_PRELOAD": folder.path("clock.so"), "TZ": "America/St_Johns"])
        #expect(result.status == 0, "\(result.stderr)")
        #expect(try Fixture.tree(folder.path("out")) == Self.wholeTree())
    }
}
