import Metrics
import Testing

struct MeanAndSpreadTests {
    @Test func knowsMeanAndSampleDeviation() {
        let spread = MeanAndSpread(of: [2, 4, 4, 4, 5, 5, 7, 9])
        #expect(spread.mean == 5)
        #expect(agree(spread.standardDeviation, 2.138_089_935_299_395))
    }

    @Test func leavesUndefinedOutAndCountsThem() {
        let spread = MeanAndSpread(of: [nil, 0.5, nil, 0.25])
        #expect(spread.mean == 0.375)
        #expect(spread.count == 2)
        #expect(spread.undefinedCount == 2)
    }

    @Test func oneValueHasNoSpreadAndNoneHasNoMean() {
        #expect(MeanAndSpread(of: [0.5]).standardDeviation == nil)
        #expect(MeanAndSpread(of: []).mean == nil)
        #expect(MeanAndSpread(of: [nil]).undefinedCount == 1)
    }

    @Test func carriesItsRoundingError() {
        #expect(MeanAndSpread(of: [1e16, 1, -1e16]).mean == 1.0 / 3)
    }
}
