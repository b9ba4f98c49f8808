/// How shifts are looked for.
public struct ShiftSearch: Hashable, Sendable, Codable {
    /// Side of a window in pixels, a power of two; `nil` chooses 256, or less for small images.
    public var windowSide: Int?
    /// The largest displacement believed, in pixels of the reference.
    public var largestShift = 32
    /// The share of a window that both dates must show without cloud, 0…1.
    public var smallestUsableShare = 0.4
    /// The least agreement of phases, 0…1; noise has about 0.05.
    public var leastCoherence = 0.12
    /// The largest standard error of a window's shift, in pixels.
    public var largestUncertainty = 0.15

    /// The settings that `matter-prep` uses.
    public init() {}

    /// The window for images of a size.
    func side(width: Int, height: Int) -> Int {
        if let windowSide { return windowSide }
        let shorter = min(width, height)
        return shorter >= 2048 ? 256 : shorter >= 192 ? 128 : 64
    }
}

/// What one window says.
public struct WindowShift: Hashable, Sendable {
    /// The window's place in the grid of windows.
    public let gridRow: Int
    /// The window's place in the grid of windows.
    public let gridColumn: Int
    /// The displacement found.
    public let shift: Shift
    /// Its standard error in pixels.
    public let uncertainty: Double
    /// Agreement of the phases, 0…1.
    public let coherence: Double
    /// Where in the window the texture lies, (`WindowCutter.cells`)² shares of 1: the shift is the field's mean under them.
    let texture: [Float]
}

/// The windows of a pair: where they lie and what those that could answer said.
public struct WindowSurvey: Sendable {
    /// Side of a window in pixels.
    public let side: Int
    /// Pixels from one window to the next.
    public let step: Int
    /// First row and column of the first window.
    public let first: (row: Int, column: Int)
    /// Windows along rows and columns of the grid.
    public let rows: Int
    /// Windows along columns of the grid.
    public let columns: Int
    /// Windows that both dates show well enough to ask.
    public var asked = 0
    /// Those that answered.
    public var answers: [WindowShift] = []
    /// Why there is no answer at all.
    public var refusal: String?
}

/// Finds how one date lies displaced against another, window by window.
///
/// Coarse: the whitened cross-spectra of all windows are added, and the peak of their correlation is the whole-pixel shift
/// that most of the picture agrees on. Fine: each window is cut again at its own whole-pixel shift, and the rest is the
/// slope of its phase plane (`PhasePlane`).
public struct ShiftEstimator {
    /// The settings.
    public let search: ShiftSearch

    /// An estimator.
    public init(_ search: ShiftSearch = ShiftSearch()) {
        self.search = search
    }

    /// Asks every window of a pair.
    ///
    /// - Parameters:
    ///   - reference: the date that others are aligned to.
    ///   - moving: the other date.
    ///   - origin: where the reference's pixel (0, 0) nominally lies in the other date, in whole pixels.
    /// - Returns: where windows lie and what they say.
    /// - Throws: `TorchError` when the transform fails.
    public func survey(
        reference: AlignmentImage, moving: AlignmentImage,
        origin: (row: Int, column: Int) = (0, 0)
    ) throws -> WindowSurvey {
        let side = search.side(width: reference.width, height: reference.height)
        let step = min(reference.width, reference.height) > 4096 ? side : side / 2
        // The first and the last window of a line look half over the edge, where the field would else be a guess.
        let rows = max(0, (reference.height - side) / step + 3)
        let columns = max(0, (reference.width - side) / step + 3)
        var survey = WindowSurvey(
            side: side, step: step,
            first: (
                max(0, reference.height - side) % step / 2 - step,
                max(0, reference.width - side) % step / 2 - step
            ),
            rows: rows, columns: columns)
        guard reference.height >= side, reference.width >= side else {
            survey.refusal = "the reference is smaller than a window of \(side) pixels"
            return survey
        }
        var windows = WindowSet(
            pair: ImagePair(reference: reference, moving: moving, origin: origin), survey: survey,
            search: search)
        guard try windows.findCoarseShift() else {
            survey.refusal = windows.refusal
            return survey
        }
        survey.asked = windows.asked
        survey.answers = try windows.refine()
        if survey.answers.isEmpty {
            survey.refusal =
                "no window of \(windows.asked) has structure that both dates share "
                + "(water, haze or another season?)"
        }
        return survey
    }
}

/// The windows of one pair while they are being asked.
private struct WindowSet {
    let pair: ImagePair
    let survey: WindowSurvey
    let search: ShiftSearch
    private let cutter: WindowCutter
    private let plane: PhasePlane
    private var coarse = (row: 0, column: 0)
    private(set) var asked = 0
    private(set) var refusal: String?

    /// Windows transformed at a time.
    private static let batch = 32
    /// Peak over standard deviation of the summed correlation that is taken for a match.
    private static let leastPeak = 6.0

    init(pair: ImagePair, survey: WindowSurvey, search: ShiftSearch) {
        self.pair = pair
        self.survey = survey
        self.search = search
        cutter = WindowCutter(side: survey.side)
        plane = PhasePlane(side: survey.side)
    }

    private var all: [(row: Int, column: Int)] {
        (0..<survey.rows).flatMap { row in (0..<survey.columns).map { (row, $0) } }
    }

    // MARK: Coarse

    mutating func findCoarseShift() throws -> Bool {
        let spectra = WindowSpectra(side: survey.side)
        var sum = [Float](repeating: 0, count: spectra.length)
        var used = 0
        try forEachBatch(all.map { ($0, (0, 0)) }, spectra) { _, usable, cross, _ in
            guard usable >= search.smallestUsableShare else { return }
            used += 1
            for entry in stride(from: 0, to: spectra.length, by: 2) {
                let (real, imaginary) = (cross[entry], cross[entry + 1])
                let amplitude = (real * real + imaginary * imaginary).squareRoot()
                guard amplitude > 0 else { continue }
                sum[entry] += real / amplitude
                sum[entry + 1] += imaginary / amplitude
            }
        }
        asked = used
        guard used > 0 else {
            refusal = "no window is clear and inside on both dates"
            return false
        }
        let peak = try spectra.peak(of: sum, within: min(search.largestShift, survey.side / 2 - 1))
        guard peak.strength >= Self.leastPeak else {
            refusal =
                "contrast: no displacement within ±\(search.largestShift) px stands out (peak "
                + "\(peak.strength.short) of the noise, needs \(Self.leastPeak.short))"
            return false
        }
        coarse = (peak.row, peak.column)
        return true
    }

    // MARK: Fine

    private struct Asked {
        let window: (row: Int, column: Int)
        var offset: (row: Int, column: Int)
    }

    func refine() throws -> [WindowShift] {
        let spectra = WindowSpectra(side: survey.side)
        var pending = all.map { Asked(window: $0, offset: coarse) }
        var answers: [WindowShift] = []
        for round in 0..<4 where !pending.isEmpty {
            var next: [Asked] = []
            try forEachBatch(pending.map { ($0.window, $0.offset) }, spectra) {
                index, usable, cross, texture in
                guard usable >= search.smallestUsableShare else { return }
                var item = pending[index]
                let step = round == 0 ? try spectra.localPeak(of: cross, within: 6) : (0, 0)
                if step != (0, 0) {
                    item.offset = (item.offset.row + step.0, item.offset.column + step.1)
                    next.append(item)
                    return
                }
                guard let fit = plane.fit(cross) else { return }
                let whole = (Int(fit.shift.rows.rounded()), Int(fit.shift.columns.rounded()))
                if round < 3, max(abs(fit.shift.rows), abs(fit.shift.columns)) > 0.6,
                    max(abs(whole.0), abs(whole.1)) < 3
                {
                    item.offset = (item.offset.row + whole.0, item.offset.column + whole.1)
                    next.append(item)
                } else if let answer = answer(item, fit, texture) {
                    answers.append(answer)
                }
            }
            pending = next
        }
        return answers.sorted { ($0.gridRow, $0.gridColumn) < ($1.gridRow, $1.gridColumn) }
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

    /// Cuts and transforms windows batch by batch and hands out each window's cross-spectrum.
    private func forEachBatch(
        _ windows: [(window: (row: Int, column: Int), offset: (row: Int, column: Int))],
        _ spectra: WindowSpectra,
        body: (
            _ index: Int, _ usable: Double, _ cross: UnsafePointer<Float>,
            _ texture: () -> [Float]
        ) throws -> Void
    ) throws {
        let pixels = survey.side * survey.side
        for start in stride(from: 0, to: windows.count, by: Self.batch) {
            let part = windows[start..<min(start + Self.batch, windows.count)]
            var reference = [Float](repeating: 0, count: part.count * pixels)
            var moving = reference
            var usable = [Double](repeating: 0, count: part.count)
            reference.withUnsafeMutableBufferPointer { first in
                moving.withUnsafeMutableBufferPointer { second in
                    guard let first = first.baseAddress, let second = second.baseAddress else {
                        return
                    }
                    for (place, item) in part.enumerated() {
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
            let cross = spectra.cross(reference: reference, moving: moving, count: part.count)
            try cross.withUnsafeBufferPointer { cross in
                guard let cross = cross.baseAddress else { return }
                for place in 0..<part.count {
                    try body(start + place, usable[place], cross + place * spectra.length) {
                        reference.withUnsafeBufferPointer { first in
                            moving.withUnsafeBufferPointer { second in
                                guard let first = first.baseAddress, let second = second.baseAddress
                                else { return [] }
                                return cutter.texture(
                                    first + place * pixels, second + place * pixels)
                            }
                        }
                    }
                }
            }
        }
    }
}

extension Double {
    /// Two digits after the point, whatever the locale.
    var short: String {
        guard isFinite else { return "–" }
        let hundredths = (abs(self) * 100).rounded()
        let whole = Int(min(hundredths, 1e15))
        let fraction = whole % 100
        let sign = self < 0 && whole > 0 ? "-" : ""
        return "\(sign)\(whole / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }
}
