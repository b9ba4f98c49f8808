extension TaskPlan {
    /// Refuses what makes no sense whatever the data is.
    ///
    /// - Throws: `BenchError`, 78, naming the key and what it may be.
    public func check() throws {
        try expect(
            variant.map { (1...100).contains($0.count) && !$0.contains(where: \.isNewline) }
                ?? true,
            "--name", "a name is 1 to 100 characters in one line")
        try checkData()
        try checkHead()
        try checkTraining()
    }

    /// Refuses changes to a run under way after which its weights or its place in the data mean something else.
    ///
    /// - Throws: `BenchError`, 78.
    static func checkChanges(_ keys: Set<String>) throws {
        let known = ["run.epochs", "run.validateEvery", "run.checkpointEvery", "run.logEvery"]
        for key in keys.sorted()
        where !known.contains(key) && key != "run.bfloat16" && !key.hasPrefix("optimiser.")
            && !key.hasPrefix("loss.")
        {
            throw BenchError(
                .configuration,
                "--allow-change \(key): a run that was begun can change keys of optimiser and loss, and of run all but the batch"
            )
        }
    }

    /// More passes than that are a slip, and their steps could not be counted.
    private static let mostEpochs = 1_000_000

    private func expect(_ condition: Bool, _ key: String, _ message: String) throws {
        guard condition else { throw BenchError(.configuration, "\(key): \(message)") }
    }

    private func checkData() throws {
        try expect((1...16_384).contains(data.crop), "data.crop", "\(data.crop); 1 to 16384")
        try expect(
            (1...data.crop).contains(data.stride) || !task.isDense, "data.stride",
            "\(data.stride); 1 to the crop's \(data.crop)")
        try expect(
            (0..<data.crop).contains(data.overlap) || !task.isDense, "data.overlap",
            "\(data.overlap); at least 0 and below the crop's \(data.crop)")
        try expect(
            data.labels > 0 && data.labels <= 1, "data.labels", "\(data.labels); above 0, at most 1"
        )
        try expect(
            data.holdOutShare > 0 && data.holdOutShare < 1, "data.holdOutShare",
            "\(data.holdOutShare); above 0 and below 1")
        try expect(
            data.clip.isEmpty || (data.clip.count == 2 && data.clip[0] < data.clip[1]), "data.clip",
            "\(data.clip); the least and the greatest number, or nothing")
        let isGiven = !data.mean.isEmpty || !data.deviation.isEmpty
        try expect(
            data.mean.count == data.deviation.count, "data.mean",
            "\(data.mean.count) means beside \(data.deviation.count) deviations")
        try expect(
            data.standardise != .given || isGiven, "data.standardise",
            "given, but data.mean and data.deviation are empty")
        try expect(
            Set(data.bands).count == data.bands.count, "data.bands", "a band is named twice")
        try expect(
            (0...255).contains(data.ignore), "data.ignore", "\(data.ignore); a code of 8 bits")
        try expect(
            data.thresholdRule != .heldOut || data.validation != .none || task != .change,
            "data.thresholdRule", "held-out, but data.validation is none; use fixed or otsu")
        try expect(
            (0...1).contains(data.threshold), "data.threshold",
            "\(data.threshold); a probability, 0 to 1")
    }

    private func checkHead() throws {
        let isProbe = [.logistic, .knn].contains(head.kind)
        let isImage = [.unet, .deeplab].contains(head.kind)
        try expect(
            task.isDense ? !isProbe : !isImage, "head.kind",
            "\(head.kind.rawValue) is not for \(task.rawValue); \(task.isDense ? "linear, unet, deeplab" : "linear, logistic, knn") are"
        )
        try expect(
            !isProbe || encoder.isFrozen, "encoder.frozen",
            "false, but \(head.kind.rawValue) reads features that are computed once; set it to true"
        )
        try expect(
            encoder.features == .pooled || !task.isDense, "encoder.features",
            "residual describes whole images; use pooled")
        try expect(
            (0..<1).contains(head.dropout), "head.dropout", "\(head.dropout); 0 to below 1")
        try expect(
            (1...65_536).contains(head.channels), "head.channels", "\(head.channels); at least 1")
        try expect(
            !head.penalties.isEmpty && head.penalties.allSatisfy { $0 > 0 && $0.isFinite },
            "head.penalties", "at least one, above 0")
        try expect(
            !head.neighbours.isEmpty && head.neighbours.allSatisfy { $0 > 0 }, "head.neighbours",
            "at least one, above 0")
        try expect(
            head.rates.allSatisfy { (1...16_384).contains($0) } && !head.rates.isEmpty,
            "head.rates", "at least one, 1 to 16384")
        try expect(head.temperature >= 0, "head.temperature", "\(head.temperature); at least 0")
        let usual: TaskLoss.Kind =
            [.segmentation, .classification].contains(task) ? .crossEntropy : .binary
        try expect(
            loss.kind == usual, "loss.kind",
            "\(loss.kind.rawValue) is not for \(task.rawValue); use \(usual.rawValue)")
        try expect(
            loss.weights.allSatisfy { $0 > 0 && $0.isFinite }
                && loss.weights.isEmpty == (loss.classWeights != .given), "loss.weights",
            "numbers above 0 where loss.classWeights is given, and nothing otherwise")
    }

    private func checkTraining() throws {
        try expect(
            head.kind != .deeplab || run.batch > 1, "run.batch",
            "1, but the pooled branch of deeplab normalises over the batch; at least 2")
        try expect(
            (1...4).contains(encoder.strides.count)
                && encoder.strides.allSatisfy { (1...4).contains($0) }, "encoder.strides",
            "\(encoder.strides); one to four strides of 1 to 4")
        for (key, value) in [
            ("optimiser.learningRate", optimiser.learningRate),
            ("optimiser.encoderFactor", optimiser.encoderFactor),
            ("optimiser.layerDecay", optimiser.layerDecay), ("optimiser.gamma", optimiser.gamma),
        ] { try expect(value > 0 && value.isFinite, key, "\(value); above 0") }
        try expect(
            optimiser.weightDecay >= 0 && optimiser.clip >= 0 && optimiser.warmUp >= 0,
            "optimiser", "weightDecay, clip and warmUp are at least 0")
        try expect(
            (0..<1).contains(optimiser.momentum), "optimiser.momentum",
            "\(optimiser.momentum); 0 to below 1")
        let epochs = 0...Self.mostEpochs
        try expect(
            epochs.contains(run.epochs), "run.epochs", "\(run.epochs); at most \(Self.mostEpochs)")
        try expect(
            optimiser.milestones.allSatisfy(epochs.contains), "optimiser.milestones",
            "\(optimiser.milestones); epochs from 0 to \(Self.mostEpochs)")
        try expect(
            optimiser.warmUp <= 1_000_000_000, "optimiser.warmUp",
            "\(optimiser.warmUp); at most a thousand million steps")
        for (key, value) in [
            ("run.epochs", run.epochs), ("run.validateEvery", run.validateEvery),
            ("run.checkpointEvery", run.checkpointEvery), ("run.logEvery", run.logEvery),
        ] { try expect(value > 0, key, "\(value); at least 1") }
        try expect((1...65_536).contains(run.batch), "run.batch", "\(run.batch); 1 to 65536")
    }
}
