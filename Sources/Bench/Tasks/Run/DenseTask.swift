import Geo
import Manifests
import Metrics
import Tensors

/// A task with an answer for each pixel: validation, the choice of a threshold, predictions of whole images.
final class DenseTask {
    private let inputs: TaskInputs
    private let prediction: TiledPrediction
    private let classes: Int
    private let shouldStop: () -> Bool
    private var kept: [Int: WholeImage] = [:]
    private var keptBytes = 0
    /// Images that select are read again and again; as many of them as fit are kept.
    private static let most = 1 << 30

    private var data: TaskData { inputs.plan.data }

    init(
        _ inputs: TaskInputs, classes: Int, shouldStop: @escaping () -> Bool,
        probabilities: @escaping ([Tensor]) -> Tensor
    ) {
        (self.inputs, self.classes, self.shouldStop) = (inputs, classes, shouldStop)
        prediction = TiledPrediction(
            side: inputs.plan.data.crop, overlap: inputs.plan.data.overlap,
            batch: inputs.plan.run.batch, probabilities: probabilities)
    }

    // MARK: Validation

    /// Scores the samples that select.
    ///
    /// - Throws: what reading throws; `StopRequest`.
    func validate() throws -> TaskValidation? {
        guard inputs.splits.selection != "none" else { return nil }
        return inputs.plan.task == .change ? try validateChange() : try validateClasses()
    }

    private func validateChange() throws -> TaskValidation {
        let scored = try scoredValidation()
        let counts: ConfusionCounts?
        switch data.thresholdRule {
        case .heldOut: counts = try Self.curve(of: scored).bestF1?.counts
        case .fixed, .otsu:
            counts = scored.reduce(ConfusionCounts()) { sum, image in
                sum
                    + DenseAnswer(
                        changed: image.scores, threshold: threshold(image.scores, common: nil),
                        truth: image.truth, ignored: -1
                    ).counts
            }
        }
        let curve = try Self.curve(of: scored)
        return TaskValidation(
            metrics: [
                "f1": counts?.f1, "precision": counts?.precision, "recall": counts?.recall,
                "averagePrecision": curve.averagePrecision,
            ], metric: "f1")
    }

    private func validateClasses() throws -> TaskValidation {
        var table: [[Int64]] = []
        for index in inputs.splits.validation {
            let image = try validationImage(index)
            let found = try prediction(image.images)
            let answer = try answer(found, image, common: nil)
            table = ConfusionScores.sum(table, answer.confusion)
        }
        let scores = ConfusionScores(table)
        return TaskValidation(
            metrics: ["mIoU": scores.meanIoU, "accuracy": scores.accuracy], metric: "mIoU")
    }

    private func validationImage(_ index: Int) throws -> WholeImage {
        if shouldStop() { throw StopRequest() }
        if let image = kept[index] { return image }
        let image = try inputs.whole(index)
        let bytes = image.images.reduce(0) { $0 + 4 * $1.count }
        if keptBytes + bytes <= Self.most {
            kept[index] = image
            keptBytes += bytes
        }
        return image
    }

    private func scoredValidation() throws -> [(scores: [Float], truth: [UInt8])] {
        try inputs.splits.validation.map { index in
            let image = try validationImage(index)
            let scores = try prediction(image.images).values(as: Float.self)
            let valid = image.codes?.indices.filter { image.codes?[$0] != UInt8(data.ignore) } ?? []
            return (
                valid.map { scores[$0] }, valid.map { (image.codes?[$0] ?? 0) == 0 ? 0 : 1 }
            )
        }
    }

    private static func curve(
        of scored: [(scores: [Float], truth: [UInt8])]
    ) throws -> PrecisionRecallCurve {
        do {
            return try PrecisionRecallCurve(
                scores: scored.flatMap(\.scores), truth: scored.flatMap(\.truth))
        } catch {
            throw BenchError(
                .invalid, "the network's scores are no numbers: \(error); train it again")
        }
    }

    // MARK: The threshold

    /// The one threshold of all images, chosen before any scored image was seen; nil where each has its own.
    ///
    /// - Throws: what reading throws.
    func commonThreshold() throws -> Float? {
        guard inputs.plan.task == .change else { return nil }
        switch data.thresholdRule {
        case .otsu: return nil
        case .fixed: return Float(data.threshold)
        // Where nothing has changed in what is held out, nothing can be chosen: the middle.
        case .heldOut: return try Self.curve(of: scoredValidation()).bestF1?.threshold ?? 0.5
        }
    }

    private func threshold(_ scores: [Float], common: Float?) -> Float? {
        data.thresholdRule == .otsu
            ? OtsuThreshold(of: scores)?.value : common ?? Float(data.threshold)
    }

    // MARK: Predictions

    /// What is known of an image after its prediction.
    struct Predicted {
        let counts: TaskCounts
        let arrays: [String: HostArray]
        let confusion: [[Int64]]
    }

    /// Predicts an image that is scored.
    ///
    /// - Parameters:
    ///   - index: which sample.
    ///   - common: the threshold of change.
    /// - Returns: what files hold of it.
    /// - Throws: what reading throws.
    func predict(_ index: Int, common: Float?) throws -> Predicted {
        let image = try inputs.whole(index)
        let found = try prediction(image.images)
        let answer = try answer(found, image, common: common)
        let shape = [image.size.height, image.size.width]
        var counts = TaskCounts(key: image.key, group: inputs.dataset.group(index))
        var arrays: [String: HostArray] = [:]
        if inputs.plan.task == .change {
            arrays["score"] = found.reshaped(shape).hostArray()
            if data.thresholdRule == .otsu {
                counts.threshold = threshold(found.values(), common: nil).map(Double.init)
            }
        } else {
            arrays["class"] = HostArray(answer.classes, shape: shape)
            if classes <= 4 { arrays["scores"] = found.hostArray() }
        }
        if let codes = image.codes {
            arrays["label"] = HostArray(codes, shape: shape)
            if inputs.plan.task == .change {
                counts.counts = .init(answer.counts)
            } else {
                counts.confusion = answer.confusion
                if classes == 2 {
                    counts.objects = .init(
                        ObjectMatching(
                            mask: answer.classes, truth: try TrueObjects(inputs.dataset)(image),
                            size: image.size))
                }
            }
        }
        return Predicted(counts: counts, arrays: arrays, confusion: answer.confusion)
    }

    private func answer(
        _ found: Tensor, _ image: WholeImage, common: Float?
    ) throws -> DenseAnswer {
        let values = found.values(as: Float.self)
        guard values.allSatisfy(\.isFinite) else {
            throw BenchError(
                .invalid, "\(image.key): the network gives scores that are no numbers")
        }
        if inputs.plan.task == .change {
            let truth = image.codes?.map { code -> UInt8 in
                Int(code) == data.ignore ? code : code == 0 ? 0 : 1
            }
            return DenseAnswer(
                changed: values, threshold: threshold(values, common: common), truth: truth,
                ignored: data.ignore)
        }
        if let strange = image.codes?.first(where: {
            Int($0) >= classes && Int($0) != data.ignore
        }) {
            throw BenchError(
                .invalid,
                "\(image.key): the label \(strange) is none of the \(classes) classes, nor data.ignore"
            )
        }
        return DenseAnswer(
            probabilities: values, count: classes, truth: image.codes, ignored: data.ignore)
    }
}
