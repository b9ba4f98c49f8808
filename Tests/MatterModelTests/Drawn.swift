import Foundation
import Tensors
import TestSupport
import Testing

/// Drawn numbers as tensors.
enum Drawn {
    static func values(_ name: String, _ count: Int) -> [Float] {
        DrawnNumbers.values(name, count)
    }

    static func tensor(_ name: String, _ shape: [Int]) -> Tensor {
        Tensor(DrawnNumbers.values(name, shape.reduce(1, *)), shape: shape)
    }

    static func state(_ shapes: [String: [Int]]) -> [String: [Float]] {
        Dictionary(
            uniqueKeysWithValues: shapes.map { ($0.key, DrawnNumbers.weights($0.key, $0.value)) })
    }
}

/// The arrays of a fixture file.
struct Fixture {
    private let arrays: [String: HostArray]

    init(_ name: String) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fixtures/MatterModel")
        arrays = try Safetensors.read(folder.appending(path: "\(name).safetensors").path).arrays
    }

    /// A stored array.
    func tensor(_ name: String) throws -> Tensor {
        Tensor(try #require(arrays[name], "no \(name)"))
    }

    /// The largest difference to a stored array, of which the shape must fit.
    func distance(_ name: String, _ tensor: Tensor) throws -> Float {
        let stored = try #require(arrays[name], "no \(name)")
        #expect(stored.shape == tensor.shape)
        let values: [Float] = Tensor(stored).values()
        return zip(values, tensor.values(as: Float.self)).map { abs($0 - $1) }.max() ?? .infinity
    }
}

extension Module {
    /// Loads the drawn weights of every parameter and buffer.
    func fill() throws {
        var state = hostState()
        let shapes = state.mapValues(\.shape).filter { !$0.key.hasSuffix("num_batches_tracked") }
        for (name, values) in Drawn.state(shapes) {
            state[name] = HostArray(values, shape: shapes[name] ?? [])
        }
        try load(state)
    }

    /// A parameter by its name.
    func parameter(_ name: String) -> Tensor? {
        namedParameters.first { $0.0 == name }?.1
    }
}
