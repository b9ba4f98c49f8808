/// What a task asks of its predictions.
public enum TaskKind: String, Codable, Sendable, Hashable, CaseIterable {
    /// Two classes of pixels, of two dates.
    case change
    /// A class for each pixel.
    case segmentation
    /// Any of several classes for each image.
    case multilabel
    /// One of several classes for each image.
    case classification

    /// The task's name for people.
    public var title: String {
        switch self {
        case .change: "Change detection"
        case .segmentation: "Segmentation"
        case .multilabel: "Land cover"
        case .classification: "Classification"
        }
    }
}

/// `task.json` of a run folder, format "matter-task/1".
public struct TaskRecord: Codable, Sendable, Equatable {
    /// What was trained, and from what.
    public struct Method: Codable, Sendable, Hashable {
        /// The network and how it was trained.
        public var name: String
        /// "random", or the encoder's file; where each seed has its own, the end of its path from `{seed}` on.
        public var initialisation: String?
        /// Whether the encoder stayed as it was.
        public var frozen: Bool?
        /// The share of the training labels that was used, in 0 … 1.
        public var labels: Double?
        /// "matter", or the residual network's name.
        public var architecture: String?
        /// Bands in the order of the channels.
        public var bands: [String]?
        /// The recipe's name.
        public var recipe: String?
        /// What the method was called, to be told from others of its kind.
        public var variant: String?

        /// Whether each seed began with an encoder of its own.
        var hasEncoderASeed: Bool { initialisation?.contains("{seed}") == true }

        /// The method's name for people: what is said of it, in one line.
        public var title: String {
            var parts = [name]
            if let initialisation {
                parts.append(
                    "from \(initialisation.split(separator: "/").last.map(String.init) ?? "")")
            }
            if frozen == true { parts.append("frozen") }
            if let labels, labels < 1 { parts.append("\(NumberText.percent(labels)) % of labels") }
            if let variant { parts.append(variant) }
            return parts.joined(separator: ", ")
        }
    }

    /// How the epoch was chosen whose predictions these are.
    public struct Selection: Codable, Sendable, Equatable {
        /// The split whose scores decided.
        public var split: String
        /// The score that decided.
        public var metric: String?
        /// Its value.
        public var value: Double?
        /// The epoch that was taken.
        public var epoch: Int?
    }

    /// A sample that was predicted.
    public struct Item: Codable, Sendable, Hashable {
        /// Its name, and that of its file.
        public var key: String
        /// The city, tile or image that it belongs to: what is resampled as one.
        public var group: String
        /// The split that it belongs to.
        public var split: String?
    }

    /// "matter-task/1".
    public var format: String
    /// What the task asks.
    public var task: TaskKind
    /// The data set's name.
    public var dataset: String
    /// The split that was predicted.
    public var split: String
    /// The protocol that the run followed.
    public var `protocol`: String?
    /// The names of the classes.
    public var classes: [String]
    /// The code of pixels that are not scored.
    public var ignore: Int?
    /// What was trained, and from what.
    public var method: Method
    /// The run's seed.
    public var seed: UInt64?
    /// How the epoch was chosen; `nil` where it is the last one.
    public var selection: Selection?
    /// Change: what scores at least this is called change.
    public var threshold: Double?
    /// How the threshold was chosen.
    public var thresholdRule: String?
    /// The samples in the order of the predictions.
    public var items: [Item]
}
