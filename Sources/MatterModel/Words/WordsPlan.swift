import Manifests
public import Tensors

/// Everything that `matter-model words` does, resolved.
public struct WordsPlan: Sendable {
    /// The output folder of `matter-prep run`.
    public var tiles: String
    /// The encoder's file.
    public var encoder: String
    /// The file of a plain backbone to compare with; nil for the encoder with its own parts left out.
    public var backbone: String?
    /// The tile's place, "<region>/<column>_<row>"; nil for the first one that two dates show.
    public var place: String?
    /// A map of classes that covers the tile, if there is one.
    public var classes: String?
    /// How many visual words.
    public var words: Int
    /// Pixels between two patches.
    public var stride: Int
    /// Of k-means.
    public var seed: UInt64
    /// The folder that is written.
    public var output: String
    /// Where features are computed.
    public var device: Device

    /// Makes a plan.
    public init(
        tiles: String, encoder: String, place: String?, classes: String?, words: Int, stride: Int,
        seed: UInt64, output: String, device: Device
    ) {
        (self.tiles, self.encoder, self.place) = (tiles, encoder, place)
        (self.classes, self.words, self.stride) = (classes, words, stride)
        (self.seed, self.output, self.device) = (seed, output, device)
    }

    func record(place: String) throws -> RunRecord {
        var inputs = [
            try InputDigest(file: "\(tiles)/manifest.jsonl", named: "manifest.jsonl"),
            try InputDigest(file: encoder, named: "encoder.safetensors"),
        ]
        if let backbone {
            inputs.append(try InputDigest(file: backbone, named: "backbone.safetensors"))
        }
        if let classes { inputs.append(try InputDigest(file: classes, named: "classes.tif")) }
        return RunRecord(
            program: "matter-model words",
            plan: .object([
                "place": .string(place), "words": .integer(Int64(words)),
                "stride": .integer(Int64(stride)),
                "device": .string(device.kind == .cpu ? "cpu" : "cuda"),
            ]), seed: seed, inputs: inputs)
    }
}

/// What visual words say about a tile: `words.json`.
public struct WordsReport: Codable, Hashable, Sendable {
    /// One way to make words.
    public struct Method: Codable, Hashable, Sendable {
        /// "textons", "raw-patches", "backbone" or without one "matter-without-parts", "matter".
        public let name: String
        /// Agreement of the first date's words with the class map, where that date is clear.
        public let classes: ClusterAgreement?
        /// Agreement of the first date's borders with those of the class map.
        public let borders: BoundaryAgreement?
        /// Part of the places clear at both dates that have the same word at both, 0…1.
        public let sameWord: Double
        /// Agreement of the two dates' words at those places.
        public let dates: ClusterAgreement
    }

    /// The tile's place.
    public let place: String
    /// Ids of the two dates' tiles; words are found on the first.
    public let tiles: [String]
    /// How many words.
    public let words: Int
    /// Pixels between two places.
    public let stride: Int
    /// Part of the places that are clear at both dates, 0…1.
    public let clear: Double
    /// The ways, in the order of the picture's columns.
    public let methods: [Method]
}
