import Foundation

/// A small seeded generator; the same seed gives the same numbers on every machine.
///
/// Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014.
public struct SplitMix64: RandomNumberGenerator, Hashable, Codable, Sendable {
    private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// All that the generator remembers.
    public private(set) var state: UInt64

    /// Starts a stream of numbers.
    public init(seed: UInt64) {
        state = seed
    }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= Self.step
        return Self.mixed(state)
    }

    /// The next number of a uniform distribution over [0, 1), a multiple of 2⁻⁵³.
    public mutating func nextUniform() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// The next number of the standard normal distribution (Box and Muller, 1958; uses two uniform numbers).
    public mutating func nextNormal() -> Double {
        let radius = (-2 * log(1 - nextUniform())).squareRoot()
        return radius * cos(2 * .pi * nextUniform())
    }

    /// A whole number of 0 ..< bound, without bias; the bound must be above 0.
    public mutating func nextInt(below bound: Int) -> Int {
        precondition(bound > 0, "nextInt(below:) needs a bound above 0, not \(bound)")
        return Int(next(upperBound: UInt64(bound)))
    }

    /// The seed of an independent stream, named by a path of numbers: (seed, region, date, band) and the like.
    public static func derive(seed: UInt64, _ path: UInt64...) -> UInt64 {
        path.reduce(mixed(seed &+ step)) { mixed(($0 ^ mixed($1 &+ step)) &+ step) }
    }

    private static func mixed(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
