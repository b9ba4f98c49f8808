import Dispatch

/// The windows of one pair while they are being asked.
struct WindowSet {
    let pair: ImagePair
    let survey: WindowSurvey
    let search: ShiftSearch
    private let cutter: WindowCutter
    private let plane: PhasePlane
    private let spectra: WindowSpectra
    private var coarse = (row: 0, column: 0)
    private(set) var refusal: String?

    /// Windows transformed at a time.
    private static let batch = 16
    /// Windows that are enough to find the shift in whole pixels.
    private static let coarseWindows = 400
    /// Peak over standard deviation of the summed correlation that is taken for a match.
    private static let leastPeak = 6.0

    init(pair: ImagePair, survey: WindowSurvey, search: ShiftSearch) {
        self.pair = pair
        self.survey = survey
        self.search = search
        cutter = WindowCutter(side: survey.side)
        plane = PhasePlane(side: survey.side)
        spectra = WindowSpectra(side: survey.side)
    }

    /// A window's place in the grid of windows.
    private typealias GridPlace = (row: Int, column: Int)

    private var all: [GridPlace] {
        (0..<survey.rows).flatMap { row in (0..<survey.columns).map { (row, $0) } }
    }

    // MARK: Coarse

    mutating func findCoarseShift() throws -> Bool {
        let few = try coarsePeak(over: sample(of: all))
        let found = try few == nil && all.count > Self.coarseWindows ? coarsePeak(over: all) : few
        guard let peak = found else {
            refusal = "no window is clear and inside on both dates"
            return false
        }
        guard peak.strength >= Self.leastPeak else {
            refusal =
                "contrast: no displacement within ±\(search.largestShift) px stands out (peak "
                + "\(peak.strength.short) of the noise, needs \(Self.leastPeak.short))"
            return false
        }
        coarse = (peak.row, peak.column)
        return true
    }

    /// Evenly spread windows, enough to find what all agree on.
    private func sample(of windows: [GridPlace]) -> [GridPlace] {
        guard windows.count > Self.coarseWindows else { return windows }
        let step = Int(
            (Double(windows.count) / Double(Self.coarseWindows)).squareRoot().rounded(.up))
        return windows.filter { $0.row % step == step / 2 && $0.column % step == step / 2 }
    }

    /// The peak of the added whitened cross-spectra; nil when no window can be used.
    private func coarsePeak(over windows: [GridPlace]) throws -> WindowSpectra.Peak? {
        let sums = try batches(windows.map { Asked(window: $0, offset: (0, 0)) }) { batch in
            var sum = [Float](repeating: 0, count: spectra.length)
            var used = 0
            for place in batch.items.indices
            where batch.usable[place] >= search.smallestUsableShare {
                used += 1
                batch.withCross(place) { cross in
                    for entry in stride(from: 0, to: spectra.length, by: 2) {
                        let (real, imaginary) = (cross[entry], cross[entry + 1])
                        let amplitude = (real * real + imaginary * imaginary).squareRoot()
                        guard amplitude > 0 else { continue }
                        sum[entry] += real / amplitude
                        sum[entry + 1] += imaginary / amplitude
                    }
                }
            }
            return (sum: sum, used: used)
        }
        guard sums.contains(where: { $0.used > 0 }) else { return nil }
        var total = [Float](repeating: 0, count: spectra.length)
        for part in sums where part.used > 0 {
            for index in total.indices { total[index] += part.sum[index] }
        }
        return try spectra.peak(
            of: total, within: min(search.largestShift, survey.side / 2 - 1))
    }

    // MARK: Fine

    private struct Asked {
        let window: GridPlace
        var offset: (row: Int, column: Int)
    }

    /// What came of one window.
    private enum Reply {
        case unusable
        case silent
        case again(Asked)
        case answer(WindowShift)
    }

    /// The answers of all windows, and how many were asked: those that both dates show well enough.
    func refine() throws -> (answers: [WindowShift], asked: Int) {
        var pending = all.map { Asked(window: $0, offset: coarse) }
        var answers: [WindowShift] = []
        var asked = 0
        for round in 0..<4 where !pending.isEmpty {
            let replies = try batches(pending) { batch in
                try batch.items.indices.map { try reply(batch, $0, round: round) }
            }.flatMap(\.self)
            pending = []
            for reply in replies {
                switch reply {
                case .unusable: continue
                case .silent: asked += round == 0 ? 1 : 0
                case .again(let item):
                    asked += round == 0 ? 1 : 0
                    pending.append(item)
                case .answer(let answer):
                    asked += round == 0 ? 1 : 0
                    answers.append(answer)
                }
            }
        }
        answers.sort { ($0.gridRow, $0.gridColumn) < ($1.gridRow, $1.gridColumn) }
        return (answers, asked)
    }

    private func reply(_ batch: Batch, _ place: Int, round: Int) throws -> Reply {
        guard batch.usable[place] >= search.smallestUsableShare else { return .unusable }
        var item = batch.items[place]
        let step =
            round == 0
            ? try batch.withCross(place) { try spectra.localPeak(of: $0, within: 6) } : (0, 0)
        if step != (0, 0) {
            item.offset = (item.offset.row + step.0, item.offset.column + step.1)
            return .again(item)
        }
        guard let fit = batch.withCross(place, plane.fit) else { return .silent }
        let whole = (Int(fit.shift.rows.rounded()), Int(fit.shift.columns.rounded()))
        if round < 3, max(abs(fit.shift.rows), abs(fit.shift.columns)) > 0.6,
            max(abs(whole.0), abs(whole.1)) < 3
        {
            item.offset = (item.offset.row + whole.0, item.offset.column + whole.1)
            return .again(item)
        }
        return answer(item, fit) { batch.texture(place, cutter) }.map(Reply.answer) ?? .silent
    }

    private func answer(
        _ item: Asked, _ fit: PhasePlane.Fit, _ texture: () -> [Float]
    ) -> WindowShift? {
        guard fit.coherence >= search.leastCoherence,
            fit.uncertainty <= search.largestUncertainty,
            max(abs(fit.shift.rows), abs(fit.shift.columns)) <= 1
        else { return nil }
        let shift = Shift(
            rows: Double(item.offset.row) + fit.shift.rows,
            columns: Double(item.offset.column) + fit.shift.columns)
        guard max(abs(shift.rows), abs(shift.columns)) <= Double(search.largestShift) else {
            return nil
        }
        return WindowShift(
            gridRow: item.window.row, gridColumn: item.window.column, shift: shift,
            uncertainty: fit.uncertainty, coherence: fit.coherence, texture: texture())
    }

    // MARK: Batches

    /// Windows that were cut and transformed together.
    private struct Batch {
        let items: [Asked]
        let usable: [Double]
        fileprivate let reference: [Float]
        fileprivate let moving: [Float]
        fileprivate let cross: [Float]
        fileprivate let pixels: Int
        fileprivate let length: Int

        func withCross<Result>(
            _ place: Int, _ body: (UnsafePointer<Float>) throws -> Result
        ) rethrows -> Result {
            try cross.withUnsafeBufferPointer { buffer in
                // swift-format-ignore: NeverForceUnwrap, a batch is never empty.
                try body(buffer.baseAddress! + place * length)
            }
        }

        func texture(_ place: Int, _ cutter: WindowCutter) -> [Float] {
            let first = place * pixels
            return reference.withUnsafeBufferPointer { reference in
                moving.withUnsafeBufferPointer { moving in
                    // swift-format-ignore: NeverForceUnwrap, a batch is never empty.
                    cutter.texture(reference.baseAddress! + first, moving.baseAddress! + first)
                }
            }
        }
    }

    /// Cuts and transforms windows batch by batch, on all cores; what `body` makes of the batches comes in their order.
    private func batches<Result>(
        _ items: [Asked], _ body: (Batch) throws -> Result
    ) throws -> [Result] {
        let starts = Array(stride(from: 0, to: items.count, by: Self.batch))
        var results = [Swift.Result<Result, any Error>?](repeating: nil, count: starts.count)
        results.withUnsafeMutableBufferPointer { buffer in
            // Sound: each batch writes its own place, and only reads what it shares.
            nonisolated(unsafe) let (buffer, body) = (buffer, body)
            let work = self
            DispatchQueue.concurrentPerform(iterations: starts.count) { index in
                let end = min(starts[index] + Self.batch, items.count)
                buffer[index] = Swift.Result {
                    try body(work.batch(items[starts[index]..<end]))
                }
            }
        }
        return try results.compactMap { try $0?.get() }
    }

    private func batch(_ items: ArraySlice<Asked>) -> Batch {
        let pixels = survey.side * survey.side
        var reference = [Float](repeating: 0, count: items.count * pixels)
        var moving = reference
        var usable = [Double](repeating: 0, count: items.count)
        reference.withUnsafeMutableBufferPointer { first in
            moving.withUnsafeMutableBufferPointer { second in
                guard let first = first.baseAddress, let second = second.baseAddress else { return }
                for (place, item) in items.enumerated() {
                    usable[place] = cutter.cut(
                        pair, row: survey.first.row + item.window.row * survey.step,
                        column: survey.first.column + item.window.column * survey.step,
                        offset: (
                            item.offset.row + pair.origin.row,
                            item.offset.column + pair.origin.column
                        ),
                        reference: first + place * pixels, moving: second + place * pixels)
                }
            }
        }
        let cross = spectra.cross(reference: reference, moving: moving, count: items.count)
        return Batch(
            items: Array(items), usable: usable, reference: reference, moving: moving, cross: cross,
            pixels: pixels, length: spectra.length)
    }
}
