import Metrics
import Testing

struct AveragePrecisionTests {
    @Test func agreesWithScikitLearn() throws {
        for reference in try OutsideScores.read().multilabel {
            let scores = try MultilabelScores(
                scores: reference.scores, labels: reference.labels, classes: reference.classes)
            #expect(zip(scores.perClass, reference.perClass).allSatisfy { agree($0, $1) })
            #expect(agree(scores.averagePrecision(.macro), reference.macro), "\(reference.name)")
            #expect(agree(scores.averagePrecision(.micro), reference.micro), "\(reference.name)")
            #expect(agree(scores.averagePrecision(.weighted), reference.weighted))
            #expect(agree(scores.averagePrecision(.samples), reference.samples))
        }
    }

    /// 60 samples of 4 classes with ties.
    private func sample(_ seed: UInt64) throws -> MultilabelScores {
        var generator = TestGenerator(seed)
        let scores = (0..<240).map { _ in Float(generator.next() % 17) / 16 }
        let labels = (0..<240).map { _ in UInt8(generator.next() % 5 == 0 ? 1 : 0) }
        return try MultilabelScores(scores: scores, labels: labels, classes: 4)
    }

    @Test func theOrderOfSamplesDoesNotMatter() throws {
        let scores = try sample(1)
        let turned = scores.subset((0..<60).reversed())
        for average in MultilabelScores.Average.allCases {
            #expect(
                agree(
                    scores.averagePrecision(average), turned.averagePrecision(average),
                    within: 1e-15))
        }
    }

    @Test(arguments: MultilabelScores.Average.allCases)
    func aResampleIsWhatScoringItsSamplesGives(average: MultilabelScores.Average) throws {
        let scores = try sample(2)
        let groups = (0..<60).map { UInt32($0 / 4) }
        let interval = scores.interval(of: average, groups: groups, resamples: 40, seed: 5)
        let byHand = BlockBootstrap(groups: 15, resamples: 40, seed: 5).values { weights in
            let rows = (0..<60).flatMap { [Int](repeating: $0, count: Int(weights[$0 / 4])) }
            return scores.subset(rows).averagePrecision(average)
        }
        let expected = BootstrapInterval(
            estimate: scores.averagePrecision(average), values: byHand, groups: 15)
        #expect(agree(interval.lower, expected.lower, within: 1e-12))
        #expect(agree(interval.upper, expected.upper, within: 1e-12))
        #expect(interval.undefined == expected.undefined && interval.resamples == 40)
    }

    @Test func batchesAreScoredByThemselves() throws {
        let scores = try sample(3)
        let order = seededOrder(of: 60, seed: 9)
        #expect(order.sorted() == Array(0..<60) && order != Array(0..<60))
        let all = scores.meanOverBatches(.micro, size: 25, order: order, dropsLast: false)
        let whole = scores.meanOverBatches(.micro, size: 25, order: order, dropsLast: true)
        #expect(all.count == 3 && whole.count == 2)
        let first = scores.subset(order[0..<25]).averagePrecision(.micro)
        let second = scores.subset(order[25..<50]).averagePrecision(.micro)
        #expect(agree(whole.mean, MeanAndSpread(of: [first, second]).mean))
        #expect(
            agree(
                scores.meanOverBatches(.micro, size: 60, order: order, dropsLast: false).mean,
                scores.averagePrecision(.micro)))
    }

    @Test func refusesWhatIsNoScore() {
        let bad = #expect(throws: MetricsError.self) {
            try MultilabelScores(scores: [0, .nan], labels: [0, 1], classes: 2)
        }
        #expect(bad?.description == "the score of sample 0, class 1, is not a number")
        #expect(throws: MetricsError.self) {
            try MultilabelScores(scores: [0, 1, 2], labels: [0, 1, 0], classes: 2)
        }
    }

    @Test func infinitiesAndSignedZerosAreRanked() throws {
        let curve = try PrecisionRecallCurve(
            scores: [.infinity, -.infinity, -0.0, 0, -3, 3], truth: [1, 0, 1, 0, 0, 1])
        #expect(curve.points.map(\.threshold) == [.infinity, 3, 0, -3, -.infinity])
    }
}
