import BenchFixtures
import Foundation
import Manifests
import Testing
import TestSupport

struct MatterBenchTests {
    let folder: TemporaryFolder
    let fixture: OSCDFixture

    init() throws {
        folder = try TemporaryFolder()
        fixture = try OSCDFixture(at: folder.path("OSCD"))
    }

    private func run(_ arguments: String...) throws -> ProgramResult {
        try runProgram("matter-bench", arguments)
    }

    @Test func listsWhatADataSetHolds() throws {
        let people = try run("info", fixture.root)
        #expect(people.status == 0, "\(people.stderr)")
        #expect(people.stdout.contains("3 cities: 1 train, 2 test"))
        let machines = try run("info", fixture.root, "--json")
        let document = try JSONValue.parse(machines.stdout)
        #expect(
            document["cities"]?.array?.compactMap { $0["city"]?.string } == [
                "dubai", "pisa", "rio",
            ])
        #expect(people.stdout.contains(document["sha256"]?.string ?? "no digest"))
    }

    @Test func checksADataSetAndEndsByWhatItFinds() throws {
        let sound = try run("check", "oscd", fixture.root, "--quiet")
        #expect(sound.status == 0, "\(sound.stderr)")
        #expect(
            sound.stdout.contains(
                "oscd: 3 of 3 samples read (test 2, train 1); 0 errors, 1 remarks"))
        let machines = try run("check", "oscd", fixture.root, "--json", "--option", "images=rect")
        #expect(try JSONValue.parse(machines.stdout)["read"]?.int == 3)
        try fixture.write("<html>404</html>", to: "\(fixture.images)/rio/imgs_2_rect/B04.tif")
        let broken = try run("check", "oscd", fixture.root, "--quiet")
        #expect(broken.status == 65)
        #expect(broken.stdout.contains("error: rio: "))
        #expect(broken.stderr.contains("oscd: 1 errors in 3 samples"))
        #expect(try run("check", "oscd", folder.path("nothing")).status == 66)
        #expect(try run("check", "nothing", fixture.root).status == 78)
        #expect(try run("check", "oscd", fixture.root, "--option", "images").status == 64)
    }

    @Test func runsChangeVectorAnalysisAndPrintsATable() throws {
        let out = folder.path("BENCH")
        let arguments = ["run", "oscd", "--data", fixture.root, "--methods", "cva", "--out", out]
        let first = try runProgram("matter-bench", arguments)
        #expect(first.status == 0, "\(first.stderr)")
        #expect(first.stdout.contains("F1 pooled"))
        #expect(first.stdout.contains("oracle (upper bound)"))
        #expect(first.stdout.contains("pixels scored / present: 960 / 960"))
        let again = try runProgram("matter-bench", arguments + ["--json", "--quiet"])
        #expect(again.status == 0 && again.stderr.isEmpty, "\(again.stderr)")
        let summary = try JSONValue.parse(again.stdout)[0]
        #expect(summary?["method"]?.string == "cva")
        #expect(summary?["thresholdRule"]?.string == "otsu")
        #expect(summary?["isOracle"]?.bool == false)
    }

    @Test func helpNamesEverySubcommand() throws {
        let help = try run("--help")
        #expect(help.status == 0)
        for name in ["run", "info"] { #expect(help.stdout.contains(name)) }
        #expect(try run("run", "oscd", "--help").stdout.contains("--curve-cities"))
        #expect(try run("--version").stdout == SuiteVersion.current + "\n")
    }

    @Test(arguments: [
        ["run", "oscd", "--out", "X"], ["run", "oscd", "--data", "X"],
        ["run", "oscd", "--data", "X", "--out", "Y", "--methods", "magic"],
        ["run", "oscd", "--data", "X", "--out", "Y", "--methods", "matter"],
        ["run", "oscd", "--data", "X", "--out", "Y", "--methods", "untrained"],
        ["run", "oscd", "--data", "X", "--out", "Y", "--thresholds", "oracle"],
        ["run", "oscd", "--data", "X", "--out", "Y", "--window", "12"],
        ["run", "oscd", "--data", "X", "--out", "Y", "--stride", "0"],
        ["run", "oscd", "--data", "X", "--out", "Y", "--bands", "B13"],
        ["run", "oscd", "--data", "X", "--out", "Y", "--device", "abacus"],
        ["run", "bigearthnet"], ["info"], ["info", "X", "--images", "all"],
    ])
    func refusesACommandLineWithoutSense(arguments: [String]) throws {
        let result = try runProgram("matter-bench", arguments)
        #expect(result.status == ExitCode.usage.rawValue, "\(result.stderr)")
        #expect(result.stdout.isEmpty)
    }

    @Test func saysInOneLineWhatIsNotThere() throws {
        let result = try run("info", folder.path("nowhere"))
        #expect(result.status == ExitCode.inputMissing.rawValue)
        #expect(result.stderr.hasPrefix("error: ") && result.stderr.filter(\.isNewline).count == 1)
        let level = try run("run", "oscd", "--data", folder.path, "--out", folder.path("BENCH"))
        #expect(level.status == ExitCode.inputMissing.rawValue)
        #expect(level.stderr.contains("one level below: use \(fixture.root)"))
    }

    @Test func refusesAnEncoderThatIsNone() throws {
        let file = folder.path("encoder.safetensors")
        try fixture.write("not an encoder", to: file)
        let result = try run(
            "run", "oscd", "--data", fixture.root, "--encoder", file, "--out", folder.path("BENCH"))
        #expect(result.status == ExitCode.badData.rawValue, "\(result.stderr)")
        #expect(result.stderr.contains("encoder.safetensors"))
    }

    @Test func refusesAnOutputThatCannotBe() throws {
        try fixture.write("a file", to: folder.path("file"))
        let result = try run(
            "run", "oscd", "--data", fixture.root, "--out", folder.path("file/BENCH"))
        #expect(result.status == ExitCode.cannotCreate.rawValue, "\(result.stderr)")
    }

    @Test func refusesAnotherPlanInTheSameFolder() throws {
        let out = folder.path("BENCH")
        #expect(try run("run", "oscd", "--data", fixture.root, "--out", out).status == 0)
        let other = try run(
            "run", "oscd", "--data", fixture.root, "--out", out, "--bands", "B02,B03")
        #expect(other.status == ExitCode.configuration.rawValue)
        #expect(other.stderr.contains("changeVectorBands"))
    }
}
