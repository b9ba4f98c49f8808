import Dispatch
import Tensors

/// The windows of one pair while they are being asked.
///
/// Coarse to fine: a few windows tell the whole-pixel shift that most of the picture agrees on; refined, the same few tell a
/// field; every other window is cut where that field says. Windows of which brightness says little, as where crops change
/// places in it, are asked again by their edges.
struct WindowSet {
    private typealias Item = WindowBatch.Item

    private let pair: ImagePair
    private let search: ShiftSearch
    /// Where the windows lie; nothing is asked yet.
    private let empty: WindowSurvey
    private let cutter: WindowCutter
    /// Cuts windows again that brightness says little of.
    private let edgeCutter: WindowCutter?
    private let plane: PhasePlane
    private let spectra: WindowSpectra

    /// Windows transformed at a time, by each thread: twice as many hold more memory and are no faster.
    private static let batch = 8
    /// Windows that are asked first, and how many if these do not agree.
    private static let coarseWindows = [150, 600]
    /// Peak over standard deviation of the summed correlation that is taken for a match.
    private static let leastPeak = 6.0
    /// Agreement of phases from which a window that was cut by the field needs no search of its own.
    private static let sureCoherence = 0.3
    /// By how much more a window's phases must agree at another place than at the one that the field says.
    private static let betterCoherence = 0.05
    /// Answers that are enough for a first field.
    private static let guideAnswers = 16

    init(pair: ImagePair, windows: WindowSurvey, search: ShiftSearch) {
        self.pair = pair
        self.search = search
        empty = windows
        cutter = WindowCutter(side: windows.side, feature: search.feature)
        edgeCutter =
            search.feature == .structure
            ? nil : WindowCutter(side: windows.side, feature: .structure)
        plane = PhasePlane(side: windows.side)
        spectra = WindowSpectra(side: windows.side, device: search.torchDevice)
    }

    /// Asks all windows.
    func survey() throws -> WindowSurvey {
        var survey = empty
        guard let peak = try coarsePeak() else {
            survey.refusal = "no window is clear and inside on both dates"
            return survey
        }
        guard peak.strength >= Self.leastPeak else {
            survey.refusal =
                "contrast: no displacement within ±\(coarseReach) px stands out (peak "
                + "\(peak.strength.short) of the noise, needs \(Self.leastPeak.short))"
            return survey
        }
        let first = sample(Self.coarseWindows[0], offset: (peak.row, peak.column))
        survey.add(try refine(first, isGuided: false, cutter))
        try askTheRest(of: &survey, after: first, coarse: (peak.row, peak.column))
        survey.answers.sort { ($0.gridRow, $0.gridColumn) < ($1.gridRow, $1.gridColumn) }
        if survey.answers.isEmpty {
            survey.refusal =
                "no window of \(survey.asked) has structure that both dates share "
                + "(water, haze or another season?)"
        }
        return survey
    }

    private func askTheRest(
        of survey: inout WindowSurvey, after first: [Item], coarse: (row: Int, column: Int)
    ) throws {
        let place = { (row: Int, column: Int) in row * empty.columns + column }
        let answered = Set(survey.answers.map { place($0.gridRow, $0.gridColumn) })
        let asked = Set(first.map { place($0.row, $0.column) })
        var rest = sample(.max, offset: coarse).filter {
            !answered.contains(place($0.row, $0.column))
        }
        guard !rest.isEmpty else { return }
        let guide = survey.answers.count >= Self.guideAnswers ? survey.guide() : nil
        if let guide {
            for index in rest.indices {
                let shift = guide[place(rest[index].row, rest[index].column)]
                rest[index].offset = (Int(shift.rows.rounded()), Int(shift.columns.rounded()))
            }
        }
        if guide == nil { rest.removeAll { asked.contains(place($0.row, $0.column)) } }
        var replies = try refine(rest, isGuided: guide != nil, cutter)
        for (index, item) in rest.enumerated().reversed()
        where asked.contains(place(item.row, item.column)) {
            // Counted when it was asked first.
            replies.usable.remove(at: index)
        }
        survey.add(replies)
        if let guide, let edgeCutter { try askEdges(of: &survey, guide, edgeCutter) }
    }

    /// Asks windows anew that brightness says little or nothing of, and keeps what is known better.
    private func askEdges(
        of survey: inout WindowSurvey, _ guide: [Shift], _ cutter: WindowCutter
    ) throws {
        let place = { (row: Int, column: Int) in row * empty.columns + column }
        var best: [Int: WindowShift] = [:]
        for answer in survey.answers { best[place(answer.gridRow, answer.gridColumn)] = answer }
        let items = sample(.max, offset: (0, 0)).compactMap { item -> Item? in
            let at = place(item.row, item.column)
            guard best[at].map({ $0.coherence < Self.sureCoherence }) ?? true else { return nil }
            let offset = (Int(guide[at].rows.rounded()), Int(guide[at].columns.rounded()))
            return Item(row: item.row, column: item.column, offset: offset)
        }
        for answer in try refine(items, isGuided: true, cutter).answers {
            let at = place(answer.gridRow, answer.gridColumn)
            if let before = best[at], before.uncertainty <= answer.uncertainty { continue }
            best[at] = answer
        }
        survey.answers = Array(best.values)
    }

    /// At most so many windows, evenly spread.
    private func sample(_ most: Int, offset: (row: Int, column: Int)) -> [Item] {
        let count = empty.rows * empty.columns
        let step = max(1, Int((Double(count) / Double(most)).squareRoot().rounded(.up)))
        return stride(from: step / 2, to: empty.rows, by: step).flatMap { row in
            stride(from: step / 2, to: empty.columns, by: step).map {
                Item(row: row, column: $0, offset: offset)
            }
        }
    }

    // MARK: Coarse

    /// The peak that stands out among few windows, else among more, else among all; `nil` when no window can be used.
    private func coarsePeak() throws -> WindowSpectra.Peak? {
        var best: WindowSpectra.Peak?
        for most in Self.coarseWindows + [.max] {
            best = try coarsePeak(over: sample(most, offset: (0, 0))) ?? best
            if let best, best.strength >= Self.leastPeak { return best }
            if most >= empty.rows * empty.columns { return best }
        }
        return best
    }

    /// The peak of the added whitened cross-spectra.
    private func coarsePeak(over windows: [Item]) throws -> WindowSpectra.Peak? {
        let sums = try batches(windows, cutter) { batch in
            var sum = [Float](repeating: 0, count: 2 * spectra.count)
            var used = 0
            for place in batch.items.indices
            where batch.usable[place] >= search.smallestUsableShare {
                used += 1
                batch.withCross(place) { spectra.addWhitened($0, to: &sum) }
            }
            return (sum: sum, used: used)
        }
        guard sums.contains(where: { $0.used > 0 }) else { return nil }
        var total = [Float](repeating: 0, count: 2 * spectra.count)
        for part in sums where part.used > 0 {
            for index in total.indices { total[index] += part.sum[index] }
        }
        return try spectra.peak(of: total, within: coarseReach)
    }

    /// Pixels to which the first search reaches: a window shows nothing beyond half its side.
    private var coarseReach: Int { min(search.largestShift, empty.side / 2 - 1) }

    // MARK: Fine

    /// What came of one window.
    private enum Reply {
        case silent
        case again(Item)
        case answer(WindowShift)

        init(_ answer: WindowShift?) {
            self = answer.map(Reply.answer) ?? .silent
        }
    }

    /// Asks windows, those again that turn out to lie elsewhere by whole pixels.
    private func refine(
        _ items: [Item], isGuided: Bool, _ cutter: WindowCutter
    ) throws -> WindowReplies {
        var replies = WindowReplies()
        var pending = items
        for round in 0..<4 where !pending.isEmpty {
            let all = try batches(pending, cutter) { batch in
                try batch.items.indices.map {
                    (try reply(batch, $0, round: round, isGuided: isGuided), batch.usable[$0])
                }
            }.joined()
            pending = []
            for (reply, usable) in all {
                if round == 0 { replies.usable.append(usable) }
                switch reply {
                case .silent: continue
                case .again(let item): pending.append(item)
                case .answer(let answer): replies.answers.append(answer)
                }
            }
        }
        return replies
    }

    private func reply(
        _ batch: WindowBatch, _ place: Int, round: Int, isGuided: Bool
    ) throws -> Reply {
        guard batch.usable[place] >= search.smallestUsableShare else { return .silent }
        var item = batch.items[place]
        if round == 0 {
            if isGuided, let here = batch.withCross(place, plane.fit), here.shift.largest <= 0.6 {
                item.before = answer(item, here, of: batch, place, isGuided: true)
            }
            if let sure = item.before, sure.coherence >= Self.sureCoherence { return .answer(sure) }
            let step = try batch.withCross(place) { try spectra.localPeak(of: $0, within: 6) }
            if step != (0, 0) {
                item.offset = (item.offset.row + step.0, item.offset.column + step.1)
                return .again(item)
            }
        }
        guard let fit = batch.withCross(place, plane.fit) else { return Reply(item.before) }
        let whole = (Int(fit.shift.rows.rounded()), Int(fit.shift.columns.rounded()))
        if round < 3, fit.shift.largest > 0.6, max(abs(whole.0), abs(whole.1)) < 3 {
            item.offset = (item.offset.row + whole.0, item.offset.column + whole.1)
            return .again(item)
        }
        let found = answer(item, fit, of: batch, place, isGuided: false)
        guard let before = item.before else { return Reply(found) }
        let isBetter = (found?.coherence ?? 0) > before.coherence + Self.betterCoherence
        return .answer(isBetter ? found ?? before : before)
    }

    /// An answer that can be believed: by its own agreement, or, at a place that others vouch for, by its standard error.
    private func answer(
        _ item: Item, _ fit: PhasePlane.Fit, of batch: WindowBatch, _ place: Int, isGuided: Bool
    ) -> WindowShift? {
        let uncertainty = fit.uncertainty * batch.cutter.feature.doubt
        guard isGuided || fit.coherence >= search.leastCoherence,
            uncertainty <= search.largestUncertainty, fit.shift.largest <= 1
        else { return nil }
        let shift = Shift(
            rows: Double(item.offset.row) + fit.shift.rows,
            columns: Double(item.offset.column) + fit.shift.columns)
        guard shift.largest <= Double(search.largestShift) else { return nil }
        return WindowShift(
            gridRow: item.row, gridColumn: item.column, shift: shift,
            uncertainty: uncertainty, coherence: fit.coherence, usable: batch.usable[place],
            texture: batch.texture(place))
    }

    /// Cuts and transforms windows batch by batch, on all cores; what `body` makes of the batches comes in their order.
    private func batches<Result>(
        _ items: [Item], _ cutter: WindowCutter, _ body: (WindowBatch) throws -> Result
    ) throws -> [Result] {
        let starts = Array(stride(from: 0, to: items.count, by: Self.batch))
        var results = [Swift.Result<Result, any Error>?](repeating: nil, count: starts.count)
        results.withUnsafeMutableBufferPointer { buffer in
            // Sound: each batch writes its own place, and only reads what it shares.
            nonisolated(unsafe) let (buffer, body) = (buffer, body)
            let work = self
            DispatchQueue.concurrentPerform(iterations: starts.count) { index in
                // OpenMP counts threads by the thread that asks: without this each transform would wake some more.
                Torch.setThreads(1)
                let end = min(starts[index] + Self.batch, items.count)
                let batch = WindowBatch(
                    items[starts[index]..<end], of: work.pair, first: work.empty.first,
                    step: work.empty.step, cutter: cutter, spectra: work.spectra,
                    noise: work.plane.noiseLevel)
                buffer[index] = Swift.Result { try body(batch) }
            }
        }
        return try results.compactMap { try $0?.get() }
    }
}

/// What some windows say: how much of each both dates show, and the answers of those that could.
struct WindowReplies {
    var usable: [Double] = []
    var answers: [WindowShift] = []
}
