import Bench
import BenchFixtures
import Foundation
import Manifests
import Store
import Testing
import TestSupport

struct EuroSATTests {
    let folder: TemporaryFolder
    let fixture: BigEarthNetFixture

    init() throws {
        folder = try TemporaryFolder()
        fixture = BigEarthNetFixture(at: folder.path)
        // Wrong in size on purpose: nothing of a file is looked at before it is read.
        for name in ["River_7", "Forest_10", "Forest_2"] {
            let category = name.prefix { $0 != "_" }
            try fixture.write(
                [UInt16](repeating: 1, count: 9), side: 3, to: "\(category)/\(name).tif")
        }
        try fixture.write("Forest_10.jpg\n", to: "eurosat-spatial-train.txt")
        try fixture.write("River_7.jpg\r\n", to: "eurosat-spatial-val.txt")
        try fixture.write("Forest_2.tif", to: "eurosat-spatial-test.txt")
    }

    private func open(_ options: [String: String]) throws -> EuroSAT {
        try EuroSAT(
            at: folder.path,
            options: DatasetOptions(options.merging(["subset": "true"]) { mine, _ in mine }))
    }

    @Test func listsSayTheParts() throws {
        let data = try open([:])
        #expect((0..<3).map(data.key) == ["Forest_10", "Forest_2", "River_7"])
        #expect(data.splits == ["train": [0], "test": [1], "val": [2]])
        #expect(data.target(2) == .category(8) && data.classes[8] == "River")
        #expect(data.files(2) == ["River/River_7.tif"])
    }

    @Test("C19: lists that are not the published ones are told, or refused")
    func otherVersions() throws {
        #expect(try open([:]).remarks.count { $0.contains("another version") } == 1)
        let error = #expect(throws: BenchError.self) {
            try EuroSAT(
                at: folder.path, options: DatasetOptions(["subset": "true"], isStrict: true))
        }
        #expect(error?.exitCode == .badData)
        #expect(error?.description.contains("eurosat-spatial-val.txt") == true)
    }

    @Test func withoutListsThereIsOnePart() throws {
        let data = try open(["split": "none"])
        #expect(data.splits == ["all": [0, 1, 2]])
        #expect(
            data.remarks == [
                "expected 27000 images, found 3: missing AnnualCrop_1 (option subset=true)"
            ])
    }

    @Test func faults() throws {
        let size = #expect(throws: BenchError.self) {
            try open([:]).reader().read(0, planes: nil) { _ in }
        }
        #expect(size?.description.contains("1 bands of 3×3 pixels of uint16; expected 13") == true)
        let missing = #expect(throws: BenchError.self) { try open(["split": "random"]) }
        #expect(missing?.code == .missing)
        let folders = #expect(throws: BenchError.self) { try open(["subset": "false"]) }
        #expect(folders?.description.contains("AnnualCrop: not there") == true)
        for line in ["Forest_0.jpg", "Forest_3001", "Moon_1", "../x", "Forest_01"] {
            try fixture.write("Forest_3.jpg\n\(line)\n", to: "eurosat-spatial-train.txt")
            let error = #expect(throws: BenchError.self) { try open([:]) }
            #expect(error?.code == .invalid)
            #expect(error?.description.contains("train.txt: line 2") == true)
        }
        try fixture.write("River_7", to: "eurosat-spatial-train.txt")
        let twice = #expect(throws: BenchError.self) { try open([:]) }
        #expect(
            twice?.description.contains("River_7 is in the lists twice, in train and in val")
                == true)
    }
}
