import Metrics
import Testing

struct PrecisionRecallCurveTests {
    @Test(arguments: try ReferenceCase.all())
    func agreesWithScikitLearn(reference: ReferenceCase) throws {
        let curve = try PrecisionRecallCurve(scores: reference.scores, truth: reference.truth)
        #expect(agree(curve.averagePrecision, reference.averagePrecision))
        guard let expected = reference.curve else { return }
        let points = Array(curve.points)
        #expect(points.map(\.threshold) == expected.threshold)
        #expect(
            zip(points, expected.precision).allSatisfy { agree($0.counts.precision, $1) })
        #expect(zip(points, expected.recall).allSatisfy { agree($0.counts.recall, $1) })
    }

    @Test(arguments: try ReferenceCase.all())
    func countsAtAnyThresholdAreThoseOfTheMask(reference: ReferenceCase) throws {
        let curve = try PrecisionRecallCurve(scores: reference.scores, truth: reference.truth)
        for threshold in reference.scores + [-.infinity, .infinity, reference.threshold] {
            let called = reference.scores.map { UInt8($0 >= threshold ? 1 : 0) }
            #expect(
                curve.counts(atLeast: threshold)
                    == ConfusionCounts(prediction: called, truth: reference.truth))
        }
    }

    @Test(arguments: try ReferenceCase.all())
    func bestF1IsTheGreatest(reference: ReferenceCase) throws {
        let curve = try PrecisionRecallCurve(scores: reference.scores, truth: reference.truth)
        let greatest = curve.points.compactMap(\.counts.f1).max()
        #expect(
            curve.bestF1.flatMap(\.counts.f1) == (curve.positives == 0 ? nil : greatest))
    }

    @Test func thinsACurveAndKeepsItsEnds() throws {
        let scores = (0..<5000).map { Float($0 % 1999) }
        let curve = try PrecisionRecallCurve(
            scores: scores, truth: scores.map { $0 > 1000 ? 1 : 0 })
        let thinned = curve.points(atMost: 64)
        #expect((60...64).contains(thinned.count))
        #expect(thinned.last == Array(curve.points).last)
        #expect(thinned.first == curve.points.first)
        #expect(Set(thinned).isSubset(of: Set(curve.points)))
    }

    /// One pixel in a hundred is change: thresholds that find a part of them are the curve's better half.
    @Test func aRareClassKeepsItsHighThresholds() throws {
        let curve = try PrecisionRecallCurve(
            scores: (0..<100_000).map(Float.init), truth: (0..<100_000).map { $0 >= 99_000 ? 1 : 0 }
        )
        let thinned = curve.points(atMost: 64)
        #expect(thinned.count { ($0.counts.recall ?? 1) < 1 } > 25)
        #expect(thinned.count <= 64)
    }

    @Test func zeroHasNoSign() throws {
        let curve = try PrecisionRecallCurve(scores: [0, -0.0], truth: [0, 1])
        #expect(curve.points.count == 1)
        #expect(curve.averagePrecision == 0.5)
    }

    @Test func refusesWhatIsNoScore() {
        let notANumber = #expect(throws: MetricsError.self) {
            try PrecisionRecallCurve(scores: [1, .nan], truth: [0, 1])
        }
        #expect(notANumber?.description == "score 1 is not a number")
        #expect(throws: MetricsError.self) { try PrecisionRecallCurve(scores: [1], truth: []) }
    }

    @Test func anEmptyCurveIsUndefined() throws {
        let curve = try PrecisionRecallCurve(scores: [], truth: [])
        #expect(curve.points.isEmpty && curve.bestF1 == nil && curve.averagePrecision == nil)
    }
}
