import Metrics
import Testing

/// The rules for a small class beside a large one.
struct SmallClassThresholdTests {
    @Test(arguments: try ReferenceCase.all())
    func cutWhereTheReferenceCuts(reference: ReferenceCase) {
        #expect(
            MinimumErrorThreshold(of: reference.scores)?.lastLowerBin == reference.minimumErrorBin)
        #expect(UnimodalThreshold(of: reference.scores)?.lastLowerBin == reference.unimodalBin)
    }

    /// Two heaps, 97 to 3, the large one wide enough for Otsu's rule to cut through it.
    @Test func aSmallHeapIsPartedFromALargeOne() throws {
        let large = (0..<970).map { Float($0 % 97) / 97 * Float($0 % 89) / 89 }
        let small = (0..<30).map { 1.2 + 0.2 * Float($0 % 7) / 7 }
        let scores: [Float] = large + small
        let edge = try #require(MinimumErrorThreshold(of: scores)?.value)
        #expect((0.85...1.2).contains(edge))
        #expect(try #require(OtsuThreshold(of: scores)?.value) < 0.6)
        #expect(try #require(UnimodalThreshold(of: scores)?.value) < edge)
    }

    /// By hand: all cuts through the gap part the two values; the lowest of them counts.
    @Test func theLowestOfEqualCutsCounts() throws {
        let threshold = try #require(MinimumErrorThreshold(of: [0, 0, 0, 1, 1]))
        #expect(threshold.lastLowerBin == 0)
        #expect(threshold.value == 1.0 / 256)
    }

    /// By hand: bins hold 8, 3, 1 and 0 scores; 8 · (8 − k) − 8 · h(k) is 0, 32, 40, 40 and then less.
    @Test func theCornerLiesDeepestBelowTheLine() throws {
        let scores: [Float] = [Float](repeating: 0, count: 8) + [1, 1, 1, 2, 8]
        let threshold = try #require(UnimodalThreshold(of: scores, binCount: 8))
        #expect(threshold.lastLowerBin == 2)
        #expect(threshold.value == 3)
    }

    @Test func withoutATailThereIsNoCorner() {
        #expect(UnimodalThreshold(of: [0, 1, 1, 1]) == nil)
    }

    @Test(arguments: [[], [3], [2, 2, 2], [.nan, 1], [.infinity, 1]] as [[Float]])
    func fewerThanTwoValuesHaveNone(scores: [Float]) {
        #expect(MinimumErrorThreshold(of: scores) == nil)
        #expect(UnimodalThreshold(of: scores) == nil)
    }
}
