import DataPrep
import Foundation
import Geo
import Testing

/// Detection, consensus, split and sky, each by itself.
@Suite struct UnchangedTests {
    /// What scipy and numpy say; `script/reference/unchanged.py` wrote it.
    private struct Reference: Decodable {
        struct Case: Decodable {
            let rounds: Int
            let smallestWeight: Double
            let first, second: [[UInt16]]
            let correlations: [Double]
            let statistic: [Double]
        }

        let tails: [[Double]]
        let cases: [Case]

        static func read() throws -> Reference {
            let fixture = URL(filePath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent().appending(path: "Fixtures/unchanged.json")
            return try JSONDecoder().decode(Reference.self, from: Data(contentsOf: fixture))
        }
    }

    private static let names = ["B02", "B03", "B04", "B08"]

    private static func compare(
        _ first: [[UInt16]], _ second: [[UInt16]], rounds: Int = 1, smallestWeight: Double = 0
    ) throws -> AlterationDetection.Outcome {
        var detection = AlterationDetection(rounds: rounds, smallestWeight: smallestWeight)
        detection.fewestPixels = 100
        // No early end: the reference makes every round.
        detection.tolerance = -1
        return try detection.compare(
            first, second, places: Array(0..<Int32(first[0].count)),
            names: Array(names.prefix(first.count)))
    }

    // MARK: Detection

    @Test func tailsAreScipys() throws {
        for tail in try Reference.read().tails {
            let survival = ChiSquared(degrees: Int(tail[0])).survival(tail[1])
            #expect(abs(survival - tail[2]) <= 1e-12 * tail[2], "\(tail)")
        }
        let any = ChiSquared(degrees: 4)
        #expect(any.survival(-1) == 1 && any.survival(.infinity) == 0 && any.survival(1e300) == 0)
    }

    @Test func detectionIsNumpys() throws {
        for reference in try Reference.read().cases {
            let found = try Self.compare(
                reference.first, reference.second, rounds: reference.rounds,
                smallestWeight: reference.smallestWeight)
            #expect(found.rounds == reference.rounds)
            for (mine, other) in zip(found.correlations, reference.correlations) {
                #expect(abs(mine - other) < 1e-6)
            }
            for (mine, other) in zip(found.statistic, reference.statistic) {
                #expect(abs(Double(mine) - other) < 1e-4 * (1 + other))
            }
        }
    }

    /// A band's gain and offset on one date make no difference: what MAD is known for.
    @Test func gainsAndOffsetsMakeNoDifference() throws {
        let reference = try Reference.read().cases[1]
        let gains: [UInt16] = [2, 3, 5, 7]
        let scaled = zip(reference.second, gains).map { band, gain in
            band.map { $0 * gain + 100 * gain }
        }
        let plain = try Self.compare(reference.first, reference.second, rounds: 8)
        let other = try Self.compare(reference.first, scaled, rounds: 8)
        for (left, right) in zip(plain.correlations, other.correlations) {
            #expect(abs(left - right) < 1e-9)
        }
        for (left, right) in zip(plain.statistic, other.statistic) {
            #expect(abs(left - right) < 1e-4 * (1 + left))
        }
    }

    @Test func refusesWhatHasNoAnswer() throws {
        let reference = try Reference.read().cases[0]
        func refusal(_ first: [[UInt16]], _ second: [[UInt16]]) -> String {
            do {
                let found = try Self.compare(first, second, rounds: 8)
                return "answered \(found.correlations)"
            } catch { return "\(error)" }
        }
        let (first, second) = (reference.first, reference.second)
        #expect(refusal(first, first).contains("equal"))
        var flat = second
        flat[2] = [UInt16](repeating: 700, count: second[2].count)
        #expect(refusal(first, flat).contains("B04 is constant on the second date"))
        #expect(refusal(flat, first).contains("B04 is constant on the first date"))
        var twin = first
        twin[1] = twin[0]
        #expect(refusal(twin, second).contains("combination of other bands"))
        #expect(refusal(first, twin).contains("combination of other bands"))
        let few = [first, second].map { $0.map { Array($0.prefix(99)) } }
        #expect(refusal(few[0], few[1]).contains("99 pixels are clear on both"))
        let none = [first, second].map { $0.map { Array($0.prefix(0)) } }
        #expect(refusal(none[0], none[1]).contains("0 pixels are clear on both"))
    }

    /// No pixels that differ: re-weighting must end with numbers, whatever it runs off to.
    @Test func reweightingNeverEndsInNaN() throws {
        var random = SplitMix64(seed: 5)
        let first = (0..<3).map { _ in (0..<400).map { _ in UInt16(500 + random.nextInt(below: 3)) }
        }
        let second = first.map { band in
            band.map { $0 + UInt16(random.nextInt(below: 40) == 0 ? 1 : 0) }
        }
        do {
            let found = try Self.compare(first, second, rounds: 60)
            #expect(found.statistic.allSatisfy { $0.isFinite })
            #expect(found.correlations.allSatisfy { (0...1).contains($0) })
        } catch let error as AlterationDetection.Refusal {
            #expect(!error.description.isEmpty)
        }
    }

    // MARK: Consensus

    /// Ten and higher is different, one and lower is alike.
    private static func evidence(_ states: [Int]) -> Float {
        var consensus = Consensus(dates: states.count, pixels: 1)
        for first in states.indices {
            for second in states.indices.dropFirst(first + 1) where states[first] >= 0 {
                guard states[second] >= 0 else { continue }
                let isAlike = states[first] == states[second]
                consensus.add(first: first, second: second, evidence: [isAlike ? 1 : 10])
            }
        }
        return consensus.evidence[0]
    }

    @Test func aChangeThatStaysIsToldFromOneThatReturns() {
        #expect(Self.evidence([0, 0, 0, 0]) == 1)
        #expect(Self.evidence([0, 0, 5, 5]) == 10)
        #expect(Self.evidence([0, 0, 0, 5]) == 10)
        // Green, bare, green, bare.
        #expect(Self.evidence([1, 2, 1, 2]) == 1)
        // A field that was used in turns, then built on.
        #expect(Self.evidence([1, 2, 1, 7, 7]) == 10)
        // A hidden date takes part in nothing.
        #expect(Self.evidence([1, -1, 1, 1]) == 1)
        #expect(Self.evidence([1, -1, 5, -1]) == 10)
        #expect(Self.evidence([1, -1, -1, -1]) == .infinity)
    }

    @Test func theWindowAveragesClearPixelsOnly() throws {
        let size = try PixelSize(width: 4, height: 3)
        // Row 1 is hidden but for its first pixel.
        let places: [Int32] = [0, 1, 2, 3, 4, 8, 9, 10, 11]
        let statistic: [Float] = [1, 2, 3, 4, 5, 6, 7, 8, 9].map { exp($0) - 0.01 }
        let found = Consensus.evidence(statistic, places: places, size: size, window: 3)
        #expect(found[5] == .infinity && found[6] == .infinity && found[7] == .infinity)
        #expect(abs(found[0] - (1 + 2 + 5) / 3) < 1e-5)
        #expect(abs(found[4] - (1 + 2 + 5 + 6 + 7) / 5) < 1e-5)
        #expect(abs(found[11] - (8 + 9) / 2) < 1e-5)
        let alone = Consensus.evidence(statistic, places: places, size: size, window: 1)
        #expect(abs(alone[10] - 8) < 1e-5)
    }

    /// Doubt counts near a core of change only; what is not known stays so.
    @Test func doubtIsChangeNearACore() throws {
        let size = try PixelSize(width: 5, height: 3)
        let probabilities: [Float?] = [
            0.2, 0.2, 0.2, 0.2, 0.2,
            0.2, nil, 0.001, 0.5, 0.2,
            0.2, 0.2, 0.2, 0.2, 0.05,
        ]
        let rule = ChangeRule(certain: 0.01, threshold: 0.3, reach: 2)
        let found = rule.isUnchanged(probabilities, size: size)
        #expect(
            found == [
                true, false, false, false, true,
                false, nil, false, true, false,
                true, false, false, false, true,
            ])
        // A threshold below what is certain stands alone.
        let strict = ChangeRule(certain: 0.3, threshold: 0.1, reach: 0)
        #expect(
            strict.isUnchanged(probabilities, size: size).map { $0 == false }
                == probabilities.map { ($0 ?? 1) < 0.1 })
    }

    // MARK: Split and sky

    @Test func noGroundIsInBothParts() {
        func region(_ name: String, _ left: Double) -> RegionSplit.Region {
            RegionSplit.Region(
                name: name,
                outlines: [MapBounds(left: left, bottom: 0, right: left + 1.5, top: 1)])
        }
        // a and b overlap, and y and z do across the 180th meridian.
        let regions = [
            region("a", 10), region("b", 11), region("c", 20), region("d", 30),
            region("y", 179), region("z", -180),
        ]
        for seed in 0..<50 as Range<UInt64> {
            let split = RegionSplit(regions, validationShare: 0.4, seed: seed)
            #expect(split.part(of: "a") == split.part(of: "b"))
            #expect(split.part(of: "y") == split.part(of: "z"))
            #expect(!split.validation.isEmpty && !split.training.isEmpty)
            #expect((split.validation + split.training).sorted() == regions.map(\.name).sorted())
            let again = RegionSplit(regions.reversed(), validationShare: 0.4, seed: seed)
            #expect(again.validation == split.validation)
        }
        let parts = Set(
            (0..<50).map { RegionSplit(regions, validationShare: 0.4, seed: $0).validation })
        #expect(parts.count > 3)
        #expect(RegionSplit([region("a", 0)], validationShare: 0.5, seed: 1).validation.isEmpty)
        #expect(RegionSplit(regions, validationShare: 0, seed: 1).validation.isEmpty)
        #expect(!RegionSplit(regions, validationShare: 1, seed: 1).training.isEmpty)
    }

    /// The mean sun angles of two real products (T46RER and T22HBC) at their middles.
    @Test(arguments: [
        ("2021-09-08T04:40:48Z", 27.528, 93.556, 90 - 26.493),
        ("2021-01-22T13:42:49Z", -37.506, -53.773, 90 - 32.371),
    ])
    func theSunStandsWhereESASaysIt(
        time: String, latitude: Double, longitude: Double, elevation: Double
    ) throws {
        let date = try Date(time, strategy: .iso8601)
        let found = Sky.sunElevation(at: date, latitude: latitude, longitude: longitude)
        #expect(abs(found - elevation) < 0.1)
    }

    @Test func seasonsTurnAtTheEquator() {
        #expect(
            (1...12).map { Sky.season(month: $0, latitude: 50) }.prefix(6) == [
                "winter", "winter", "spring", "spring", "spring", "summer",
            ])
        #expect(Sky.season(month: 12, latitude: 1) == "winter")
        #expect(Sky.season(month: 12, latitude: -1) == "summer")
        #expect(Sky.season(month: 9, latitude: -30) == "spring")
    }
}
