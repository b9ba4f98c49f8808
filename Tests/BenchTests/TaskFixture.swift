import Bench
import BenchFixtures
import Foundation
import Geo
import Manifests
import Store
import Tensors
import TestSupport
import Testing

extension DrawnNumbers {
    static func tensor(_ name: String, _ shape: [Int]) -> Tensor {
        Tensor(values(name, shape.reduce(1, *)), shape: shape)
    }

    /// Overwrites all weights of a network as `fill` of the script does.
    static func fill(_ network: some Module) throws {
        var state = network.hostState()
        for (name, array) in state where !name.hasSuffix("num_batches_tracked") {
            state[name] = HostArray(weights(name, array.shape), shape: array.shape)
        }
        try network.load(state)
    }
}

/// What script/reference/tasks.py wrote.
struct TaskReference {
    private let document: JSONValue

    init() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fixtures/tasks.json").path
        document = try JSONValue.parse(WholeFile.read(path), path: path)
    }

    func numbers(_ test: String, _ name: String) throws -> [Double] {
        try #require(document[test]?[name]?.array).map { try #require($0.double) }
    }

    func rows(_ name: String) throws -> [[Double]] {
        try #require(document["probes"]?[name]?.array).map { row in
            try #require(row.array).map { try #require($0.double) }
        }
    }
}

/// Images with one answer each, in memory: the class says how bright two of three bands are.
struct MadeImages: Dataset {
    static let name = "made"
    static let pixelOptions: [String: String] = [:]
    var splits: [String: [Int]] = [:]
    let planes = ["B02", "B03", "B04"]
    let classes = ["dark", "green", "red"]
    let remarks: [String] = []
    let hasManyClasses: Bool

    init(at root: String, options: DatasetOptions) throws { self.init() }

    init(hasManyClasses: Bool = false) {
        self.hasManyClasses = hasManyClasses
        splits = [
            "train": Array(0..<24), "val": Array(24..<36), "test": Array(36..<48),
        ]
    }

    var count: Int { 48 }
    func key(_ index: Int) -> String { "image-\(index)" }
    func target(_ index: Int) -> SampleTarget {
        guard hasManyClasses else { return .category(index % 3) }
        return .categories([index % 2 == 0 ? 1 : 0, index % 3 == 1 ? 1 : 0, index % 3 == 2 ? 1 : 0])
    }
    func files(_ index: Int) -> [String] { [] }
    func faults(_ index: Int, in planes: [SamplePlane]) -> [String] { [] }
    func footprint(_ index: Int) throws -> Footprint? { nil }
    func reader() throws -> any SampleReader { Reader() }

    private final class Reader: SampleReader {
        func read(_ index: Int, planes: [String]?, _ body: ([SamplePlane]) throws -> Void) throws {
            let names = planes ?? ["B02", "B03", "B04"]
            let pixels = names.map { name in
                (0..<256).map { pixel in
                    let noise = (pixel * 37 + index * 101) % 300
                    let light =
                        (name == "B03" && index % 3 == 1) || (name == "B04" && index % 3 == 2)
                    return UInt16(1000 + noise + (light ? 2000 : 0) + (index % 2) * 700)
                }
            }
            let all = pixels.flatMap { $0 }
            try all.withUnsafeBytes { bytes in
                try body(
                    names.enumerated().map { number, name in
                        SamplePlane(
                            name: name, width: 16, height: 16, pixel: .uint16,
                            bytes: UnsafeRawBufferPointer(
                                rebasing: bytes[number * 512..<(number + 1) * 512]))
                    })
            }
        }
    }
}
