import Store

/// What classes weigh in the loss, from the labels that are learnt from.
struct ClassWeights {
    /// A weight a class, or one of the positives; nil where all are the same.
    let values: [Double]?

    /// Counts labels where the plan asks for it.
    ///
    /// - Throws: what reading masks throws; `BenchError`, 78 for another number of weights than classes.
    init(_ inputs: TaskInputs, outputs: Int, shouldStop: () -> Bool) throws {
        let plan = inputs.plan
        switch plan.loss.classWeights {
        case .none: values = nil
        case .given:
            guard [1, outputs].contains(plan.loss.weights.count) else {
                throw BenchError(
                    .configuration,
                    "loss.weights: \(plan.loss.weights.count) numbers for \(outputs) classes")
            }
            values = plan.loss.weights
        case .balanced:
            let counts =
                plan.task.isDense
                ? try Self.codes(inputs, classes: max(outputs, 2), shouldStop)
                : Self.targets(inputs, classes: outputs)
            values = Self.balanced(counts, plan.loss.kind, isImage: !plan.task.isDense)
        }
    }

    /// How often each class is there, and each is not.
    private struct Counts {
        var present: [Double]
        var absent: [Double]
    }

    private static func balanced(
        _ counts: Counts, _ kind: TaskLoss.Kind, isImage: Bool
    ) -> [Double] {
        guard kind == .crossEntropy else {
            let places = isImage ? Array(counts.present.indices) : [1]
            return places.map {
                counts.present[$0] > 0 ? max(counts.absent[$0], 1) / counts.present[$0] : 1
            }
        }
        let total = counts.present.reduce(0, +)
        return counts.present.map {
            $0 > 0 ? total / (Double(counts.present.count) * $0) : 1
        }
    }

    private static func targets(_ inputs: TaskInputs, classes: Int) -> Counts {
        var present = [Double](repeating: 0, count: classes)
        for index in inputs.labelled.indices {
            switch inputs.training.target(index) {
            case .category(let category) where category < classes: present[category] += 1
            case .categories(let row):
                for (number, value) in row.prefix(classes).enumerated() {
                    present[number] += Double(value)
                }
            default: break
            }
        }
        let total = Double(inputs.labelled.indices.count)
        return Counts(present: present, absent: present.map { total - $0 })
    }

    private static func codes(
        _ inputs: TaskInputs, classes: Int, _ shouldStop: () -> Bool
    ) throws -> Counts {
        var histogram = [Int](repeating: 0, count: 256)
        let reader = try inputs.training.reader()
        for index in inputs.labelled.indices {
            if shouldStop() { throw StopRequest() }
            try reader.read(index, planes: [inputs.bands.mask ?? "mask"]) { planes in
                for plane in planes where plane.pixel == .uint8 {
                    for code in plane.bytes { histogram[Int(code)] += 1 }
                }
            }
        }
        let present = histogram.prefix(classes).map(Double.init)
        let total = present.reduce(0, +)
        return Counts(present: present, absent: present.map { total - $0 })
    }
}
