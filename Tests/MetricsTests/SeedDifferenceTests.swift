import Metrics
import Testing

struct SeedDifferenceTests {
    private let random = [48.5, 50.5, 55.8, 50.6, 48.9]
    private let trained = [57.8, 48.9, 60.3, 53.3, 47.0]

    /// What `scipy.stats.ttest_rel(trained, random)` says.
    @Test func agreesWithSciPy() throws {
        let difference = SeedDifference(of: zip(trained, random).map { $0 - $1 })
        #expect(difference.ahead == 3)
        #expect(abs(try #require(difference.pValue) - 0.279_135_396_697_649_53) < 1e-12)
        #expect(difference.corrected == nil)
        let mean = try #require(difference.interval.spread.mean)
        #expect(abs(mean - 2.6) < 1e-12)
    }

    @Test func theOtherWayRoundIsAsLikely() {
        let forth = SeedDifference(of: zip(trained, random).map { $0 - $1 })
        let back = SeedDifference(of: zip(random, trained).map { $0 - $1 })
        #expect(forth.pValue == back.pValue && back.ahead == 2)
    }

    @Test func undefinedSeedsDoNotCount() {
        let whole = SeedDifference(of: [1, 2, 4])
        let more = SeedDifference(of: [1, nil, 2, 4])
        #expect(more.pValue == whole.pValue && more.ahead == 3)
        #expect(more.interval.spread.undefinedCount == 1)
    }

    /// Two seeds tell no spread, and differences without any have none to be held against.
    @Test(arguments: [[1.0, 2], [1, 1, 1], []])
    func isNotTested(differences: [Double]) {
        #expect(SeedDifference(of: differences).pValue == nil)
    }

    @Test func isCorrectedForHowManyWereTested() throws {
        let tested = [
            SeedDifference(of: [1, 2, 4]), SeedDifference(of: [1.0, 1, 1]),
            SeedDifference(of: [1, 2, 3]),
        ]
        let corrected = SeedDifference.corrected(tested)
        #expect(corrected.map(\.pValue) == tested.map(\.pValue))
        #expect(corrected[1].corrected == nil)
        let (first, last) = (try #require(tested[0].pValue), try #require(tested[2].pValue))
        #expect(corrected[2].corrected == min(1, 2 * min(first, last)))
        #expect(corrected[0].corrected == max(first, 2 * min(first, last)))
    }
}
