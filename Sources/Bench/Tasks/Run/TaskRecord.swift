import Manifests
import Store

/// What a run was and how its numbers are to be read: `task.json`, written last.
public struct TaskRecord: Codable, Hashable, Sendable {
    /// What was compared, and what differs between methods.
    public struct Method: Codable, Hashable, Sendable {
        /// The head, and whether the encoder was trained with it: "unet-frozen".
        public var name: String
        /// "random", or the encoder's file; where each seed has its own, the end of its path from `{seed}` on; absent where
        /// there is no encoder.
        public var initialisation: String?
        /// "matter", or the residual network's name; absent where it is not known to the run.
        public var architecture: String?
        /// Whether only the head was trained.
        public var frozen: Bool
        /// The share of the training samples whose labels were used.
        public var labels: Double
        /// Bands in the order of the channels.
        public var bands: [String]
        /// The recipe's name.
        public var recipe: String
        /// What the method was called, to be told from others of its kind.
        public var variant: String?
    }

    /// What the model was selected on, and how.
    public struct Selection: Codable, Hashable, Sendable {
        /// "val", "held-out", "none", or the scored split's name where it selected too: flagged by every report.
        public var split: String
        /// The metric.
        public var metric: String?
        /// Its value there.
        public var value: Double?
        /// The epoch, from 0.
        public var epoch: Int?
    }

    /// A sample that was scored.
    public struct Item: Codable, Hashable, Sendable {
        /// Its name.
        public var key: String
        /// The place that it shares with others: what a bootstrap draws.
        public var group: String
        /// Its split.
        public var split: String
    }

    /// "matter-task/1".
    public var format = "matter-task/1"
    /// What was learnt and scored.
    public var task: TaskPlan.Task
    /// The data set.
    public var dataset: String
    /// The split that was scored.
    public var split: String
    /// The protocol that was followed.
    public var protocolName: String
    /// Names of the classes by their codes.
    public var classes: [String]
    /// The code of pixels that are not scored.
    public var ignore: Int
    /// What was compared.
    public var method: Method
    /// The seed.
    public var seed: UInt64
    /// What the model was selected on.
    public var selection: Selection
    /// The probability from which on a pixel was called changed; absent where each image has its own, and for other tasks.
    public var threshold: Double?
    /// How it was chosen.
    public var thresholdRule: String?
    /// All samples, in the order of the predictions.
    public var items: [Item]

    private enum CodingKeys: String, CodingKey {
        case format, task, dataset, split, classes, ignore, method, seed, selection, threshold
        case thresholdRule, items
        case protocolName = "protocol"
    }

    static let fileName = "task.json"
}

extension Dataset {
    /// The place that a sample shares with others: the city of OSCD, the scene of BigEarthNet, the ground of SpaceNet and of our own
    /// tiles; else the sample.
    func group(_ index: Int) -> String {
        let key = self.key(index)
        let name = type(of: self).name
        if name.hasPrefix("bigearthnet") {
            return key.split(separator: "_").dropLast(2).joined(separator: "_")
        }
        return (self as? any GroupedDataset)?.place(index) ?? key
    }
}

/// A data set whose samples share places.
protocol GroupedDataset: Dataset {
    /// The place of a sample.
    func place(_ index: Int) -> String
}

extension SpaceNetDataset: GroupedDataset {
    func place(_ index: Int) -> String { Release.place(of: key(index)) }
}

extension TilesDataset: GroupedDataset {
    func place(_ index: Int) -> String {
        let record = records[index]
        return "\(record.region)/\(record.column)_\(record.row)"
    }
}
