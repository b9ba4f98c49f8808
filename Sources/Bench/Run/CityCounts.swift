public import Metrics

/// What a method got right and wrong in one city: a line of `counts.jsonl`.
public struct CityCounts: Codable, Sendable, Hashable {
    /// The city's name.
    public let city: String
    /// The split it belongs to.
    public let split: SplitName
    /// The score from which on a pixel was called changed; `nil` when the scores take one value only.
    public let threshold: Double?
    /// The four counts.
    public let counts: ConfusionCounts
    /// How many pixels were compared with the truth.
    public let pixelsScored: Int
    /// How many pixels the city has.
    public let pixelsPresent: Int

    /// Counts a mask that says, for every pixel of the city, what a threshold called it.
    init(_ city: ScoredCity, threshold: Float?) {
        self.city = city.name
        split = city.split
        self.threshold = threshold.map(Double.init)
        let mask = changeMask(of: city.scores, threshold: threshold)
        counts = ConfusionCounts(prediction: mask, truth: city.truth)
        pixelsScored = city.scores.count
        pixelsPresent = city.truth.count
    }

    private enum CodingKeys: String, CodingKey {
        case city, key, split, threshold, pixelsScored, pixelsPresent
    }

    /// Reads the counts beside the other keys.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        city = try values.decode(String.self, forKey: .city)
        split = try values.decode(SplitName.self, forKey: .split)
        threshold = try values.decodeIfPresent(Double.self, forKey: .threshold)
        counts = try ConfusionCounts(from: decoder)
        pixelsScored = try values.decode(Int.self, forKey: .pixelsScored)
        pixelsPresent = try values.decode(Int.self, forKey: .pixelsPresent)
    }

    /// Writes the counts beside the other keys; an absent threshold as null.
    public func encode(to encoder: any Encoder) throws {
        try counts.encode(to: encoder)
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(city, forKey: .city)
        // As tasks name their samples.
        try values.encode(city, forKey: .key)
        try values.encode(split, forKey: .split)
        try values.encode(threshold, forKey: .threshold)
        try values.encode(pixelsScored, forKey: .pixelsScored)
        try values.encode(pixelsPresent, forKey: .pixelsPresent)
    }
}

/// The scores of one method in one city, beside the truth.
struct ScoredCity: Sendable {
    let name: String
    let split: SplitName
    let scores: [Float]
    let truth: [UInt8]
    /// 1 where the bands that the method reads hold data on both dates; elsewhere scores are 0.
    let hasData: [UInt8]
}
