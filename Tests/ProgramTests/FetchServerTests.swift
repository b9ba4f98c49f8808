import Foundation
import TestSupport
import Testing

/// `matter-prep fetch` against a STAC API of others on loopback.
@Suite struct FetchServerTests {
    private static let hasServer = OutsideReaders.are(in: "venv-fetch")

    /// Searches, windows over HTTP and S3, faults, tokens, and one folder that is killed three times.
    @Test(.enabled(if: hasServer, "needs the STAC API that script/check-fetch installs"))
    func aServerOfOthersIsFetchedFrom() throws {
        let result = try runExecutable(
            OutsideReaders.script("check-fetch"), ["1"],
            environment: ["MATTER_PREP": programURL("matter-prep").path])
        #expect(result.status == 0, "\(result.stdout) \(result.stderr)")
        #expect(result.stdout.contains("stac-fastapi: 4 of 7 items"), "\(result.stdout)")
        #expect(result.stdout.hasSuffix("all well\n"), "\(result.stdout)")
    }
}
