import Foundation
import Geo
import Manifests
import Store
import Tensors
import TestSupport
import Testing

struct SampleStoreTests {
    static func sample(_ offset: UInt16, height: Int = 5, width: Int = 7) -> [String: HostArray] {
        let pixels = (0..<height * width).map { UInt16($0) + offset }
        return [
            "B02": HostArray(pixels, shape: [height, width]),
            "B03": HostArray(pixels.map { $0 + 1000 }, shape: [height, width]),
            "valid": HostArray(pixels.map { UInt8($0 % 2) }, shape: [height, width]),
        ]
    }

    @Test func samplesComeBack() throws {
        let folder = try TemporaryFolder()
        let store = try SampleStore(folder.path("store"), for: .writing)
        try store.put(Self.sample(3), for: "north/0_0/2020")
        try store.put(Self.sample(9), for: "north/0_0/2019")
        let reader = try SampleStore(folder.path("store"), for: .reading)
        #expect(try reader.keys() == ["north/0_0/2019", "north/0_0/2020"])
        #expect(try reader.sample("north/0_0/2020") == Self.sample(3))
        #expect(try reader.contains("north/0_0/2019"))
        #expect(try !reader.contains("south"))
    }

    @Test func windowsAreReadInPlace() throws {
        let folder = try TemporaryFolder()
        let store = try SampleStore(folder.path("store"), for: .writing)
        try store.put(Self.sample(0), for: "a")
        let window = try PixelWindow(column: 2, row: 1, width: 3, height: 2)
        let names = try store.withSample("a") { $0.names }
        #expect(names == ["B02", "B03", "valid"])
        let size = try store.withSample("a") { try $0.size(of: "B02") }
        #expect(try size == PixelSize(width: 7, height: 5))
        let pixels = try store.withSample("a") {
            try $0.pixels("B02", in: window, as: UInt16.self)
        }
        #expect(pixels == [9, 10, 11, 16, 17, 18])
        let valid = try store.withSample("a") {
            try $0.pixels("valid", in: window, as: UInt8.self)
        }
        #expect(valid == [1, 0, 1, 0, 1, 0])
    }

    @Test func misusedSamplesAreNamed() throws {
        let folder = try TemporaryFolder()
        let store = try SampleStore(folder.path("store"), for: .writing)
        try store.put(Self.sample(0), for: "a")
        let outside = try PixelWindow(column: 5, row: 0, width: 3, height: 1)
        func failure(_ body: (StoredSample) throws -> Void) -> StoreError? {
            #expect(throws: StoreError.self) { try store.withSample("a", body) }
        }
        #expect(failure { _ = try $0.pixels("B8A", as: UInt16.self) }?.exitCode == .badData)
        #expect(
            failure { _ = try $0.pixels("B02", as: UInt8.self) }?.description.contains("uint16")
                == true)
        #expect(failure { _ = try $0.pixels("B02", in: outside, as: UInt16.self) }?.key == "a")
        #expect(throws: StoreError.self) { try store.sample("b") }
        #expect(throws: StoreError.self) { try store.put([:], for: "") }
    }

    @Test func bytesFollowFromTheSamples() throws {
        let folder = try TemporaryFolder()
        for name in ["once", "twice"] {
            for _ in 0..<(name == "once" ? 1 : 2) {
                let store = try SampleStore(folder.path(name), for: .writing)
                for index in 0..<40 {
                    try store.put(
                        Self.sample(UInt16(index), height: 200, width: 100), for: "\(index)")
                }
            }
        }
        let files = try ["once", "twice"].map { try WholeFile.read(folder.path("\($0)/data.mdb")) }
        #expect(files[0] == files[1])
        #expect(folder.files() == ["once/data.mdb", "twice/data.mdb"])
    }

    @Test func bytesDoNotTellOfInterruptions() throws {
        let folder = try TemporaryFolder()
        let whole = try SampleStore(folder.path("whole"), for: .writing)
        for index in 0..<60 {
            let sample = Self.sample(UInt16(index), height: 3 + index % 17, width: 9)
            try whole.put(sample, for: "region/\(index)")
            try SampleStore(folder.path("parts"), for: .writing).put(sample, for: "region/\(index)")
        }
        let files = try ["whole", "parts"].map { try WholeFile.read(folder.path("\($0)/data.mdb")) }
        #expect(files[0] == files[1])
    }

    @Test func aStumpIsMadeAnew() throws {
        let folder = try TemporaryFolder()
        try AtomicFile.makeFolder(at: folder.path("store"))
        try AtomicFile.write([UInt8](repeating: 0, count: 4096), to: folder.path("store/data.mdb"))
        #expect(throws: StoreError.self) {
            _ = try SampleStore(folder.path("store"), for: .reading)
        }
        try SampleStore(folder.path("store"), for: .writing).put(Self.sample(1), for: "a")
        #expect(try SampleStore(folder.path("store"), for: .reading).keys() == ["a"])
    }

    @Test func roomGrows() throws {
        let folder = try TemporaryFolder()
        let store = try SampleStore(folder.path("store"), for: .writing)
        let large = [
            "B02": HostArray([UInt16](repeating: 7, count: 1 << 25), shape: [1 << 12, 1 << 13])
        ]
        for index in 0..<5 { try store.put(large, for: "\(index)") }
        #expect(try store.keys().count == 5)
    }

    @Test func oneWriterAtATime() throws {
        let folder = try TemporaryFolder()
        let first = try SampleStore(folder.path("store"), for: .writing)
        let error = #expect(throws: ManifestError.self) {
            try SampleStore(folder.path("store"), for: .writing)
        }
        #expect(error?.exitCode == .locked)
        withExtendedLifetime(first) {}
    }

    @Test func absentAndDamagedStoresAreNamed() throws {
        let folder = try TemporaryFolder()
        let absent = #expect(throws: StoreError.self) {
            try SampleStore(folder.path("nothing"), for: .reading)
        }
        #expect(absent?.exitCode == .inputMissing)
        try AtomicFile.makeFolder(at: folder.path("bad"))
        try AtomicFile.write([UInt8](repeating: 7, count: 9000), to: folder.path("bad/data.mdb"))
        let damaged = #expect(throws: StoreError.self) {
            try SampleStore(folder.path("bad"), for: .reading)
        }
        #expect(damaged?.exitCode == .badData)
    }
}
