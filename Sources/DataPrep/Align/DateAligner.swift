import Geo
import Raster

/// Aligns single dates to a frame.
struct DateAligner {
    let settings: PrepSettings
    /// The bands on which shifts are found, of one grid.
    let bands: [Sentinel2Band]
    /// Where pixels are decoded.
    let blocks: DecodedBlocks

    /// Dates with less than this share of clear pixels are not tried.
    static let leastClear = 0.02
    /// Windows that must agree.
    static let fewestWindows = 3
    /// Windows that contradict one another by more, in pixels, are not believed.
    static let largestDisagreement = 0.5

    /// A date's record before anything was measured, and whether measuring is worth it; else its reason is told.
    func record(
        of scene: Scene, clear: Double, on frame: AlignmentFrame
    ) throws -> (date: DateAlignment, isTried: Bool) {
        var date = DateAlignment(scene: scene, status: .notAligned)
        date.clearFraction = clear
        let own = try SceneFiles(scene: scene, blocks: blocks).grid(of: scene.source(of: bands[0]))
        date.overlapFraction = try GridOverlap.fraction(of: frame.grid, by: own)
        guard date.overlapFraction > 0 else {
            date.status = .skipped
            date.reason = "no overlap with the reference: 0.0 % of it is covered"
            return (date, false)
        }
        date.isResampled = !GridOverlap.isCongruent(frame.grid, own)
        guard settings.aligns else {
            date.reason = "alignment was not asked for"
            return (date, false)
        }
        guard clear >= Self.leastClear else {
            date.reason = "cloud: \((100 * clear).short) % of the date is clear, needs 2 %"
            return (date, false)
        }
        return (date, true)
    }

    /// A date's shift against a frame.
    func aligned(
        _ scene: Scene, clear: Double, to frame: AlignmentFrame
    ) throws -> DateAlignment {
        var (date, isTried) = try record(of: scene, clear: clear, on: frame)
        guard isTried else { return date }
        let (survey, nominal) = try survey(of: scene, against: frame)
        guard let fit = fit(survey, frame, into: &date) else { return date }
        adopt(fit, scale: frame.scale, nominal: nominal, into: &date)
        date.residual = try residual(of: scene, date, against: frame)
        return date
    }

    /// What the windows of a date as it was delivered say, and what of its geolocation is part of every answer.
    ///
    /// A function of its own, so that the date's pictures are gone before those of the residual are made.
    private func survey(
        of scene: Scene, against frame: AlignmentFrame
    ) throws -> (WindowSurvey, nominal: Shift) {
        let files = SceneFiles(scene: scene, blocks: blocks)
        let moving = try frame.moving(files, bands: bands)
        let survey = try ShiftEstimator(settings.search).survey(
            references: frame.images, movings: moving.images, origin: moving.origin)
        return (survey, moving.fraction)
    }

    /// What the windows of a survey agree on; `nil`, and the date's reason, when that cannot be believed.
    func fit(
        _ survey: WindowSurvey, _ frame: AlignmentFrame, into date: inout DateAlignment
    ) -> FittedShift? {
        date.windows = [survey.asked, survey.answers.count, 0]
        date.reason = survey.refusal
        guard survey.refusal == nil else { return nil }
        let size = frame.grid.size
        guard let fit = survey.fitted(width: size.width, height: size.height) else {
            date.reason = "no window answered"
            return nil
        }
        date.windows[2] = fit.inliers
        date.crossCheckedResidual = fit.crossCheckedResidual * frame.scale
        guard fit.inliers >= min(Self.fewestWindows, survey.rows * survey.columns) else {
            date.reason =
                "only \(fit.inliers) of \(survey.asked) windows agree, needs \(Self.fewestWindows)"
            return nil
        }
        guard fit.crossCheckedResidual <= Self.largestDisagreement else {
            date.reason = "windows disagree by \(fit.crossCheckedResidual.short) px, at most 0.50"
            return nil
        }
        return fit
    }

    /// Writes a fit into a date's record, in pixels of the region.
    func adopt(
        _ fit: FittedShift, scale: Double, nominal: Shift, into date: inout DateAlignment
    ) {
        date.status = .aligned
        let field = fit.field?.scaled(by: scale, minus: nominal)
        let shift = (fit.global - nominal) * scale
        (date.shift, date.field, date.model) = (shift, field, fit.model)
        date.uncertainty = fit.uncertainty * scale
        date.localRootMeanSquare = fit.localRootMeanSquare * scale
        date.crossCheckedResidual = fit.crossCheckedResidual * scale
        let needsMove = field != nil || shift.length >= settings.smallestShift
        date.isResampled = date.isResampled || needsMove
    }

    /// A date's bands as its record moves them, on the frame's grid.
    func pictures(
        of scene: Scene, _ date: DateAlignment, on frame: AlignmentFrame
    ) throws -> [AlignmentImage] {
        let warp = try SceneWarp(
            files: SceneFiles(scene: scene, blocks: blocks), region: frame.region,
            applied: date.applied, kernel: settings.kernel)
        return try bands.map { try warp.picture($0, onto: frame.grid) }
    }

    /// Finds the shift anew on the warped bands.
    func residual(
        of scene: Scene, _ date: DateAlignment, against frame: AlignmentFrame
    ) throws -> DateAlignment.Residual? {
        let survey = try ShiftEstimator(settings.search).survey(
            references: frame.images, movings: pictures(of: scene, date, on: frame))
        guard !survey.answers.isEmpty else { return nil }
        let mean = Shift(
            rows: survey.answers.map(\.shift.rows).median,
            columns: survey.answers.map(\.shift.columns).median)
        return DateAlignment.Residual(
            shift: mean * frame.scale,
            median: survey.answers.map(\.shift.length).median * frame.scale,
            windows: survey.answers.count)
    }
}

extension Shift {
    static func * (left: Shift, right: Double) -> Shift {
        Shift(rows: left.rows * right, columns: left.columns * right)
    }
}
