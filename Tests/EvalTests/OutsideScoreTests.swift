import Eval
import Foundation
import Manifests
import TestSupport
import Testing

/// Run folders whose scores scikit-learn and torchmetrics have told (`script/reference/scores.py`).
@Suite("Scores of run folders beside scikit-learn and torchmetrics")
struct OutsideScoreTests {
    private let fixture: TaskFixture
    private let outside: JSONValue

    init() throws {
        fixture = try TaskFixture()
        let path = Checkout.path("Tests/Fixtures/scores.json")
        outside = try JSONValue.parse(WholeFile.read(path), path: path)
    }

    /// A case of the stored numbers.
    private func cases(_ kind: String) -> [JSONValue] { outside[kind]?.array ?? [] }

    private func numbers(_ value: JSONValue?) -> [Double] {
        (value?.array ?? []).compactMap(\.double)
    }

    private func score(_ run: String) throws -> MethodScores {
        let protocols = try Protocols.read(Checkout.path("manifests/protocols"))
        return try ScoreSheet([run], protocols: protocols, resampling: ResamplingPlan(resamples: 0))
            .methods[0]
    }

    /// torchmetrics computes in float32, scikit-learn in float64.
    private func agree(_ own: Double?, _ told: JSONValue?, _ name: String) {
        guard let told = told?.double else {
            #expect(own == nil, "\(name) is undefined")
            return
        }
        #expect(abs((own ?? .nan) - told) < 1e-6, "\(name): \(own ?? .nan), told \(told)")
    }

    @Test("segmentation: images of any shape, ignored pixels, classes that are absent")
    func segmentation() throws {
        for (number, known) in cases("classes").enumerated() {
            let run = try fixture.segmentation(
                "segmentation-\(number)", classes: try #require(known["classes"]?.int),
                prediction: numbers(known["prediction"]).map { UInt8($0) },
                truth: numbers(known["truth"]).map { UInt8($0) })
            let found = try score(run)
            let name = known["name"]?.string ?? ""
            agree(found.score("pooled", .meanIoU)?.value, known["meanIoU"], "mIoU, \(name)")
            agree(found.score("pooled", .accuracy)?.value, known["accuracy"], "accuracy, \(name)")
            agree(found.score("pooled", .kappa)?.value, known["kappa"], "kappa, \(name)")
            for (index, own) in found.classes.enumerated() {
                agree(own.iou, known["iou"]?[index], "IoU of class \(index), \(name)")
                agree(own.f1, known["f1"]?[index], "F1 of class \(index), \(name)")
            }
            let matrix = known["matrix"]?.array?.map { numbers($0).map { Int64($0) } }
            #expect(found.confusion == matrix, "\(name)")
        }
    }

    @Test("classification: accuracy, mean recall, kappa, and each class")
    func classification() throws {
        for (number, known) in cases("classes").enumerated() {
            let pairs = zip(numbers(known["prediction"]), numbers(known["truth"]))
                .filter { $0.1 != 255 }
            guard !pairs.isEmpty else { continue }
            let classes = try #require(known["classes"]?.int)
            let run = try fixture.classification(
                "classification-\(number)", classes: classes, prediction: pairs.map { Int($0.0) },
                truth: pairs.map { Int64($0.1) })
            let found = try score(run)
            let name = known["name"]?.string ?? ""
            agree(found.score("pooled", .accuracy)?.value, known["accuracy"], "accuracy, \(name)")
            agree(found.score("pooled", .meanRecall)?.value, known["meanRecall"], "recall, \(name)")
            agree(found.score("pooled", .kappa)?.value, known["kappa"], "kappa, \(name)")
            for (index, own) in found.classes.enumerated() {
                agree(own.f1, known["f1"]?[index], "F1 of class \(index), \(name)")
            }
        }
    }

    @Test("land cover: four averages, ties, classes without a positive, nothing positive at all")
    func multilabel() throws {
        for (number, known) in cases("multilabel").enumerated() {
            let run = try fixture.multilabel(
                "multilabel-\(number)", classes: try #require(known["classes"]?.int),
                scores: numbers(known["scores"]).map { Float($0) },
                labels: numbers(known["labels"]).map { UInt8($0) })
            let found = try score(run)
            let name = known["name"]?.string ?? ""
            for (metric, key) in [
                (MetricName.macro, "macro"), (.micro, "micro"), (.weighted, "weighted"),
                (.samples, "samples"),
            ] {
                agree(found.score("pooled", metric)?.value, known[key], "\(key), \(name)")
            }
            for (index, own) in found.classes.enumerated() {
                agree(own.averagePrecision, known["perClass"]?[index], "AP \(index), \(name)")
            }
        }
    }

    @Test("one pixel, two classes; a thousand classes and none are refused by name")
    func sizes() throws {
        let one = try fixture.segmentation("one", classes: 2, prediction: [1], truth: [1])
        #expect(try score(one).score("pooled", .meanIoU)?.value == 1)
        for classes in [0, 1000] {
            let run = try fixture.segmentation(
                "many-\(classes)", classes: classes, prediction: [1], truth: [1])
            let error = #expect(throws: EvalError.self) { try score(run) }
            #expect(error?.exitCode == .badData)
            #expect(error?.description.contains("\(classes) classes") == true)
        }
    }

    @Test("labels that lie one pixel off cost what they cost, and an image of one pixel nothing")
    func movedTruth() throws {
        // Stripes of two columns, eight in all: moved up or down nothing changes.
        let stripes = (0..<64).map { UInt8(($0 % 8) / 2 % 2) }
        let run = try fixture.segmentation(
            "stripes", classes: 2, prediction: stripes, truth: stripes, width: 8)
        let moved = try #require(try score(run).movedTruth)
        #expect(moved.highest == 1)
        let lowest = try #require(moved.lowest)
        // Sideways three of seven columns differ: of each class two are right, three wrong.
        #expect(abs(lowest - 0.4) < 1e-12)
        let one = try fixture.segmentation("dot", classes: 2, prediction: [1], truth: [1])
        let none = try #require(try score(one).movedTruth)
        #expect(none.lowest == nil && none.highest == nil)
    }
}
