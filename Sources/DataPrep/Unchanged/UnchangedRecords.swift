public import Manifests

/// A line of `scores.jsonl`: a tile and what its dates say together.
public struct UnchangedTile: Hashable, Codable, Sendable {
    /// A date of the tile that was not looked at.
    public struct LeftOut: Hashable, Codable, Sendable {
        /// Sensing time.
        public var date: String
        /// Why.
        public var reason: String
    }

    /// Two dates that were compared, or why they were not.
    public struct Pair: Hashable, Codable, Sendable {
        /// The earlier sensing time.
        public var first: String
        /// The later sensing time.
        public var second: String
        /// Pixels that are clear on both.
        public var pixels: Int
        /// Canonical correlations, falling; empty for a pair that could not be compared.
        public var correlations: [Double]
        /// Rounds of re-weighting.
        public var rounds: Int
        /// Why the pair says nothing; `nil` for a used one.
        public var refusal: String?

        /// Whether the dates could be compared and share too little to tell change.
        public var isUndecided: Bool { refusal != nil && !correlations.isEmpty }
    }

    /// "<region>/<column>_<row>".
    public var tile: String
    /// Name of the region.
    public var region: String
    /// Bands that were compared.
    public var bands: [String]
    /// Sensing times of the dates that were looked at.
    public var dates: [String]
    /// The others.
    public var leftOut: [LeftOut]
    /// All pairs of `dates`.
    public var pairs: [Pair]
    /// Number of pairs that could be used.
    public var pairsUsed: Int
    /// Share of the tile's pixels of which anything is known, 0…1.
    public var known: Double
    /// Share of the known pixels that did not change; `nil` where none is known.
    public var score: Double?
    /// Whether the tile passes both limits.
    public var selected: Bool
    /// The raster, relative to the folder `unchanged`; `nil` without a usable pair.
    public var path: String?
    /// Size of the raster's file.
    public var bytes: Int
    /// SHA-256 of the raster's file; `nil` without one.
    public var sha256: SHA256Digest?
    /// SHA-256 of the quick-look's file; `nil` without one.
    public var quicklookSHA256: SHA256Digest?
    /// SHA-256 of the tile's lines of the manifest, which name its rasters' digests.
    public var inputs: SHA256Digest
    /// Fits to the reference date, where asked for.
    public var fits: [NormalisationFit]
}

extension UnchangedTile {
    /// Encodes every field; what there is none of is written as null.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(tile, forKey: .tile)
        try fields.encode(region, forKey: .region)
        try fields.encode(bands, forKey: .bands)
        try fields.encode(dates, forKey: .dates)
        try fields.encode(leftOut, forKey: .leftOut)
        try fields.encode(pairs, forKey: .pairs)
        try fields.encode(pairsUsed, forKey: .pairsUsed)
        try fields.encode(known, forKey: .known)
        try fields.encode(score, forKey: .score)
        try fields.encode(selected, forKey: .selected)
        try fields.encode(path, forKey: .path)
        try fields.encode(bytes, forKey: .bytes)
        try fields.encode(sha256, forKey: .sha256)
        try fields.encode(quicklookSHA256, forKey: .quicklookSHA256)
        try fields.encode(inputs, forKey: .inputs)
        try fields.encode(fits, forKey: .fits)
    }
}

/// A line of `normalisation.jsonl`: how a date of a tile is brought to the reference date's radiometry.
public struct NormalisationFit: Hashable, Codable, Sendable {
    /// reference = slope · date + offset, in reflectance × 10000.
    public struct Band: Hashable, Codable, Sendable {
        /// Its name.
        public var band: String
        /// Of the orthogonal regression line.
        public var slope: Double
        /// Of the orthogonal regression line.
        public var offset: Double
        /// Correlation over the invariant pixels.
        public var correlation: Double
    }

    /// "<region>/<column>_<row>".
    public var tile: String
    /// Sensing time of the date.
    public var date: String
    /// Sensing time of the reference: the tile's date with most clear pixels.
    public var reference: String
    /// Number of invariant pixels.
    public var pixels: Int
    /// By band; empty for a refused fit.
    public var bands: [Band]
    /// Why there is no fit.
    public var refusal: String?
    /// SHA-256 of the fitted copy of the tile, where one is written.
    public var copySHA256: SHA256Digest?
}

/// What a run looked at and selected.
public struct UnchangedReport: Sendable, Codable {
    /// By tile.
    public var tiles: [UnchangedTile]
    /// Tiles computed by this call; the others were there.
    public var written: Int
    /// Lines of `pairs.jsonl`.
    public var trainingPairs: Int
    /// Pairs of dates that share too little to tell change.
    public var undecidedPairs: Int
    /// Regions by part of the split: "train" and "val".
    public var split: [String: [String]]
}
