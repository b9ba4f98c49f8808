import Metrics
import Testing

struct ConfusionCountsTests {
    @Test(arguments: try ReferenceCase.all())
    func agreesWithScikitLearn(reference: ReferenceCase) {
        let called = reference.scores.map { UInt8($0 >= reference.threshold ? 1 : 0) }
        let counts = ConfusionCounts(prediction: called, truth: reference.truth)
        #expect(
            [
                counts.truePositive, counts.falsePositive, counts.falseNegative,
                counts.trueNegative,
            ] == reference.counts)
        #expect(agree(counts.precision, reference.precision))
        #expect(agree(counts.recall, reference.recall))
        #expect(agree(counts.f1, reference.f1))
        #expect(agree(counts.iou, reference.iou))
        #expect(agree(counts.accuracy, reference.accuracy))
        #expect(agree(counts.kappa, reference.kappa))
    }

    @Test func anythingButZeroIsPositive() {
        let counts = ConfusionCounts(prediction: [255, 2, 0, 0], truth: [1, 0, 7, 0])
        #expect(
            counts
                == ConfusionCounts(
                    truePositive: 1, falsePositive: 1, falseNegative: 1, trueNegative: 1))
    }

    @Test func nothingCountedLeavesEveryScoreUndefined() {
        let none = ConfusionCounts()
        #expect(none.precision == nil && none.recall == nil && none.f1 == nil)
        #expect(none.iou == nil && none.accuracy == nil && none.kappa == nil)
    }

    @Test func mergesInAnyOrder() {
        let parts = (1...20).map {
            ConfusionCounts(
                truePositive: $0, falsePositive: 3 * $0, falseNegative: 7, trueNegative: $0 * $0)
        }
        let forward = parts.reduce(ConfusionCounts(), +)
        var backward = ConfusionCounts()
        for part in parts.reversed() { backward += part }
        #expect(forward == backward)
        #expect(forward.total == parts.map(\.total).reduce(0, +))
    }

    @Test func tenThousandMillionPixelsDoNotOverflow() {
        let counts = ConfusionCounts(
            truePositive: 10_000_000_000, falsePositive: 10_000_000_000,
            falseNegative: 10_000_000_000, trueNegative: 10_000_000_000)
        #expect(counts.f1 == 0.5)
        #expect(counts.kappa == 0)
    }
}
