import Metrics

/// Scores predictions of pixels under all protocols in one pass over the files.
///
/// Counts and calibration keep no pixels; the curve of a change task keeps five bytes of each, and is given up, with a
/// word, where there are more than it may keep.
struct PixelScoring {
    /// How an image is cut before it is counted.
    struct Tiling: Hashable {
        var patch: Int?
        var edge: ScoreProtocol.Edge
        var windows: ScoreProtocol.Windows
        var crop: Int?

        /// Whole images.
        init() {
            patch = nil
            edge = .cut
            windows = .all
            crop = nil
        }

        init(_ protocolValue: ScoreProtocol) {
            patch = protocolValue.patch
            edge = protocolValue.edge
            windows = protocolValue.windows
            crop = protocolValue.crop
        }
    }

    /// Something that was counted by itself.
    struct Part {
        let item: Int
        let counts: ClassConfusion
    }

    private let run: TaskRun
    private let groups: [Int]
    private let groupCount: Int
    /// What was counted, by how images were cut.
    private(set) var parts: [Tiling: [Part]] = [:]
    /// Every scored pixel's score and truth, for the curve of a change task.
    fileprivate(set) var curve: (scores: [Float], truth: [UInt8])?
    /// The pixels that the curve was given up for; `nil` where it holds all.
    private(set) var uncurved: Int64?
    /// How sure the scores were, where they are probabilities.
    private(set) var calibration: Calibration?
    /// The first score that is no probability, and whose; `nil` where all are.
    private(set) var improbable: String?
    /// Pixels of all predicted images, and those of them that are scored.
    private(set) var pixels: (present: Int64, scored: Int64) = (0, 0)

    /// Counts of all pixels, the truth moved by one pixel to each of eight sides.
    private var moved: [ClassConfusion]

    private static let sides = (-1...1).flatMap { row in
        (-1...1).filter { row != 0 || $0 != 0 }.map { (rows: row, columns: $0) }
    }

    private let curveLimit: Int

    /// Reads and counts every prediction of a run.
    ///
    /// - Parameters:
    ///   - run: The run.
    ///   - protocols: The protocols whose windows are counted.
    ///   - curveLimit: The most pixels of which a curve is drawn.
    /// - Throws: `EvalError` (65, 66) naming the file.
    init(_ run: TaskRun, _ protocols: [ScoreProtocol], curveLimit: Int) throws {
        self.run = run
        self.curveLimit = curveLimit
        let found = run.groups
        groups = found.index.map(Int.init)
        groupCount = found.names.count
        moved = Self.sides.map { _ in ClassConfusion(classes: run.record.classes.count) }
        let tilings = Set(protocols.map { Tiling($0) }).union([Tiling()])
        if run.record.task == .change {
            curve = ([], [])
            calibration = Calibration()
        }
        for (index, item) in run.record.items.enumerated() {
            let image = try PredictedImage(run, key: item.key)
            for tiling in tilings {
                parts[tiling, default: []] += try image.parts(tiling).map {
                    Part(item: index, counts: $0)
                }
            }
            pixels.present += Int64(image.truth.count)
            pixels.scored += parts[Tiling()]?.last?.counts.total ?? 0
            for (index, side) in Self.sides.enumerated() {
                moved[index].add(try image.counts(truthMovedBy: side), times: 1)
            }
            addToCurve(image, item.key)
        }
        if calibration?.total == 0 { calibration = nil }
    }

    /// What a score under a protocol is made of.
    func basis(_ protocolValue: ScoreProtocol, _ metric: MetricName) -> ScoreBasis {
        let parts = parts[Tiling(protocolValue)] ?? []
        switch protocolValue.unit {
        case .all:
            return .pooled(
                sums(parts, count: groupCount) { groups[$0.item] }, metric, protocolValue.undefined)
        case .group:
            let values = sums(parts, count: groupCount) { groups[$0.item] }.map(metric.value)
            return .mean(
                settled(values, protocolValue), groups: Array(0..<groupCount),
                groupCount: groupCount)
        case .item:
            let values = sums(parts, count: run.record.items.count, by: \.item).map(metric.value)
            return .mean(
                settled(values, protocolValue), groups: groups, groupCount: groupCount)
        case .patch:
            let values = settled(parts.map { metric.value($0.counts) }, protocolValue)
            return .mean(
                values, groups: parts.map { groups[$0.item] }, groupCount: groupCount)
        case .batch:
            return .batches(settled(batches(parts, protocolValue).map(metric.value), protocolValue))
        }
    }

    /// The leading score where the truth is moved by one pixel, one for each of eight sides.
    var movedScores: [Double?] { moved.map(MetricName.leading(run.record.task).value) }

    /// The leading score of each image for itself, in the order of the items.
    var itemScores: [Double?] {
        let metric = MetricName.leading(run.record.task)
        return (parts[Tiling()] ?? []).map { metric.value($0.counts) }
    }

    /// The counts of each group.
    var groupCounts: [ClassConfusion] {
        let whole = parts[Tiling()] ?? []
        return sums(whole, count: groupCount) { groups[$0.item] }
    }

    private func sums(
        _ parts: [Part], count: Int, by place: (Part) -> Int
    ) -> [ClassConfusion] {
        var sums = [ClassConfusion](
            repeating: ClassConfusion(classes: run.record.classes.count), count: count)
        for part in parts { sums[place(part)].add(part.counts, times: 1) }
        return sums
    }

    private func batches(_ parts: [Part], _ protocolValue: ScoreProtocol) -> [ClassConfusion] {
        let order =
            protocolValue.isShuffled
            ? seededOrder(of: parts.count, seed: protocolValue.seed) : Array(parts.indices)
        let size = protocolValue.batch ?? 1
        return stride(from: 0, to: order.count, by: size).compactMap { start in
            let chosen = order[start..<min(start + size, order.count)]
            if protocolValue.dropsLast, chosen.count < size { return nil }
            var sum = ClassConfusion(classes: run.record.classes.count)
            for index in chosen { sum.add(parts[index].counts, times: 1) }
            return sum
        }
    }

    private func settled(_ values: [Double?], _ protocolValue: ScoreProtocol) -> [Double?] {
        values.map(protocolValue.undefined.settled)
    }

    private mutating func addToCurve(_ image: PredictedImage, _ key: String) {
        guard let scores = image.scores else { return }
        if let known = curve?.scores.count, known + scores.count > curveLimit { curve = nil }
        if curve == nil { uncurved = pixels.present }
        for (score, truth) in zip(scores, image.truth) where truth != image.ignored {
            curve?.scores.append(score)
            curve?.truth.append(truth)
            guard calibration != nil else { continue }
            // What lies outside of 0 … 1 is no probability, and nothing of the run is then.
            do { try calibration?.add(Double(score), isCorrect: truth != 0) } catch {
                calibration = nil
                improbable = "\(score) in \(key) lies outside of 0 … 1"
            }
        }
    }
}

extension PixelScoring {
    /// Ranks what was kept for the curve, and gives its memory back; `nil` where there is none.
    /// - Throws: `MetricsError` when a score is not a number.
    mutating func takeCurve() throws(MetricsError) -> PrecisionRecallCurve? {
        guard let kept = curve else { return nil }
        curve = nil
        return try PrecisionRecallCurve(scores: kept.scores, truth: kept.truth)
    }
}
