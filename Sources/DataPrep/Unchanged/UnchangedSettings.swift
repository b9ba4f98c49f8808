public import Geo

/// What can be set about looking for unchanged ground; written into `run.json`.
public struct UnchangedSettings: Hashable, Sendable, Codable {
    /// The bands that dates are compared on; `nil` for those of 10 and 20 m that the tiles have, or all where there is none.
    public var bands: [Sentinel2Band]?
    /// Rounds of re-weighting; 1 is plain MAD, Nielsen's own are 30 or more.
    ///
    /// Re-weighting finds radiometrically invariant pixels, and where seasons changed most of the land these are a few per cent.
    /// With 95 % of the changes found on two simulated scenes, 30 rounds lost 15 and 46 % of the unchanged land, one round 4 and 17 %
    /// (six bands, windows of 3).
    public var rounds = 1
    /// The least that a pixel counts in re-weighting, 0…1.
    public var smallestWeight = 0.0
    /// Side of the window over which a pair's evidence is averaged, odd.
    public var window = 5
    /// A pixel counts as unchanged from this probability on.
    ///
    /// Below it a pixel is changed if another, `reach` steps away at most, is below `certain`. On twelve simulated scenes of six
    /// dates (seeds 201 to 212, on which this was chosen) one threshold of 0.15 for all found 94.8 to 99.7 % of a scene's changes
    /// and lost 2.8 to 6.2 % of its unchanged land, and five scenes missed 95 % for 5 %: it missed rims of changes, and lost parcels
    /// that seasons make doubtful. This rule found 95.5 to 99.9 % for 0.8 to 4.1 %.
    public var threshold = 0.3
    /// A pixel with less probability than this hardly can be unchanged: a core of change.
    public var certain = 0.01
    /// How far a core speaks, in pixels.
    public var reach = 2
    /// A tile is selected from this share of unchanged pixels on.
    public var smallestScore = 0.9
    /// A tile of which fewer of its pixels are known (clear on two dates) is not selected.
    public var smallestKnown = 0.5
    /// Dates are compared where at least this many pixels are clear on both.
    public var fewestPixels = 1000
    /// Dates whose largest canonical correlation over all pixels clear on both is smaller are undecided, 0…1.
    ///
    /// A half is ours. Combinations of bands that are standardised and correlate by ρ differ by a variance of 2 (1 − ρ):
    /// below a half that is more than the variance of either date, so that the other date tells less of a pixel than the
    /// mean does. On simulated ground, a season or a year apart (seeds 1 and 11 to 13), pairs of three bands and more have
    /// 0.83 to 0.99. Of one band they have 0.1 to 0.94, and of those below a half 0 to 41 % of the changes were found.
    /// Dates of other land have 0.3 in the middle of 168 pairs of ten bands, and 5 of these a half to 0.61; a date wholly
    /// under cloud without a mask 0.06 at most. Real pairs that were looked at (reports/real) have 0.51 to 0.97 where ground
    /// is the same, and 0.05 to 0.42 where all fields differ or clouds have no mask. The fewer pixels, the more correlation
    /// noise has by chance: 0.2 on ten bands of 1000 pixels, 0.7 of 100.
    public var leastCorrelation = 0.5
    /// Whether snow counts as hidden ground, where the bands tell (NDSI above 0.4 and bright near infrared; needs B03, B08 and B11).
    public var masksSnow = true
    /// A pair for training needs this share of the tile clear on both dates.
    public var smallestPairShare = 0.5
    /// The share of regions that is set aside for validation, 0…1.
    public var validationShare = 0.2
    /// Of the split.
    public var seed: UInt64 = 1
    /// Whether dates are fitted to a reference date radiometrically.
    public var normalises = false
    /// Whether fitted copies of the tiles are written.
    public var writesNormalised = false
    /// A pixel is invariant above this probability of no change.
    public var invariance = 0.95

    /// What `matter-prep unchanged` does without options.
    public init() {}

    /// Refuses values that make no sense.
    ///
    /// - Throws: `PrepError` with code `usage`, naming the option.
    public func check() throws {
        func need(_ isFine: Bool, _ option: String, _ cause: String) throws {
            if !isFine { throw PrepError(.usage, option, cause) }
        }
        let shares: [(String, Double)] = [
            ("--threshold", threshold), ("--certain", certain), ("--smallest-score", smallestScore),
            ("--smallest-known", smallestKnown), ("--smallest-pair-share", smallestPairShare),
            ("--validation-share", validationShare), ("--smallest-weight", smallestWeight),
            ("--invariance", invariance), ("--least-correlation", leastCorrelation),
        ]
        for (option, share) in shares {
            try need((0...1).contains(share), "\(option) \(share)", "a share is 0 to 1")
        }
        try need((1...200).contains(rounds), "--rounds \(rounds)", "give 1 to 200 rounds")
        try need(
            (1...31).contains(window) && !window.isMultiple(of: 2), "--window \(window)",
            "give an odd number of pixels, 1 to 31")
        try need(
            seed <= UInt64(Int64.max), "--seed \(seed)", "give 0 to \(Int64.max)")
        try need((0...15).contains(reach), "--reach \(reach)", "give 0 to 15 pixels")
        try need(fewestPixels >= 100, "--fewest-pixels \(fewestPixels)", "give 100 or more")
    }

    /// Which pixels count as unchanged.
    var rule: ChangeRule { ChangeRule(certain: certain, threshold: threshold, reach: reach) }
}
