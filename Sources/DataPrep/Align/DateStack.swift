/// The dates of a region over the frame that they are brought to.
struct DateStack {
    let scenes: [Scene]
    /// Share of clear pixels of each date.
    let clear: [Double]
    /// Place of the date on whose grid all lie.
    let anchor: Int
    /// Places of the dates that are wanted.
    let own: Range<Int>
    /// The anchor's pictures.
    let frame: AlignmentFrame
    let aligner: DateAligner

    /// Every wanted date against the anchor.
    func alignedToAnchor(onDate: (DateAlignment) throws -> Void) throws -> [DateAlignment] {
        try own.map { index in
            var date = try index == anchor ? anchorRecord() : aligned(index, to: frame)
            tellTruth(of: &date, index)
            try onDate(date)
            return date
        }
    }

    /// Every date against a mosaic of the clearer ones, the clearest first; no date is ever held against its own pixels.
    ///
    /// A date that could not be aligned adds nothing to the mosaic. What the mosaic lacks is filled with a date's pixels, their
    /// mean and spread made those of the mosaic where both are known.
    func alignedToMosaic(onDate: (DateAlignment) throws -> Void) throws -> [DateAlignment] {
        let rest = scenes.indices.filter { $0 != anchor }
            .sorted { (clear[$1], $0) < (clear[$0], $1) }
        var mosaic = frame
        var dates = [anchor: try anchorRecord()]
        for index in rest {
            let date = try aligned(index, to: mosaic)
            if date.status == .aligned, index != rest.last {
                let pictures = try aligner.pictures(of: scenes[index], date, on: frame)
                for layer in pictures.indices { mosaic.images[layer].fill(from: pictures[layer]) }
            }
            dates[index] = date
        }
        return try own.compactMap { index in
            guard var date = dates[index] else { return nil }
            tellTruth(of: &date, index)
            try onDate(date)
            return date
        }
    }

    func anchorRecord() throws -> DateAlignment {
        var date = DateAlignment(scene: scenes[anchor], status: .reference)
        (date.overlapFraction, date.shift, date.clearFraction) = (1, .zero, clear[anchor])
        return date
    }

    private func aligned(_ index: Int, to frame: AlignmentFrame) throws -> DateAlignment {
        try aligner.aligned(scenes[index], clear: clear[index], to: frame)
    }

    /// The true shift against the anchor, where a simulation left it.
    private func tellTruth(of date: inout DateAlignment, _ index: Int) {
        guard let truth = SceneTruth.shift(scenes[index]),
            let first = SceneTruth.shift(scenes[anchor])
        else { return }
        date.trueShift = truth - first
    }
}

extension AlignmentImage {
    /// Takes another image's pixels where this one has none, their mean and spread made this one's where both have some.
    mutating func fill(from other: AlignmentImage) {
        var sums = SIMD4<Double>.zero
        var count = 0.0
        for index in pixels.indices where pixels[index] != 0 && other.pixels[index] != 0 {
            let (here, there) = (Double(pixels[index]), Double(other.pixels[index]))
            sums += SIMD4(here, here * here, there, there * there)
            count += 1
        }
        var (gain, offset) = (1.0, 0.0)
        if count > 100 {
            let mean = sums / count
            let spread = (
                max(mean.y - mean.x * mean.x, 0).squareRoot(),
                max(mean.w - mean.z * mean.z, 0).squareRoot()
            )
            gain = spread.1 > 0 ? spread.0 / spread.1 : 1
            offset = mean.x - gain * mean.z
        }
        for index in pixels.indices where pixels[index] == 0 && other.pixels[index] != 0 {
            let value = (Double(other.pixels[index]) * gain + offset).rounded()
            pixels[index] = UInt16(value.clamped(to: 1...65535))
        }
    }
}
