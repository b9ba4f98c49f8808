import CKernels

/// Whether two methods differ by more than chance, from groups that both were scored on.
///
/// Where the methods are as good as one another, swapping their results in any of the groups changes nothing: the observed
/// difference is compared with those of all such swaps (Fisher's randomisation test; Good, "Permutation Tests", 2000).
public struct PairedTest: Sendable, Hashable, Codable {
    /// First minus second method.
    public let difference: Double?
    /// The share of swaps whose difference is as great or greater, in either direction; `nil` where it is undefined.
    public let pValue: Double?
    /// How many swaps were tried.
    public let swaps: Int
    /// Whether these were all there are.
    public let isExact: Bool

    /// Tests by swapping groups: all 2ᵍ ways for up to 14 groups, else as many drawn ones as asked for.
    ///
    /// - Parameters:
    ///   - groups: How many groups there are.
    ///   - draws: How many swaps are drawn where there are too many.
    ///   - seed: What the draws follow from.
    ///   - difference: First minus second method, after swapping the groups that are `true`; `nil` where it is 0/0.
    public init(
        groups: Int, draws: Int = 9999, seed: UInt64 = 0, difference: ([Bool]) -> Double?
    ) {
        let none = [Bool](repeating: false, count: groups)
        let observed = difference(none)
        let isExact = groups <= 14
        self.difference = observed
        self.isExact = isExact
        guard let observed, groups > 0 else {
            pValue = nil
            swaps = 0
            return
        }
        // Differences that are equal but for rounding are equal.
        let bar = abs(observed) * (1 - 1e-12)
        var (reached, defined) = (0, 0)
        var generator = SplitMix(seed: seed)
        for number in 0..<(isExact ? 1 << groups : draws) {
            let swapped = (0..<groups).map { group in
                isExact ? number >> group & 1 == 1 : generator.next() >> 63 == 1
            }
            guard let value = difference(swapped) else { continue }
            defined += 1
            if abs(value) >= bar { reached += 1 }
        }
        swaps = defined
        // Drawn swaps count the observed one too, so that p is never 0.
        pValue =
            isExact
            ? Double(reached) / Double(defined) : Double(reached + 1) / Double(defined + 1)
    }

    /// Holm's correction of several p-values: rejecting those below α keeps the chance of any false one below α.
    ///
    /// Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scand. J. Statist. 6, 1979.
    public static func holm(_ pValues: [Double]) -> [Double] {
        let order = pValues.indices.sorted { (pValues[$0], $0) < (pValues[$1], $1) }
        var adjusted = pValues
        var greatest = 0.0
        for (rank, index) in order.enumerated() {
            greatest = max(greatest, min(1, pValues[index] * Double(pValues.count - rank)))
            adjusted[index] = greatest
        }
        return adjusted
    }
}

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}

/// A seeded order of 0 ..< count, the same on every machine.
public func seededOrder(of count: Int, seed: UInt64) -> [Int] {
    var generator = SplitMix(seed: seed)
    return Array(0..<count).shuffled(using: &generator)
}
