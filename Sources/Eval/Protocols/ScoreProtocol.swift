/// How predictions become one number: what is scored together, what is left out, and what the average is taken over.
///
/// A protocol is a value, read from `manifests/protocols/NAME.toml`, in which each line says where it is known from.
public struct ScoreProtocol: Codable, Sendable, Hashable {
    /// What one score is computed of, before scores are averaged.
    public enum Unit: String, Codable, Sendable, Hashable, CaseIterable {
        /// All pixels or samples together: nothing is averaged.
        case all
        /// All of one city, tile or image group.
        case group
        /// One predicted image.
        case item
        /// One patch of a predicted image.
        case patch
        /// One batch of patches or samples, as a training loop logs it.
        case batch
    }

    /// What becomes of patches that reach over the edge of an image.
    public enum Edge: String, Codable, Sendable, Hashable, CaseIterable {
        /// They are cut: every pixel is scored once.
        case cut
        /// They are left out.
        case drop
    }

    /// Which of the windows that an image is cut into are scored.
    public enum Windows: String, Codable, Sendable, Hashable, CaseIterable {
        /// All of them.
        case all
        /// Those that hold a pixel of change: false alarms in others are not seen.
        case withChange = "with change"
    }

    /// What a score counts as where it is 0/0.
    public enum Undefined: String, Codable, Sendable, Hashable, CaseIterable {
        /// It is left out of the average and counted.
        case leaveOut = "leave out"
        /// It counts as 0.
        case zero
        /// It counts as 1.
        case one

        /// What a score counts as.
        func settled(_ value: Double?) -> Double? {
            switch self {
            case .leaveOut: value
            case .zero: value ?? 0
            case .one: value ?? 1
            }
        }
    }

    /// Its short name: that of its file.
    public var name: String
    /// Its name for people.
    public var title: String
    /// Which tasks it is for.
    public var tasks: [TaskKind]
    /// What one score is computed of.
    public var unit: Unit
    /// Side of square patches in pixels; `nil` for whole images.
    public var patch: Int?
    /// What becomes of patches at the edge.
    public var edge: Edge
    /// Which windows are scored.
    public var windows: Windows
    /// Side of the square in the middle of each image that alone is scored; `nil` for all of it.
    public var crop: Int?
    /// Patches or samples a batch, where `unit` is `batch`.
    public var batch: Int?
    /// Whether batches are drawn in a seeded order.
    public var isShuffled: Bool
    /// Whether a last batch that is not full is left out.
    public var dropsLast: Bool
    /// What the order of shuffled batches follows from.
    public var seed: UInt64
    /// How average precisions of several classes become one.
    public var average: AveragingName
    /// What 0/0 counts as.
    public var undefined: Undefined
    /// Everything else that makes the protocol (splits, bands, normalisation, selection), in words, by key.
    public var setting: [String: String]
    /// Where each key is known from, by key; "ours: …" where no source says.
    public var sources: [String: String]

    /// How average precisions of several classes become one.
    public enum AveragingName: String, Codable, Sendable, Hashable, CaseIterable {
        /// The mean over classes.
        case macro
        /// All decisions as one list.
        case micro
        /// The mean over classes, weighted by their positives.
        case weighted
        /// The mean over samples.
        case samples
    }

    /// What a score means under this protocol, in a sentence.
    public var definition: String {
        var text: String
        switch unit {
        case .all:
            text = "counts are added over everything that is scored; the score is that of the sums"
        case .group: text = "unweighted mean over groups (cities, tiles) of each group's own score"
        case .item: text = "unweighted mean over images of each image's own score"
        case .patch: text = "unweighted mean over patches of each patch's own score"
        case .batch:
            text =
                "unweighted mean over batches of \(batch ?? 1) of each batch's own score, "
                + (isShuffled
                    ? "in the shuffled order of seed \(seed)" : "in the order of the files")
                + (dropsLast ? ", an incomplete last batch left out" : "")
        }
        if let patch {
            text +=
                "; patches of \(patch) px, those at the edge "
                + (edge == .cut ? "cut" : "left out")
        }
        if windows == .withChange { text += "; only windows that hold a pixel of change" }
        if let crop { text += "; only the \(crop) px square in the middle of each image" }
        switch undefined {
        case .leaveOut: text += unit == .all ? "" : "; 0/0 is left out and counted"
        case .zero: text += "; 0/0 counts as 0"
        case .one: text += "; 0/0 counts as 1"
        }
        return text
    }
}
