public import Tensors

/// Everything that is chosen about a run of a task, resolved: no value is left to a default that could change.
public struct TaskPlan: Codable, Hashable, Sendable {
    /// What is learnt and scored.
    public enum Task: String, Codable, Hashable, Sendable, CaseIterable {
        /// Pixels that changed between two dates.
        case change
        /// A class for each pixel of one image.
        case segmentation
        /// Any number of classes for an image.
        case multilabel
        /// One class for an image.
        case classification

        /// Whether each pixel has an answer of its own, or the image has one.
        public var isDense: Bool { self == .change || self == .segmentation }
    }

    /// What the run is called in tables.
    public var name: String
    /// What is learnt and scored.
    public var task: Task
    /// What the method is called, to be told from others of its kind; nil where nothing was said.
    public var variant: String?
    /// Which pixels and labels are shown, and how.
    public var data: TaskData = TaskData()
    /// The network that makes features.
    public var encoder: TaskEncoder = TaskEncoder()
    /// What makes answers of them.
    public var head: TaskHead = TaskHead()
    /// What is minimised.
    public var loss: TaskLoss = TaskLoss()
    /// How.
    public var optimiser: TaskOptimiser = TaskOptimiser()
    /// How long.
    public var run: TaskSchedule = TaskSchedule()

    /// A plan with the usual choices of a task.
    public init(_ task: Task) {
        (name, self.task) = (task.rawValue, task)
        head.kind = task.isDense ? .unet : .logistic
        loss.kind = [.segmentation, .classification].contains(task) ? .crossEntropy : .binary
        if !task.isDense {
            (data.crop, data.augment) = (120, false)
            encoder.isFrozen = true
        }
    }

    /// What is the same in two runs that differ by chance only, as one name in tables: "unet, encoder.safetensors, frozen".
    var methodName: String {
        let rule = encoder.isFrozen ? "frozen" : "fine-tuned"
        return [.knn, .logistic].contains(head.kind)
            ? head.kind.rawValue : "\(head.kind.rawValue)-\(rule)"
    }
}

/// The network that makes features.
public struct TaskEncoder: Codable, Hashable, Sendable {
    /// What the network is before training.
    public enum Initialisation: String, Codable, Hashable, Sendable, CaseIterable {
        /// The weights of the file that was named.
        case file
        /// Drawn anew; where a file is named it says the architecture only.
        case random
    }

    /// Which network, where no file says it.
    public enum Backbone: String, Codable, Hashable, Sendable, CaseIterable {
        /// Two basic blocks a stage.
        case resnet18
        /// 3, 4, 6 and 3 basic blocks.
        case resnet34
        /// 3, 4, 6 and 3 bottlenecks.
        case resnet50
        /// 3, 4, 23 and 3 bottlenecks.
        case resnet101
    }

    /// How the network begins, where no file says it.
    public enum Stem: String, Codable, Hashable, Sendable, CaseIterable {
        /// 7×7 at stride 2, then 3×3 maximum at stride 2.
        case torchvision
        /// 3×3 at stride 1 without pooling.
        case method
    }

    /// How the first convolution of a file is brought to another number of bands.
    public enum BandRule: String, Codable, Hashable, Sendable, CaseIterable {
        /// Not at all: other numbers of bands are refused.
        case refuse
        /// Every band gets the mean kernel of the file's bands, times file's bands ÷ our bands, so that a grey image gives the same.
        case mean
        /// Kernels are repeated in their order and cut, times file's bands ÷ our bands (timm's rule).
        case repeated = "repeat"
        /// Bands get the kernel of the file's band of their name (three nameless ones are B04, B03, B02); the others zeros.
        case named
    }

    /// What batch normalisation of a frozen encoder does.
    public enum NormRule: String, Codable, Hashable, Sendable, CaseIterable {
        /// It uses the statistics that came with the weights.
        case eval
        /// It uses each batch's, and updates the running ones: what SeCo's code does to a "frozen" encoder.
        case train
    }

    /// What an image is described by, where it has one answer.
    public enum Features: String, Codable, Hashable, Sendable, CaseIterable {
        /// The mean of the last stage's map over the image.
        case pooled
        /// Of MATTER's encoder what it was trained to give: that mean, projected, as a residual to the learned centres.
        case residual
    }

    /// What the network is before training.
    public var initialisation = Initialisation.random
    /// Which network, where no file says it.
    public var backbone = Backbone.resnet18
    /// How it begins, where no file says it.
    public var stem = Stem.torchvision
    /// The stride of each stage, as many stages as strides, where no file says it.
    public var strides = [1, 2, 2, 2]
    /// How the first convolution of a file is brought to another number of bands.
    public var bandRule = BandRule.refuse
    /// Whether only the head learns.
    public var isFrozen = false
    /// What batch normalisation of a frozen encoder does.
    public var norm = NormRule.eval
    /// What an image is described by, where it has one answer.
    public var features = Features.pooled

    private enum CodingKeys: String, CodingKey {
        case initialisation, backbone, stem, strides, bandRule, norm, features
        case isFrozen = "frozen"
    }
}

/// What makes answers of features.
public struct TaskHead: Codable, Hashable, Sendable {
    /// The kinds of head.
    public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
        /// One linear map: 1×1 convolutions of all stages' maps, summed; of images, of the feature vector. Trained by gradient steps.
        case linear
        /// A decoder with skips from every stage.
        case unet
        /// Atrous spatial pyramid pooling on the last stage (DeepLab v3).
        case deeplab
        /// Logistic regression on features that are computed once; the optimum, by L-BFGS.
        case logistic
        /// Nearest neighbours among features that are computed once.
        case knn
    }

    /// Which kind.
    public var kind = Kind.unet
    /// Share of channels that are dropped before the last map while training.
    public var dropout = 0.0
    /// Channels of DeepLab's pyramid.
    public var channels = 256
    /// Its dilations.
    public var rates = [12, 24, 36]
    /// Inverse strengths of logistic regression's penalty (C of scikit-learn) to choose from on the validation split.
    public var penalties = [0.01, 0.1, 1, 10]
    /// Numbers of neighbours to choose from on the validation split.
    public var neighbours = [5, 20]
    /// Neighbours weigh exp(cosine ÷ temperature); 0: all the same.
    public var temperature = 0.07
    /// Whether features are standardised by the training samples before logistic regression.
    public var standardise = true
}

/// What is minimised.
public struct TaskLoss: Codable, Hashable, Sendable {
    /// The kinds of loss.
    public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
        /// Logistic loss of each answer by itself; of several classes this is PyTorch's multi-label soft margin loss.
        case binary
        /// Cross-entropy over classes.
        case crossEntropy = "cross-entropy"
    }

    /// What classes weigh.
    public enum Weights: String, Codable, Hashable, Sendable, CaseIterable {
        /// All the same.
        case none
        /// Labels ÷ (classes · labels of the class), as scikit-learn's "balanced"; of binary answers negatives ÷ positives for positives.
        case balanced
        /// As `weights` says.
        case given
    }

    /// Which kind.
    public var kind = Kind.binary
    /// What classes weigh.
    public var classWeights = Weights.none
    /// A weight a class (cross-entropy), or one of the positives (binary).
    public var weights: [Double] = []
}

/// How the loss is minimised.
public struct TaskOptimiser: Codable, Hashable, Sendable {
    /// How the rate changes.
    public enum Decay: String, Codable, Hashable, Sendable, CaseIterable {
        /// Not.
        case constant
        /// Half a cosine to zero, over all steps.
        case cosine
        /// Times `gamma` after each epoch.
        case exponential
        /// Times `gamma` at each of `milestones`.
        case steps
    }

    /// Which kind.
    public var kind = OptimizerRule.adam
    /// The greatest rate, the head's.
    public var learningRate = 1e-3
    /// What the encoder's rate is of the head's.
    public var encoderFactor = 1.0
    /// What each stage's rate is of the stage after it, from the last one to the first.
    public var layerDecay = 1.0
    /// Weight decay.
    public var weightDecay = 1e-4
    /// Momentum of SGD, first beta of Adam.
    public var momentum = 0.9
    /// How the rate changes.
    public var decay = Decay.exponential
    /// Factor of exponential and stepwise decay.
    public var gamma = 0.95
    /// Epochs, from 0, that begin with a smaller rate.
    public var milestones: [Int] = []
    /// Steps over which the rate rises linearly at first.
    public var warmUp = 0
    /// The greatest norm of the gradient of all parameters; 0: no bound.
    public var clip = 0.0
}

/// How long a run lasts and what it is kept by.
public struct TaskSchedule: Codable, Hashable, Sendable {
    /// Passes over the training samples.
    public var epochs = 20
    /// Samples a step.
    public var batch = 16
    /// Epochs from one validation to the next; the last epoch is always validated.
    public var validateEvery = 1
    /// Steps from one checkpoint to the next; one more is written where the run is stopped.
    public var checkpointEvery = 200
    /// Steps from one line of the curve to the next.
    public var logEvery = 1
    /// Whether convolutions run in bfloat16.
    public var usesBFloat16 = false

    private enum CodingKeys: String, CodingKey {
        case epochs, batch, validateEvery, checkpointEvery, logEvery
        case usesBFloat16 = "bfloat16"
    }
}
