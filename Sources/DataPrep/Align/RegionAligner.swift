import Geo
import Manifests
import Raster

/// Aligns the dates of one region to one of them.
struct RegionAligner {
    let region: String
    let scenes: [Scene]
    let bands: [Sentinel2Band]
    let settings: PrepSettings
    /// Places in `scenes` of the dates to align, or `nil` for all.
    ///
    /// The reference is chosen among all in any case.
    var own: Range<Int>?
    /// Where pixels are decoded; kept, so that cutting tiles after it finds them there.
    var blocks = DecodedBlocks()

    /// Dates with less than this share of clear pixels are not tried.
    static let leastClear = 0.02
    /// Windows that must agree.
    static let fewestWindows = 3
    /// Windows that contradict one another by more, in pixels, are not believed.
    static let largestDisagreement = 0.5

    func align(onDate: (DateAlignment) throws -> Void) throws -> RegionAlignment {
        let band = alignmentBand
        let clear = try scenes.map { try SceneFiles(scene: $0, blocks: blocks).clearFraction(band) }
        let reference = try referenceIndex(clear)
        let files = SceneFiles(scene: scenes[reference], blocks: blocks)
        let grid = try finestGrid(files)
        let frame = try AlignmentFrame(files, band: band, region: grid)
        let firstTruth = SceneTruth.shift(scenes[reference])
        var dates: [DateAlignment] = []
        for (index, scene) in scenes.enumerated() where own?.contains(index) ?? true {
            var date: DateAlignment
            if index == reference {
                date = DateAlignment(scene: scene, status: .reference)
                (date.overlapFraction, date.shift) = (1, .zero)
            } else {
                date = try aligned(scene, band: band, clear: clear[index], frame: frame)
            }
            date.clearFraction = clear[index]
            if let truth = SceneTruth.shift(scene), let firstTruth {
                date.trueShift = truth - firstTruth
            }
            try onDate(date)
            dates.append(date)
        }
        return RegionAlignment(
            region: region, band: band.rawValue, reference: scenes[reference].time.iso8601,
            grid: grid, dates: dates)
    }

    /// The wanted band where the dates have it, else the first that they have.
    private var alignmentBand: Sentinel2Band {
        let common = bands.filter { band in scenes.allSatisfy { $0.bands[band] != nil } }
        if scenes.allSatisfy({ $0.bands[settings.alignmentBand] != nil }) {
            return settings.alignmentBand
        }
        return common.min { $0.nativeResolutionInMetres < $1.nativeResolutionInMetres }
            ?? settings.alignmentBand
    }

    /// The wanted date, else the first of those with most clear pixels.
    private func referenceIndex(_ clear: [Double]) throws -> Int {
        if let wanted = settings.reference {
            let label = SensingTime(wanted)
            guard
                let index = scenes.firstIndex(where: { $0.time == label || $0.time.day == wanted })
            else {
                throw PrepError(
                    .missing, region,
                    "no scene of \(wanted); there are \(scenes.map(\.time.day).joined(separator: ", "))"
                )
            }
            return index
        }
        return clear.indices.max { clear[$0] < clear[$1] || (clear[$0] == clear[$1] && $0 > $1) }
            ?? 0
    }

    private func finestGrid(_ files: SceneFiles) throws -> GeoGrid {
        let grids = try bands.map { try files.grid(of: files.scene.source(of: $0)) }
        let finest = grids.min {
            $0.transform.resolution.alongRow < $1.transform.resolution.alongRow
        }
        guard let finest else { throw PrepError(.usage, region, "no band is asked for") }
        return finest
    }

    // MARK: One date

    private func aligned(
        _ scene: Scene, band: Sentinel2Band, clear: Double, frame: AlignmentFrame
    ) throws -> DateAlignment {
        var date = DateAlignment(scene: scene, status: .notAligned)
        let files = SceneFiles(scene: scene, blocks: blocks)
        let source = try scene.source(of: band)
        date.overlapFraction = try GridOverlap.fraction(of: frame.grid, by: files.grid(of: source))
        guard date.overlapFraction > 0 else {
            date.status = .skipped
            date.reason = "no overlap with the reference: 0.0 % of it is covered"
            return date
        }
        date.isResampled = try !GridOverlap.isCongruent(frame.grid, files.grid(of: source))
        guard settings.aligns else {
            date.reason = "alignment was not asked for"
            return date
        }
        guard clear >= Self.leastClear else {
            date.reason = "cloud: \((100 * clear).short) % of the date is clear, needs 2 %"
            return date
        }
        let moving = try frame.moving(files, band: band)
        let survey = try ShiftEstimator(settings.search).survey(
            reference: frame.image, moving: moving.image, origin: moving.origin)
        guard let fit = fit(survey, frame, into: &date) else { return date }
        adopt(fit, scale: frame.scale, nominal: moving.fraction, into: &date)
        let warp = try SceneWarp(
            files: files, region: frame.region, applied: date.applied, kernel: settings.kernel)
        date.residual = try residual(warp, band, frame)
        return date
    }

    /// What the windows of a survey agree on; `nil`, and the date's reason, when that cannot be believed.
    private func fit(
        _ survey: WindowSurvey, _ frame: AlignmentFrame, into date: inout DateAlignment
    ) -> FittedShift? {
        date.windows = [survey.asked, survey.answers.count, 0]
        date.reason = survey.refusal
        guard survey.refusal == nil else { return nil }
        guard let fit = survey.fitted(width: frame.image.width, height: frame.image.height) else {
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
    private func adopt(
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

    /// Finds the shift anew on the warped band.
    private func residual(
        _ warp: SceneWarp, _ band: Sentinel2Band, _ frame: AlignmentFrame
    ) throws -> DateAlignment.Residual? {
        let image = try warp.picture(band, onto: frame.grid)
        let survey = try ShiftEstimator(settings.search).survey(
            reference: frame.image, moving: image)
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

extension AlignmentField {
    /// The same field without a constant shift, on a grid of finer or coarser pixels.
    func scaled(by scale: Double, minus constant: Shift) -> AlignmentField {
        AlignmentField(
            firstRow: firstRow * scale, firstColumn: firstColumn * scale, step: step * scale,
            rows: rows, columns: columns,
            rowShifts: rowShifts.map { ($0 - constant.rows) * scale },
            columnShifts: columnShifts.map { ($0 - constant.columns) * scale },
            uncertainty: uncertainty.map { $0 * scale })
    }
}
