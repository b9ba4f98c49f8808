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
        let curve = try Self.curve(of: scored)
        let counts: ConfusionCounts? =
            switch data.thresholdRule {
            case .heldOut: curve.bestF1?.counts
            case .fixed: curve.counts(atLeast: Float(data.threshold))
            case .otsu:
                scored.reduce(ConfusionCounts()) { sum, image in
                    let mask = changeMask(
                        of: image.scores, threshold: OtsuThreshold(of: image.scores)?.value)
                    return sum + ConfusionCounts(prediction: mask, truth: image.truth)
                }
            }
        return TaskValidation(
            metrics: [
                "f1": counts?.f1, "precision": counts?.precision, "recall": counts?.recall,
                "averagePrecision": curve.averagePrecision,
            ], metric: "f1")
    }

    private func validateClasses() throws -> TaskValidation {
        var table = ClassConfusion(classes: classes)
        for index in inputs.splits.validation {
            let image = try validationImage(index)
            let found = try probabilities(of: image)
            try table.add(
                DenseAnswer.greatest(found, classes: classes), truth: image, ignoring: data.ignore)
        }
        return TaskValidation(
            metrics: ["mIoU": table.meanIoU.mean, "accuracy": table.accuracy], metric: "mIoU")
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
            let scores = try probabilities(of: image)
            let valid = image.codes.indices.filter { Int(image.codes[$0]) != data.ignore }
            return (valid.map { scores[$0] }, valid.map { image.codes[$0] == 0 ? 0 : 1 })
        }
    }

    /// Probabilities of all pixels, planes one after the other.
    private func probabilities(of image: WholeImage) throws -> [Float] {
        let found = try prediction(image.images).values(as: Float.self)
        guard found.allSatisfy(\.isFinite) else {
            throw BenchError(
                .invalid, "\(image.key): the network gives scores that are no numbers")
        }
        return found
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
        let confusion: ClassConfusion
        /// Quicklooks by name, as PNG.
        var panels: [String: [UInt8]] = [:]
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
        let found = try probabilities(of: image)
        let line = TaskCounts(key: image.key, group: inputs.dataset.group(index))
        var predicted =
            inputs.plan.task == .change
            ? try change(found, image, line, common: common) : try segments(found, image, line)
        predicted.panels = try Quicklook(bands: inputs.bands.names).files(
            of: image.images, size: image.size)
        return predicted
    }

    private func change(
        _ scores: [Float], _ image: WholeImage, _ line: TaskCounts, common: Float?
    ) throws -> Predicted {
        var line = line
        let threshold = threshold(scores, common: common)
        if data.thresholdRule == .otsu { line.threshold = threshold.map(Double.init) }
        // Whatever is neither ignored nor unchanged has changed.
        let truth = image.codes.map { Int($0) == data.ignore || $0 == 0 ? $0 : 1 }
        let table = try confusion(
            changeMask(of: scores, threshold: threshold), image.replacing(codes: truth))
        line.counts = .init(table.counts(of: 1))
        let shape = [image.size.height, image.size.width]
        return Predicted(
            counts: line,
            arrays: [
                "score": HostArray(scores, shape: shape), "label": HostArray(truth, shape: shape),
            ], confusion: table)
    }

    private func segments(
        _ probabilities: [Float], _ image: WholeImage, _ line: TaskCounts
    ) throws -> Predicted {
        var line = line
        let found = DenseAnswer.greatest(probabilities, classes: classes)
        let table = try confusion(found, image)
        line.confusion = table.rows
        if classes == 2 {
            let isIgnored = image.codes.map { Int($0) == data.ignore }
            line.objects = .init(
                AreaMatching(
                    mask: found, truth: try TrueObjects(inputs.dataset)(image),
                    isIgnored: isIgnored.contains(true) ? isIgnored : [], size: image.size))
        }
        let shape = [image.size.height, image.size.width]
        var arrays = [
            "class": HostArray(found, shape: shape), "label": HostArray(image.codes, shape: shape),
        ]
        if classes <= 4 { arrays["scores"] = HostArray(probabilities, shape: [classes] + shape) }
        return Predicted(counts: line, arrays: arrays, confusion: table)
    }

    private func confusion(_ found: [UInt8], _ image: WholeImage) throws -> ClassConfusion {
        var table = ClassConfusion(classes: classes)
        try table.add(found, truth: image, ignoring: data.ignore)
        return table
    }
}
