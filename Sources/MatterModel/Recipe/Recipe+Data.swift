import Geo

extension Recipe {
    /// Which pixels are shown, and how.
    public struct Data: RecipeSection {
        /// Where means and deviations come from.
        public enum Standardisation: String, Codable, Hashable, Sendable, CaseIterable {
            /// One mean and deviation a band, over all tiles of the store.
            case store
            /// One mean and deviation a band, of the clear pixels of each whole tile by itself.
            case image
        }

        /// Which two dates of a place may be compared, and where.
        public enum Pairs: String, Codable, Hashable, Sendable, CaseIterable {
            /// Any two aligned dates of any tile, wherever both are clear.
            case all
            /// What `matter-prep unchanged` found: the pairs of dates in its list, of the regions to train on, on unchanged pixels.
            case unchanged
        }

        /// What an anchor's positive is.
        public enum Positives: String, Codable, Hashable, Sendable, CaseIterable {
            /// The same ground at another date.
            case secondDate = "second-date"
            /// The same pixels with the crop's own mean and deviation, as the authors' code had it; for comparison.
            case sameDate = "same-date"
        }

        /// Bands in the order of the channels.
        public var bands: [String]
        /// Where means and deviations come from.
        public var standardise: Standardisation
        /// What an anchor's positive is.
        public var positives: Positives
        /// Which two dates of a place may be compared, and where; a recipe without it means all.
        public var pairs: Pairs?
        /// Side of a crop in pixels.
        public var crop: Int
        /// Crops a step, each at two dates.
        public var batch: Int
        /// The least part of a crop that is clear on both dates, and unchanged where `pairs` asks for it, 0…1.
        public var minimumValidFraction: Double
        /// Whether crops are flipped and turned by quarters, both dates alike.
        public var augment: Bool

        static let example = Data(
            bands: ["B02", "B03", "B04"], standardise: .store, positives: .secondDate, crop: 16,
            batch: 4,
            minimumValidFraction: 0.5, augment: true)

        static let choices = [
            Choice("standardise", of: Standardisation.self),
            Choice("positives", of: Positives.self),
            Choice("pairs", of: Pairs.self),
        ]

        var rules: [RecipeRule] {
            [
                rule(
                    "bands", hasBands,
                    "must name distinct bands of Sentinel-2, as in [\"B02\", \"B8A\"]"),
                rule("crop", (8...4096).contains(crop), "must be 8…4096"),
                rule("batch", (1...4096).contains(batch), "must be 1…4096"),
                rule(
                    "minimumValidFraction", (0...1).contains(minimumValidFraction), "must be 0…1"),
            ]
        }
    }
}

extension Recipe.Data {
    private var hasBands: Bool { !bands.isEmpty && sentinel2Bands != nil }

    /// The bands as values; nil if a name is none or is there twice.
    var sentinel2Bands: [Sentinel2Band]? {
        let found = bands.compactMap(Sentinel2Band.init(name:))
        return found.count == bands.count && Set(found).count == found.count ? found : nil
    }
}
