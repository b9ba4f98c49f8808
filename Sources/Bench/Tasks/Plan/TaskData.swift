/// Which pixels and labels are shown, and how.
public struct TaskData: Codable, Hashable, Sendable {
    /// What is taken off pixels and what they are divided by.
    public enum Standardisation: String, Codable, Hashable, Sendable, CaseIterable {
        /// What the encoder's file says, else as `split`.
        case usual
        /// Each band's mean and deviation over the training split, as `matter-bench stats` counts them.
        case split
        /// What the encoder's file says.
        case encoder
        /// `mean` and `deviation` as they are given.
        case given
        /// Each image or window by itself, band by band, after what `given` says.
        case image
    }

    /// What a model is selected on.
    public enum Validation: String, Codable, Hashable, Sendable, CaseIterable {
        /// The split "val"; held-out training samples where there is none.
        case usual
        /// Training samples that are held out: `holdOut`, or a share by the digest of their names, the same for every seed.
        case heldOut = "held-out"
        /// The very samples that are scored: flagged in every report.
        case test
        /// Nothing is selected: the last epoch counts.
        case none
    }

    /// How the score from which on a pixel is called changed is chosen.
    public enum ThresholdRule: String, Codable, Hashable, Sendable, CaseIterable {
        /// The best on the samples that the model is selected on.
        case heldOut = "held-out"
        /// `threshold`.
        case fixed
        /// Otsu's, of each image by itself.
        case otsu
    }

    /// The data set's name; the command line says it.
    public var dataset = ""
    /// What was chosen when it was opened.
    public var options: [String: String] = [:]
    /// Whether what is mended otherwise, and other versions than the published, are refused; absent where they are not.
    public var strict: Bool?
    /// Bands in the order of the channels; empty: the encoder's, or all that there are.
    public var bands: [String] = []
    /// What is taken off pixels and what they are divided by.
    public var standardise = Standardisation.usual
    /// Means of the bands, where they are given.
    public var mean: [Double] = []
    /// Deviations of the bands, where they are given.
    public var deviation: [Double] = []
    /// Least and greatest number after that, or nothing: what leaves the range is brought to its ends.
    public var clip: [Double] = []
    /// Side of the windows that are shown in training, or of the grid onto which whole images are brought.
    public var crop = 96
    /// Pixels from one window to the next in training, where images are cut into windows.
    public var stride = 48
    /// Pixels by which neighbouring windows overlap in prediction.
    public var overlap = 32
    /// Whether windows are flipped and turned by quarters.
    public var augment = true
    /// The share of the training samples whose labels are used, drawn by the seed without replacement.
    public var labels = 1.0
    /// The split to learn from.
    public var train = "train"
    /// The split that is scored.
    public var test = "test"
    /// What a model is selected on.
    public var validation = Validation.usual
    /// Names of training samples that are held out.
    public var holdOut: [String] = []
    /// The share that is held out where none is named.
    public var holdOutShare = 0.2
    /// How the threshold of change is chosen.
    public var thresholdRule = ThresholdRule.heldOut
    /// The threshold where it is fixed, of a probability.
    public var threshold = 0.5
    /// Code of pixels that are neither learnt from nor scored.
    public var ignore = 255
    /// The name of the protocol that these choices follow, for reports.
    public var protocolName = "pooled"

    private enum CodingKeys: String, CodingKey {
        case dataset, options, strict, bands, standardise, mean, deviation, clip
        case crop, stride, overlap, augment, labels, train, test, validation
        case holdOut, holdOutShare, thresholdRule, threshold, ignore
        case protocolName = "protocol"
    }

    /// How the data set is opened.
    var datasetOptions: DatasetOptions { DatasetOptions(options, isStrict: strict ?? false) }
}
