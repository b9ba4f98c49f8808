import Manifests
import Store
import Tensors

/// A task whose features are computed once: what is learnt from them, chosen on the samples that select.
struct ProbeTask {
    let inputs: TaskInputs
    let network: TaskNetwork
    let device: Device
    let folder: String
    let onEvent: (TaskEvent) -> Void
    let shouldStop: () -> Bool

    /// What was learnt and chosen.
    struct Outcome {
        /// Probabilities of features.
        let answer: (Tensor) throws -> Tensor
        /// What `predict` needs of it.
        let arrays: [String: HostArray]
        /// The number in the plan's list that was chosen, and what it reached.
        let choice: Int
        let metric: String
        let value: Double?
    }

    /// Learns from the labelled samples.
    ///
    /// - Throws: what reading throws; `StopRequest`.
    func learn() throws -> Outcome {
        let clock = ContinuousClock.now
        let table = try features(inputs.labelled.indices)
        let held = inputs.splits.validation.isEmpty ? nil : try features(inputs.splits.validation)
        try TaskCurve.rewind("\(folder)/curves.jsonl", to: 0)
        let log = try JSONLinesWriter(appendingTo: "\(folder)/curves.jsonl")
        let candidates = try candidates(table)
        var (best, middle): (Outcome?, Outcome?)
        for (number, candidate) in candidates.enumerated() {
            if shouldStop() { throw StopRequest() }
            let (answer, arrays) = try candidate()
            let found = try held.map { held in
                try ImageScores(answer(held.features), held.labels) {
                    inputs.dataset.key(inputs.splits.validation[$0])
                }
            }
            let outcome = Outcome(
                answer: answer, arrays: arrays, choice: number, metric: found?.metric ?? "",
                value: found?.value)
            if let found {
                var point = TaskCurvePoint(
                    epoch: 0, step: number, seconds: clock.duration(to: .now).inSeconds)
                point.validation = [found.metric: found.value]
                try log.append(point)
                onEvent(.validated(epoch: number, metric: found.metric, value: found.value))
            }
            if number == candidates.count / 2 { middle = outcome }
            guard let value = outcome.value else { continue }
            if best?.value.map({ value > $0 }) ?? true { best = outcome }
        }
        // What was never defined chooses nothing: then the middle one, as without samples that select.
        guard let chosen = best ?? middle else {
            throw BenchError(.configuration, "head: nothing to choose from")
        }
        if held != nil, best == nil {
            onEvent(
                .remark(
                    "validation \(chosen.metric) was never defined (0/0): the middle choice is taken"
                ))
        }
        return chosen
    }

    /// The features of some samples.
    func features(_ indices: [Int]) throws -> FeatureTable {
        try FeatureTable(inputs, indices, network, on: device, shouldStop: shouldStop)
    }

    private typealias Answer = (Tensor) throws -> Tensor

    /// Each of the plan's choices, learnt when it is asked for; without samples that select only the middle one.
    private func candidates(
        _ table: FeatureTable
    ) throws -> [() throws -> (Answer, [String: HostArray])] {
        let (head, classes) = (inputs.plan.head, inputs.dataset.classes.count)
        func some<Value>(_ all: [Value]) -> [Value] {
            inputs.splits.validation.isEmpty ? [all[all.count / 2]] : all
        }
        if head.kind == .knn {
            let neighbours = try Torch.attempt {
                NearestNeighbours(table, classes: classes, temperature: head.temperature)
            }
            return some(head.neighbours).map { count in
                {
                    (
                        { try neighbours($0, neighbours: count) },
                        [
                            "knn.features": table.features.hostArray(),
                            "knn.labels": table.labels.hostArray(),
                            "knn.neighbours": HostArray([Int64(count)], shape: []),
                        ]
                    )
                }
            }
        }
        return some(head.penalties).map { penalty in
            {
                let fitted = try LogisticRegression(
                    table, classes: classes, penalty: penalty, standardise: head.standardise,
                    shouldStop: shouldStop)
                if !fitted.hasConverged {
                    onEvent(
                        .remark("logistic regression with C = \(penalty) has not converged"))
                }
                return (
                    { features in try Torch.attempt { fitted(features).to(.float32) } },
                    [
                        "logistic.weights": fitted.weights.hostArray(),
                        "logistic.mean": fitted.mean.hostArray(),
                        "logistic.deviation": fitted.deviation.hostArray(),
                    ]
                )
            }
        }
    }

    /// What was learnt before, from the arrays of a model's file.
    ///
    /// - Throws: `BenchError`, 65 where they are not those of this plan; `TorchError`.
    static func answer(
        _ plan: TaskPlan, from arrays: [String: HostArray], classes: Int, path: String
    ) throws -> (Tensor) throws -> Tensor {
        func tensor(_ name: String) throws -> Tensor {
            guard let array = arrays[name] else {
                throw BenchError(.invalid, "\(path): holds no \(name); run the task again")
            }
            return Tensor(array)
        }
        if plan.head.kind == .knn {
            let table = try FeatureTable(
                features: tensor("knn.features"), labels: tensor("knn.labels"))
            let count = try Int(tensor("knn.neighbours").item(as: Int64.self))
            let neighbours = try Torch.attempt {
                NearestNeighbours(table, classes: classes, temperature: plan.head.temperature)
            }
            return { try neighbours($0, neighbours: count) }
        }
        let fitted = LogisticRegression(
            weights: try tensor("logistic.weights"), mean: try tensor("logistic.mean"),
            deviation: try tensor("logistic.deviation"),
            hasOneClass: plan.task == .classification)
        return { features in try Torch.attempt { fitted(features).to(.float32) } }
    }
}
