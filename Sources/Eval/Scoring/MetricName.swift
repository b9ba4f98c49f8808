import Metrics

/// A score that can be asked for by name, and what it means.
public enum MetricName: String, Codable, Sendable, Hashable, CaseIterable {
    /// F1 of the class that is looked for.
    case f1
    /// Precision of the class that is looked for.
    case precision
    /// Recall of the class that is looked for.
    case recall
    /// Intersection over union of the class that is looked for.
    case iou
    /// Mean intersection over union of all classes.
    case meanIoU = "miou"
    /// Mean F1 of all classes.
    case meanF1 = "mean-f1"
    /// The share of right decisions.
    case accuracy
    /// Mean recall of all classes.
    case meanRecall = "mean-recall"
    /// Cohen's kappa.
    case kappa
    /// F1 of objects, matched at an intersection over union of 0.5.
    case objectF1 = "object-f1"
    /// Area under precision over recall.
    case averagePrecision = "ap"
    /// Average precision, mean over classes.
    case macro = "map-macro"
    /// Average precision of all decisions as one list.
    case micro = "map-micro"
    /// Average precision, mean over classes weighted by their positives.
    case weighted = "map-weighted"
    /// Average precision, mean over samples.
    case samples = "map-samples"

    /// The score's name for people.
    public var title: String {
        switch self {
        case .f1: "F1"
        case .precision: "Precision"
        case .recall: "Recall"
        case .iou: "IoU"
        case .meanIoU: "mIoU"
        case .meanF1: "Mean F1"
        case .accuracy: "Accuracy"
        case .meanRecall: "Mean recall"
        case .kappa: "Kappa"
        case .objectF1: "Object F1"
        case .averagePrecision: "AP"
        case .macro: "mAP (macro)"
        case .micro: "mAP (micro)"
        case .weighted: "mAP (weighted)"
        case .samples: "mAP (samples)"
        }
    }

    /// What the score is, in a sentence; of which counts, the protocol says.
    public var definition: String {
        switch self {
        case .f1: "2 TP / (2 TP + FP + FN) of the positive class alone"
        case .precision: "TP / (TP + FP) of the positive class"
        case .recall: "TP / (TP + FN) of the positive class"
        case .iou: "TP / (TP + FP + FN) of the positive class alone"
        case .meanIoU:
            "unweighted mean over the classes of TP / (TP + FP + FN); a class neither in truth nor in "
                + "prediction is left out"
        case .meanF1:
            "unweighted mean over the classes of F1; a class neither in truth nor in prediction is left out"
        case .accuracy: "share of right decisions"
        case .meanRecall:
            "unweighted mean over the classes of recall; a class without truth is left out"
        case .kappa: "Cohen's kappa: agreement beyond chance"
        case .objectF1:
            "F1 of objects, connected areas of called pixels: matched one to one with the true ones by falling intersection "
                + "over union, from 0.5 on; small ones count too. Not the score of SpaceNet's challenges, which "
                + "matches outlines, the surest first, and misses nothing below 20 pixels"
        case .averagePrecision:
            "sum of precision times the gain in recall over all thresholds; equal scores are one threshold"
        case .macro:
            "average precision, unweighted mean over the classes; a class without a positive is left out"
        case .micro: "average precision of all decisions of all classes as one list"
        case .weighted: "average precision, mean over the classes weighted by their positives"
        case .samples:
            "average precision among each sample's own classes, mean over samples; one without a label is left out"
        }
    }

    /// Scores of pixels that follow from counts, for a task.
    static func ofCounts(_ task: TaskKind, classes: Int) -> [MetricName] {
        switch task {
        // Of both classes, changed and unchanged, too: some publish these under the name of F1 and IoU.
        case .change: [.f1, .precision, .recall, .iou, .meanF1, .meanIoU, .accuracy, .kappa]
        case .segmentation:
            [.meanIoU, .meanF1] + (classes == 2 ? [.iou, .f1, .precision, .recall] : [])
                + [.accuracy, .kappa]
        case .classification: [.accuracy, .meanRecall, .meanF1, .kappa]
        case .multilabel: []
        }
    }

    /// The score that leads tables of a task.
    static func leading(_ task: TaskKind) -> MetricName {
        switch task {
        case .change: .f1
        case .segmentation: .meanIoU
        case .classification: .accuracy
        case .multilabel: .macro
        }
    }

    /// The average that a score of lists is.
    var average: MultilabelScores.Average? {
        switch self {
        case .macro: .macro
        case .micro: .micro
        case .weighted: .weighted
        case .samples: .samples
        default: nil
        }
    }

    /// The score that an average is.
    init(_ average: ScoreProtocol.AveragingName) {
        switch average {
        case .macro: self = .macro
        case .micro: self = .micro
        case .weighted: self = .weighted
        case .samples: self = .samples
        }
    }

    /// What follows from counts; the positive class is the second of two.
    func value(_ counts: ClassConfusion) -> Double? {
        switch self {
        case .f1, .objectF1: counts.counts(of: 1).f1
        case .precision: counts.counts(of: 1).precision
        case .recall: counts.counts(of: 1).recall
        case .iou: counts.counts(of: 1).iou
        case .meanIoU: counts.meanIoU.mean
        case .meanF1: counts.meanF1.mean
        case .accuracy: counts.accuracy
        case .meanRecall: counts.meanRecall.mean
        case .kappa: counts.kappa
        case .averagePrecision, .macro, .micro, .weighted, .samples: nil
        }
    }
}
