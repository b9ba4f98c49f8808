import Foundation
import Geo
import Tensors
import Testing

/// Numbers that this and script/reference/matter_fixtures.py make alike.
enum Drawn {
    /// Float32 in [-1, 1), from SplitMix64 seeded with the FNV-1a hash of a name.
    static func values(_ name: String, _ count: Int) -> [Float] {
        var random = SplitMix64(
            seed: name.utf8.reduce(0xCBF2_9CE4_8422_2325) {
                ($0 ^ UInt64($1)) &* 0x100_0000_01B3
            })
        return (0..<count).map { _ in Float(random.next() >> 40) / Float(1 << 23) - 1 }
    }

    static func tensor(_ name: String, _ shape: [Int]) -> Tensor {
        Tensor(values(name, shape.reduce(1, *)), shape: shape)
    }

    /// He-like weights for a network's state, as `fill` of the script.
    static func state(_ shapes: [String: [Int]]) -> [String: [Float]] {
        var state: [String: [Float]] = [:]
        for (name, shape) in shapes {
            let numbers = values(name, shape.reduce(1, *))
            state[name] = numbers.map { weight($0, name, shape) }
        }
        return state
    }

    private static func weight(_ number: Float, _ name: String, _ shape: [Int]) -> Float {
        if shape.count >= 2, name != "encoding.clusters" {
            return number * Float((3 / Double(shape.dropFirst().reduce(1, *))).squareRoot())
        }
        if name.hasSuffix("running_var") { return 1 + 0.5 * number }
        if name == "encoding.scale" { return 0.5 * number - 0.5 }
        if name == "encoding.clusters" { return 0.5 * number }
        return name.hasSuffix("weight") ? 1 + 0.1 * number : 0.1 * number
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
