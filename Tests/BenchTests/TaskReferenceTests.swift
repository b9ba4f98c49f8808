import Bench
import Foundation
import MatterModel
import Tensors
import TestSupport
import Testing

/// Heads, losses and steps of training beside PyTorch, torchvision and scikit-learn.
@Suite(.serialized)
struct TaskReferenceTests {
    private let reference: TaskReference

    init() throws {
        reference = try TaskReference()
    }

    private func network(_ plan: TaskPlan, outputs: Int) throws -> TaskNetwork {
        let network = TaskNetwork(
            plan,
            encoder: ResNetEncoder(ResNet(.resnet18, stem: .torchvision, channels: 3)),
            outputs: outputs)
        try DrawnNumbers.fill(network)
        return network
    }

    private func images(_ name: String, _ count: Int, side: Int = 32) -> [Tensor] {
        (0..<count).map { DrawnNumbers.tensor("\(name).image\($0)", [4, 3, side, side]) }
    }

    private func codes(_ name: String, _ classes: Int, side: Int = 32) -> Tensor {
        var codes = DrawnNumbers.values("\(name).codes", 4 * side * side).map {
            min(Int32(($0 + 1) / 2 * Float(classes)), Int32(classes - 1))
        }
        for image in 0..<4 {
            for row in 0..<3 {
                for column in 0..<5 { codes[(image * side + row) * side + column] = 255 }
            }
        }
        return Tensor(codes, shape: [4, side, side])
    }

    private func picture(_ scores: Tensor) -> [Double] {
        let values = scores.values(as: Float.self)
        return stride(from: 0, to: values.count, by: max(1, values.count / 100)).map {
            Double(values[$0])
        }
    }

    private func expectNear(
        _ found: [Double], _ expected: [Double], _ tolerance: Double,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(found.count == expected.count, sourceLocation: sourceLocation)
        let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
        #expect(worst < tolerance, "\(worst)", sourceLocation: sourceLocation)
    }

    /// Forward in inference, five steps, forward again.
    private func check(
        _ name: String, _ plan: TaskPlan, outputs: Int, weights: [Double]?, images: [Tensor],
        truth: TaskDescent.Truth, after tolerance: Double = 5e-3,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let network = try network(plan, outputs: outputs)
        func scores() throws -> [Double] {
            network.setTraining(false)
            return picture(try Torch.attempt { noGradient { network(images) } })
        }
        expectNear(
            try scores(), try reference.numbers(name, "scores"), 1e-4,
            sourceLocation: sourceLocation)
        let descent = TaskDescent(
            network, loss: LossFunction(plan.loss.kind, weights: weights, ignored: 255), plan: plan,
            device: .cpu)
        let losses = try (0..<5).map { _ in
            try descent.step(images, truth, rate: plan.optimiser.learningRate)
        }
        expectNear(
            losses, try reference.numbers(name, "losses"), 1e-4, sourceLocation: sourceLocation)
        expectNear(
            try scores(), try reference.numbers(name, "after"), tolerance,
            sourceLocation: sourceLocation)
    }

    @Test func uNetWithRatesByLayer() throws {
        var plan = TaskPlan(.change)
        plan.optimiser.encoderFactor = 0.1
        plan.optimiser.layerDecay = 0.8
        // Not Adam: it divides by the size of a gradient, so the last bits, which depend on the number of threads, grow.
        plan.optimiser.kind = .sgd
        plan.optimiser.learningRate = 0.01
        try check(
            "unet", plan, outputs: 1, weights: [3], images: images("unet", 2),
            truth: .codes(codes("unet", 2)))
    }

    @Test(arguments: TaskEncoder.NormRule.allCases)
    func deepLabOnAFrozenEncoder(norm: TaskEncoder.NormRule) throws {
        var plan = TaskPlan(.change)
        plan.head.kind = .deeplab
        plan.head.rates = [2, 4, 6]
        plan.encoder.isFrozen = true
        plan.encoder.norm = norm
        plan.optimiser.kind = .sgd
        plan.optimiser.learningRate = 0.01
        try check(
            "deeplab-\(norm.rawValue)", plan, outputs: 1, weights: nil,
            images: images("deeplab", 2, side: 64), truth: .codes(codes("deeplab", 2, side: 64)))
    }

    @Test func linearHeadWithClassWeightsAndABoundedGradient() throws {
        var plan = TaskPlan(.segmentation)
        plan.head.kind = .linear
        plan.optimiser.kind = .adamw
        plan.optimiser.learningRate = 1e-6
        plan.optimiser.weightDecay = 1e-2
        plan.optimiser.clip = 1
        try check(
            "linear", plan, outputs: 3, weights: [0.5, 1, 2], images: images("linear", 1),
            truth: .codes(codes("linear", 3)))
    }

    @Test func imagesOfManyClasses() throws {
        var plan = TaskPlan(.multilabel)
        plan.head.kind = .linear
        plan.encoder.isFrozen = false
        let labels = DrawnNumbers.values("multilabel.labels", 20).map { $0 > 0 ? Float(1) : 0 }
        try check(
            "multilabel", plan, outputs: 5, weights: nil, images: images("multilabel", 1),
            truth: .labels(Tensor(labels, shape: [4, 5])), after: 2e-2)
    }

    // MARK: Probes

    private var table: FeatureTable {
        FeatureTable(
            features: DrawnNumbers.tensor("probe.features", [60, 8]),
            labels: Tensor(
                DrawnNumbers.values("probe.classes", 60).map {
                    min(Int64((Double($0) + 1) / 2 * 3), 2)
                }))
    }

    private var tableOfMany: FeatureTable {
        FeatureTable(
            features: table.features,
            labels: Tensor(
                DrawnNumbers.values("probe.rows", 240).map { $0 > 0.3 ? Float(1) : 0 },
                shape: [60, 4]))
    }

    private var queries: Tensor { DrawnNumbers.tensor("probe.queries", [10, 8]) }

    private func expectRows(_ found: Tensor, _ name: String, _ tolerance: Double) throws {
        let expected = try reference.rows(name)
        #expect(found.shape == [expected.count, expected[0].count])
        expectNear(found.values(as: Double.self), expected.flatMap { $0 }, tolerance)
    }

    @Test(arguments: [0.1, 1.0, 10.0])
    func logisticRegressionIsScikitLearns(penalty: Double) throws {
        let single = try LogisticRegression(
            table, classes: 3, penalty: penalty, standardise: false)
        #expect(single.hasConverged)
        try expectRows(single(queries), "logistic-\(penalty)", 1e-5)
        let several = try LogisticRegression(
            tableOfMany, classes: 4, penalty: penalty, standardise: false)
        #expect(several.hasConverged)
        try expectRows(several(queries), "logistic-multilabel-\(penalty)", 1e-5)
    }

    /// D4: the search for the optimum, which may take long, asks whether it is to end.
    @Test func theSearchForTheOptimumCanBeStopped() throws {
        var asked = 0
        #expect(throws: (any Error).self) {
            _ = try LogisticRegression(table, classes: 3, penalty: 10, standardise: false) {
                asked += 1
                return asked > 3
            }
        }
        #expect(asked == 4)
    }

    @Test func nearestNeighboursAreScikitLearns() throws {
        let single = NearestNeighbours(table, classes: 3, temperature: 0)
        try expectRows(single(queries, neighbours: 5), "knn", 1e-6)
        let several = NearestNeighbours(tableOfMany, classes: 4, temperature: 0)
        try expectRows(several(queries, neighbours: 7), "knn-multilabel", 1e-6)
    }

    @Test func aColderTemperatureListensToTheNearest() throws {
        let near = NearestNeighbours(table, classes: 3, temperature: 1e-4)
        let alone = NearestNeighbours(table, classes: 3, temperature: 0)
        expectNear(
            try near(queries, neighbours: 5).values(as: Double.self),
            try alone(queries, neighbours: 1).values(as: Double.self), 1e-3)
    }

    @Test func standardisedFeaturesMayBeOfAnyScaleAndConstant() throws {
        let scaled = FeatureTable(
            features: Tensor.cat(
                [table.features * 1000 + 5, .ones([60, 1])], dimension: 1),
            labels: table.labels)
        let first = try LogisticRegression(table, classes: 3, penalty: 1, standardise: true)
        let second = try LogisticRegression(scaled, classes: 3, penalty: 1, standardise: true)
        let asked = Tensor.cat([queries * 1000 + 5, .ones([10, 1])], dimension: 1)
        expectNear(
            first(queries).values(as: Double.self), second(asked).values(as: Double.self), 1e-4)
    }
}
