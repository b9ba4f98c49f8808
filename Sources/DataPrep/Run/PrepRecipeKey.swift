import Geo
import Manifests
import Raster

/// A key that a recipe may give outside of its regions.
struct PrepRecipeKey: Sendable {
    /// Dotted: "tiles.size".
    let name: String
    /// What its value must be, in plain words.
    let expected: String
    /// Takes a value over; false if it is not what is expected.
    let set: @Sendable (inout PrepRecipe, JSONValue) -> Bool

    /// A key whose value is read by one function and stored by another.
    private init<Value>(
        _ name: String, _ expected: String, read: @escaping @Sendable (JSONValue) -> Value?,
        store: @escaping @Sendable (inout PrepRecipe, Value) -> Void
    ) {
        self.name = name
        self.expected = expected
        set = { recipe, value in
            guard let value = read(value) else { return false }
            store(&recipe, value)
            return true
        }
    }

    static let all: [PrepRecipeKey] =
        tiles + selection + surface + alignment + unchanged + publish

    private static let tiles: [PrepRecipeKey] = [
        PrepRecipeKey("output", "a folder", read: \.nonEmptyText) { $0.output = $1 },
        whole("tiles.size", 16...16384) { $0.settings.tileSize = $1 },
        whole("tiles.stride", 1...16384) { $0.settings.tileStride = $1 },
        word("tiles.edge", TileGrid.EdgeRule.self) { $0.settings.edge = $1 },
        number("tiles.smallestShare", 0...1) { $0.settings.smallestTileShare = $1 },
        bands("tiles.bands", "distinct bands, as in [\"B02\", \"B8A\"]", counts: 1...13) {
            $0.settings.bands = $1
        },
        word("tiles.kernel", ResamplingKernel.self) { $0.settings.kernel = $1 },
        word("tiles.compression", TileCompression.self) { $0.settings.compression = $1 },
        flag("tiles.overviews") { $0.settings.writesOverviews = $1 },
        bands(
            "tiles.quicklook", "three bands or one, as in [\"B04\", \"B03\", \"B02\"]",
            counts: [1, 3]
        ) { $0.settings.quicklookBands = $1 },
    ]

    private static let selection: [PrepRecipeKey] = [
        number("select.largestNoData", 0...1) { $0.settings.largestNoDataShare = $1 },
        number("select.largestCloud", 0...1) { $0.settings.largestCloudShare = $1 },
    ]

    private static let surface: [PrepRecipeKey] = [
        word("surface.reflectance", SurfaceRule.self) { $0.settings.surfaceReflectance = $1 },
        number("surface.elevation", -500...9000) { $0.settings.surfaceElevation = $1 },
        whole("surface.sen2corMinutes", 0...10_080) { $0.sen2corMinutes = $1 },
        word("surface.looseOffset", LooseOffset.self) { $0.settings.looseOffset = $1 },
    ]

    private static let alignment: [PrepRecipeKey] = [
        flag("alignment.enabled") { $0.settings.aligns = $1 },
        PrepRecipeKey(
            "alignment.reference", "a date, as in \"2020-06-01\", \"mosaic\" or \"consensus\"",
            read: { value in value.string.flatMap { AlignmentReference.isValid($0) ? $0 : nil } }
        ) { $0.settings.reference = $1 },
        bands(
            "alignment.bands", "distinct bands of one resolution, as in [\"B08\"]", counts: 1...6
        ) { $0.settings.alignmentBands = $1 },
        word("alignment.feature", AlignmentFeature.self) { $0.settings.search.feature = $1 },
        PrepRecipeKey(
            "alignment.window",
            "one of \(ShiftSearch.windowSides.map(String.init).joined(separator: ", ")) pixels",
            read: { $0.int.flatMap { ShiftSearch.windowSides.contains($0) ? $0 : nil } }
        ) { $0.settings.search.windowSide = $1 },
        whole("alignment.largestShift", 1...128) { $0.settings.search.largestShift = $1 },
        number("alignment.leastCoherence", 0...1) { $0.settings.search.leastCoherence = $1 },
        PrepRecipeKey(
            "alignment.smallestUsable", "a number above 0, at most 1",
            read: { $0.double.flatMap { $0 > 0 && $0 <= 1 ? $0 : nil } }
        ) { $0.settings.search.smallestUsableShare = $1 },
        word("alignment.device", AlignmentDevice.self) {
            $0.settings.search.device = $1 == .cpu ? nil : $1
        },
        number("alignment.smallestShift", 0...1) { $0.settings.smallestShift = $1 },
    ]
}

// MARK: What follows the tiles

extension PrepRecipeKey {
    private static let unchanged: [PrepRecipeKey] = [
        flag("unchanged.enabled") { $0.looksForUnchanged = $1 },
        bands("unchanged.bands", "distinct bands, as in [\"B02\", \"B8A\"]", counts: 1...13) {
            $0.unchangedSettings.bands = $1.sorted()
        },
        whole("unchanged.rounds", 1...200) { $0.unchangedSettings.rounds = $1 },
        number("unchanged.smallestWeight", 0...1) { $0.unchangedSettings.smallestWeight = $1 },
        PrepRecipeKey(
            "unchanged.window", "an odd number of pixels 1…31",
            read: { $0.int.flatMap { (1...31).contains($0) && $0 % 2 == 1 ? $0 : nil } }
        ) { $0.unchangedSettings.window = $1 },
        number("unchanged.threshold", 0...1) { $0.unchangedSettings.threshold = $1 },
        number("unchanged.certain", 0...1) { $0.unchangedSettings.certain = $1 },
        whole("unchanged.reach", 0...15) { $0.unchangedSettings.reach = $1 },
        number("unchanged.smallestScore", 0...1) { $0.unchangedSettings.smallestScore = $1 },
        number("unchanged.smallestKnown", 0...1) { $0.unchangedSettings.smallestKnown = $1 },
        whole("unchanged.fewestPixels", 100...1_000_000_000) {
            $0.unchangedSettings.fewestPixels = $1
        },
        number("unchanged.leastCorrelation", 0...1) { $0.unchangedSettings.leastCorrelation = $1 },
        flag("unchanged.maskSnow") { $0.unchangedSettings.masksSnow = $1 },
        number("unchanged.smallestPairShare", 0...1) {
            $0.unchangedSettings.smallestPairShare = $1
        },
        number("unchanged.invariance", 0...1) { $0.unchangedSettings.invariance = $1 },
        number("unchanged.validationShare", 0...1) { $0.unchangedSettings.validationShare = $1 },
        whole("unchanged.seed", 0...Int.max) { $0.unchangedSettings.seed = UInt64($1) },
        flag("unchanged.normalise") {
            $0.unchangedSettings.normalises = $1 || $0.unchangedSettings.writesNormalised
        },
        // Read after "normalise", which it implies.
        flag("unchanged.normalisedTiles") {
            $0.unchangedSettings.writesNormalised = $1
            $0.unchangedSettings.normalises = $1 || $0.unchangedSettings.normalises
        },
    ]

    private static let publish: [PrepRecipeKey] = [
        PrepRecipeKey(
            "publish.formats",
            "a list of \(ExportFormat.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))",
            read: { value in
                guard let names = value.texts else { return nil }
                let formats = names.compactMap(ExportFormat.init(rawValue:))
                return Set(formats).count == names.count ? formats : nil
            }
        ) { $0.publish.formats = $1 },
        PrepRecipeKey("publish.folder", "a folder", read: \.nonEmptyText) {
            $0.publish.folder = $1
        },
        text("publish.name") { $0.publish.about.name = $1 },
        text("publish.description") { $0.publish.about.description = $1 },
        text("publish.license") { $0.publish.about.license = $1 },
        text("publish.citation") { $0.publish.about.citation = $1 },
        PrepRecipeKey(
            "publish.published", "a day, as in 2026-05-01",
            read: { $0.string.flatMap { SensingTime($0)?.day == $0 ? $0 : nil } }
        ) { $0.publish.about.published = $1 },
    ]
}

// MARK: Kinds of keys

extension PrepRecipeKey {
    private static func flag(
        _ name: String, _ store: @escaping @Sendable (inout PrepRecipe, Bool) -> Void
    ) -> PrepRecipeKey {
        PrepRecipeKey(name, "true or false", read: \.bool, store: store)
    }

    private static func text(
        _ name: String, _ store: @escaping @Sendable (inout PrepRecipe, String) -> Void
    ) -> PrepRecipeKey {
        PrepRecipeKey(name, "a text", read: \.nonEmptyText, store: store)
    }

    private static func whole(
        _ name: String, _ range: ClosedRange<Int>,
        _ store: @escaping @Sendable (inout PrepRecipe, Int) -> Void
    ) -> PrepRecipeKey {
        PrepRecipeKey(
            name, "a whole number \(range.lowerBound)…\(range.upperBound)",
            read: { $0.int.flatMap { range.contains($0) ? $0 : nil } }, store: store)
    }

    private static func number(
        _ name: String, _ range: ClosedRange<Double>,
        _ store: @escaping @Sendable (inout PrepRecipe, Double) -> Void
    ) -> PrepRecipeKey {
        PrepRecipeKey(
            name, "a number \(Int(range.lowerBound))…\(Int(range.upperBound))",
            read: { $0.double.flatMap { range.contains($0) ? $0 : nil } }, store: store)
    }

    private static func word<Word: RawRepresentable<String> & CaseIterable & Sendable>(
        _ name: String, _ type: Word.Type,
        _ store: @escaping @Sendable (inout PrepRecipe, Word) -> Void
    ) -> PrepRecipeKey {
        let words = Dictionary(uniqueKeysWithValues: Word.allCases.map { ($0.rawValue, $0) })
        let names = Word.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        return PrepRecipeKey(
            name, "one of \(names)", read: { $0.string.flatMap { words[$0] } }, store: store)
    }

    private static func bands(
        _ name: String, _ expected: String, counts: some Collection<Int> & Sendable,
        _ store: @escaping @Sendable (inout PrepRecipe, [Sentinel2Band]) -> Void
    ) -> PrepRecipeKey {
        PrepRecipeKey(
            name, expected,
            read: { value in
                guard let names = value.texts, counts.contains(names.count) else { return nil }
                let bands = names.compactMap(Sentinel2Band.init(name:))
                return Set(bands).count == names.count ? bands : nil
            }, store: store)
    }
}

extension JSONValue {
    /// The text, or nil if this is empty or something else.
    fileprivate var nonEmptyText: String? { string.flatMap { $0.isEmpty ? nil : $0 } }
}
