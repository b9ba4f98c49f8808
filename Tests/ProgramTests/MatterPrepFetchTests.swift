import Foundation
import Manifests
import TestSupport
import Testing

@Suite struct MatterPrepFetchTests {
    /// Nobody listens there: the code of what is not available, one line, and nothing that looks like a result.
    @Test func saysThatTheNetworkIsNotThere() throws {
        let folder = try TemporaryFolder()
        let result = try runProgram(
            "matter-prep",
            [
                "fetch", "--point", "-9.8,12.5", "--endpoint", "http://127.0.0.1:9/v1", "--out",
                folder.path("out"),
            ], environment: ["GDAL_HTTP_MAX_RETRY": "0", "no_proxy": "127.0.0.1"])
        #expect(result.status == ExitCode.unavailable.rawValue)
        #expect(result.stderr.hasPrefix("error: http://127.0.0.1:9/v1/search: "))
        #expect(result.stderr.split(separator: "\n").count == 1)
        #expect(!folder.files().contains { $0.hasSuffix("search.json") })
    }

    @Test(arguments: [
        [], ["--point", "1,2", "--bbox", "1,2,3,4"], ["--point", "1"], ["--point", "1,95"],
        ["--point", "1,2", "--cloud", "101"], ["--point", "1,2", "--dates", "2019-01-01"],
        ["--point", "1,2", "--dates", "2019-05-01/2019-01-01"],
        ["--point", "1,2", "--bands", "B99"], ["--point", "1,2", "--tile", "99ZZZ"],
    ]) func refusesNonsense(arguments: [String]) throws {
        let folder = try TemporaryFolder()
        let result = try runProgram(
            "matter-prep", ["fetch", "--out", folder.path("out")] + arguments)
        #expect(result.status == ExitCode.usage.rawValue)
        #expect(folder.files().isEmpty)
    }
}
