import Metrics
import Testing

struct OtsuThresholdTests {
    @Test(arguments: try ReferenceCase.all())
    func cutsWhereScikitImageCuts(reference: ReferenceCase) {
        #expect(OtsuThreshold(of: reference.scores)?.lastLowerBin == reference.otsuBin)
    }

    @Test func partsTwoHeapsAtTheLowestOfTheEqualCuts() throws {
        let threshold = try #require(OtsuThreshold(of: [0, 0, 0, 1, 1]))
        #expect(threshold.lastLowerBin == 0)
        #expect(threshold.value == 1.0 / 256)
    }

    @Test func theThresholdIsTheEdgeBetweenTheClasses() throws {
        let scores: [Float] = [0, 1, 2, 3, 12, 13, 14, 15, 16]
        let threshold = try #require(OtsuThreshold(of: scores, binCount: 16))
        #expect(threshold.lastLowerBin == 3)
        #expect(threshold.value == 4)
    }

    @Test(arguments: [[], [3], [2, 2, 2], [.nan, 1], [.infinity, 1]] as [[Float]])
    func fewerThanTwoValuesHaveNone(scores: [Float]) {
        #expect(OtsuThreshold(of: scores) == nil)
    }

    @Test func theOrderOfTheScoresDoesNotMatter() throws {
        let scores = try #require(try ReferenceCase.all().first).scores
        #expect(OtsuThreshold(of: scores) == OtsuThreshold(of: scores.reversed()))
    }
}
