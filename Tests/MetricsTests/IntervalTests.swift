import Foundation
import Metrics
import Testing

struct IntervalTests {
    @Test func quantilesOfStudentsT() throws {
        for reference in try OutsideScores.read().studentT {
            let value = StudentT.quantile(reference.share, degrees: reference.degrees)
            #expect(abs(value - reference.value) <= 1e-9 * reference.value)
            let share = StudentT.cumulative(value, degrees: reference.degrees)
            #expect(abs(share - reference.share) < 1e-12)
        }
        #expect(StudentT.quantile(0.025, degrees: 4) == -StudentT.quantile(0.975, degrees: 4))
    }

    @Test func fewerThanThreeSeedsHaveNoInterval() {
        #expect(SeedInterval(of: [0.5, 0.6]).lower == nil)
        let three = SeedInterval(of: [0.5, 0.6, 0.7])
        #expect(
            agree(three.lower, 0.6 - 4.302_652_729_749_46 * 0.1 / 3.0.squareRoot(), within: 1e-12))
        #expect(SeedInterval(of: [0.5, nil, 0.6]).spread.undefinedCount == 1)
    }

    private let cities = (1...10).map {
        ConfusionCounts(
            truePositive: Int64(10 * $0), falsePositive: Int64(100 / $0), falseNegative: 30,
            trueNegative: 900)
    }

    @Test func groupsAreResampledAndTheSeedDecides() {
        let bootstrap = BlockBootstrap(groups: 10, resamples: 500, seed: 3)
        let interval = bootstrap.interval(of: cities) { $0.f1 }
        #expect(interval == bootstrap.interval(of: cities) { $0.f1 })
        #expect(
            interval
                != BlockBootstrap(groups: 10, resamples: 500, seed: 4).interval(of: cities) {
                    $0.f1
                })
        #expect(interval.estimate == cities.reduce(ConfusionCounts(), +).f1)
        #expect((interval.lower ?? 1) < (interval.estimate ?? 0))
        #expect((interval.upper ?? 0) > (interval.estimate ?? 1))
        let drawn = bootstrap.values { Double($0.reduce(0, +)) }
        #expect(drawn.allSatisfy { $0 == 10 })
    }

    @Test func drawsAreEvenlySpread() {
        var totals = [Int64](repeating: 0, count: 7)
        _ = BlockBootstrap(groups: 7, resamples: 4000).values { weights in
            for (group, weight) in weights.enumerated() { totals[group] += weight }
            return 0
        }
        #expect(totals.allSatisfy { abs($0 - 4000) < 260 })
    }

    @Test func oneGroupHasNoInterval() {
        let interval = BlockBootstrap(groups: 1, resamples: 20).interval(of: [cities[0]]) { $0.f1 }
        #expect(interval.lower == nil && interval.estimate == cities[0].f1)
        let undefined = BlockBootstrap(groups: 2, resamples: 20)
            .interval(of: [ConfusionCounts(trueNegative: 5), ConfusionCounts(trueNegative: 5)]) {
                $0.f1
            }
        #expect(undefined.undefined == 20 && undefined.upper == nil)
    }

    @Test func holmStepsDown() {
        let adjusted = PairedTest.holm([0.01, 0.04, 0.03, 0.005])
        #expect(zip(adjusted, [0.03, 0.06, 0.06, 0.02]).allSatisfy { agree($0, $1) })
        #expect(PairedTest.holm([0.6, 0.7]) == [1, 1])
        #expect(PairedTest.holm([]).isEmpty)
    }

    @Test func swapsOfEightGroupsAreCountedOut() {
        let gains = [1.0, 2, 3, 4, 5, 6, 7, 8]
        let test = PairedTest(groups: 8) { swapped in
            zip(gains, swapped).reduce(0) { $0 + ($1.1 ? -$1.0 : $1.0) }
        }
        #expect(test.isExact && test.swaps == 256)
        #expect(test.pValue == 2.0 / 256 && test.difference == 36)
        let even = PairedTest(groups: 8) { _ in 0 }
        #expect(even.pValue == 1)
        let undefined = PairedTest(groups: 3) { _ in nil }
        #expect(undefined.pValue == nil)
    }

    @Test func drawnSwapsAreNeverZero() {
        let test = PairedTest(groups: 40, draws: 99, seed: 1) { swapped in
            swapped.reduce(0) { $0 + ($1 ? -1.0 : 1.0) }
        }
        #expect(!test.isExact && test.pValue == 0.01)
    }
}

struct CalibrationTests {
    @Test func agreesWithTorchmetrics() throws {
        for reference in try OutsideScores.read().calibration {
            var calibration = Calibration(binCount: reference.bins)
            for (probability, cameTrue) in zip(reference.probability, reference.cameTrue) {
                try calibration.add(probability, isCorrect: cameTrue == 1)
            }
            #expect(
                agree(calibration.expectedError, reference.expected, within: 1e-6),
                "\(reference.name)")
            #expect(agree(calibration.greatestError, reference.greatest, within: 1e-6))
        }
    }

    @Test func shardsAddToTheSameBitsInAnyOrder() throws {
        let shards = try (0..<7).map { shard in
            var calibration = Calibration()
            for place in 0..<1000 {
                let probability = Double((place * 7919 + shard * 104_729) % 99_991) / 99_991
                try calibration.add(probability, isCorrect: place % 3 == 0)
            }
            return calibration
        }
        let forwards = shards.dropFirst().reduce(shards[0], +)
        let backwards = shards.reversed().dropFirst().reduce(shards[6], +)
        #expect(forwards == backwards && forwards.total == 7000)
        let read = try JSONDecoder().decode(
            Calibration.self, from: JSONEncoder().encode(forwards))
        #expect(read == forwards)
    }

    @Test func refusesWhatIsNoProbability() {
        var calibration = Calibration()
        #expect(throws: MetricsError.self) { try calibration.add(1.5, isCorrect: true) }
        #expect(throws: MetricsError.self) { try calibration.add(.nan, isCorrect: true) }
        #expect(calibration.expectedError == nil && calibration.greatestError == nil)
    }
}
