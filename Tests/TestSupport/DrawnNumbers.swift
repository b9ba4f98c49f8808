import Geo

/// Numbers that the tests and the scripts in script/reference make alike (drawn.py), so that neither weights nor inputs are stored.
public enum DrawnNumbers {
    /// Float32 in [-1, 1), from SplitMix64 seeded with the FNV-1a hash of a name.
    public static func values(_ name: String, _ count: Int) -> [Float] {
        var random = SplitMix64(
            seed: name.utf8.reduce(0xCBF2_9CE4_8422_2325) {
                ($0 ^ UInt64($1)) &* 0x100_0000_01B3
            })
        return (0..<count).map { _ in Float(random.next() >> 40) / Float(1 << 23) - 1 }
    }

    /// A network's weights of a name and shape, as `fill` of the script: He-like, norms near the identity.
    public static func weights(_ name: String, _ shape: [Int]) -> [Float] {
        values(name, shape.reduce(1, *)).map { weight($0, name, shape) }
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
