import DataPrep
import Foundation
import Manifests
import TestSupport
import Testing

@Suite struct AddressSigningTests {
    @Test func readsServices() throws {
        let standard = try AddressSigning(argument: "planetary-computer")
        #expect(standard.tokens == "https://planetarycomputer.microsoft.com/api/sas/v1/token")
        let moved = try AddressSigning(argument: "planetary-computer=http://127.0.0.1:9/t")
        #expect(moved.tokens == "http://127.0.0.1:9/t")
        for argument in ["", "other", "planetary-computer=", "planetary-computer=x"] {
            let error = #expect(throws: PrepError.self) {
                try AddressSigning(argument: argument)
            }
            #expect(error?.code == .usage)
        }
    }

    /// A list of regions names the service; where it says nonsense, the line and column are named.
    @Test func standsInRegionLists() throws {
        let folder = try TemporaryFolder()
        func query(_ line: String) throws -> FetchQuery {
            let text = """
                [search]
                first_day = "2019-01-01"
                last_day = "2019-12-31"
                \(line)
                [[region]]
                name = "a"
                longitude = 1
                latitude = 2
                """
            try AtomicFile.write(text, to: folder.path("list.toml"))
            return try RegionList(path: folder.path("list.toml")).query
        }
        #expect(try query("").signing == nil)
        #expect(try query("sign = \"planetary-computer\"").signing?.service == .planetaryComputer)
        let error = #expect(throws: ManifestError.self) { try query("sign = \"x\"") }
        #expect(error?.description.contains(":4:") == true)
    }
}
