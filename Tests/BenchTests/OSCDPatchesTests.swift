import Bench
import BenchFixtures
import Geo
import Store
import TestSupport
import Testing

struct OSCDPatchesTests {
    let folder: TemporaryFolder
    let fixture: OSCDFixture

    init() throws {
        folder = try TemporaryFolder()
        fixture = try OSCDFixture(at: folder.path)
    }

    @Test(arguments: [(1, 1), (7, 7), (8, 3), (96, 96), (5, 4)])
    func patchesCoverEveryPixelAndLeaveNone(side: Int, stride: Int) throws {
        let tiling = try PatchTiling(side: side, stride: stride)
        for length in [side, side + 1, 2 * side - 1, 2 * side, 3 * side + stride, 600]
        where length >= side {
            let starts = tiling.starts(length)
            #expect(starts == starts.sorted() && Set(starts).count == starts.count)
            let covered = Set(starts.flatMap { $0..<$0 + side })
            #expect(covered == Set(0..<length), "\(length)")
        }
        #expect(tiling.starts(side - 1).isEmpty)
    }

    @Test(arguments: [(0, 1), (8, 0), (8, 9), (-1, 1)])
    func tilingsThatWouldSkipPixelsAreRefused(side: Int, stride: Int) {
        let error = #expect(throws: BenchError.self) {
            try PatchTiling(side: side, stride: stride)
        }
        #expect(error?.code == .configuration)
    }

    @Test func aPatchIsWhatTheCityHoldsThere() throws {
        let dataset = try OSCDDataset(at: fixture.root)
        let patches = try OSCDPatches(
            dataset, indices: try dataset.indices(of: "test"),
            tiling: PatchTiling(side: 9, stride: 6))
        let reader = patches.reader()
        let planes = ["after.B8A", "mask", "before.B02"]
        for index in 0..<patches.count {
            let parts = patches.key(index).split(separator: "/")
            let place = try parts[1].split(separator: "_").map { try #require(Int($0)) }
            let city = String(parts[0])
            try reader.read(index, planes: planes) { found in
                #expect(found.map(\.name) == planes)
                #expect(found.map(\.pixel) == [.uint16, .uint8, .uint16])
                let truth = OSCDFixture.truth(of: city)
                for at in 0..<81 {
                    let (row, column) = (place[0] + at / 9, place[1] + at % 9)
                    let after = found[0].bytes.loadUnaligned(
                        fromByteOffset: 2 * at, as: UInt16.self)
                    let before = found[2].bytes.loadUnaligned(
                        fromByteOffset: 2 * at, as: UInt16.self)
                    #expect(
                        after
                            == OSCDFixture.pixel(
                                .b8a, row: row, column: column, date: 2, city: city))
                    #expect(
                        before
                            == OSCDFixture.pixel(
                                .b02, row: row, column: column, date: 1, city: city))
                    #expect(found[1].bytes[at] == truth[row * OSCDFixture.width + column])
                }
            }
        }
        #expect(throws: BenchError.self) { try reader.read(0, planes: ["B02"]) { _ in } }
    }

    @Test func aCityThatIsSmallerThanAPatchIsNamed() throws {
        let dataset = try OSCDDataset(at: fixture.root)
        let error = #expect(throws: BenchError.self) {
            try OSCDPatches(dataset, indices: [0], tiling: PatchTiling(side: 21, stride: 21))
        }
        #expect(error?.code == .configuration)
        #expect(error?.description.contains(dataset.key(0)) == true)
    }

    @Test func citiesAreSamplesOfTwoDatesAndAMask() throws {
        let dataset = try DatasetRegistry.open("oscd", at: fixture.root)
        #expect(dataset.count == fixture.train.count + fixture.test.count)
        #expect(dataset.planes.count == 27)
        let all = dataset.splits.values.flatMap(\.self).sorted()
        #expect(all == Array(0..<dataset.count))
        let reader = try dataset.reader()
        try reader.read(0, planes: nil) { planes in
            #expect(planes.map(\.name) == dataset.planes.sorted())
            #expect(planes.allSatisfy { $0.width == OSCDFixture.width })
        }
        #expect(!dataset.files(0).isEmpty)
    }
}
