import Geo

/// What chance gave one sample in one epoch: a function of (seed, epoch, index) and of nothing else.
///
/// Numbers are drawn in a fixed order whether they are used or not, so that one augmentation does not change another.
public struct SampleDraw: Sendable, Hashable {
    /// Whether columns run backwards, rows do, and then both are exchanged.
    public struct Turn: Sendable, Hashable {
        /// The eight ways to lay a square onto itself.
        public let columnsBack, rowsBack, isTransposed: Bool

        /// One of them.
        public init(columnsBack: Bool = false, rowsBack: Bool = false, isTransposed: Bool = false) {
            self.columnsBack = columnsBack
            self.rowsBack = rowsBack
            self.isTransposed = isTransposed
        }
    }

    /// How the window is turned.
    public let turn: Turn
    private let across, down: Double
    private let colourSeed: UInt64

    /// Draws for a sample by its number in the source.
    init(_ plan: BatchPlan, epoch: Int, index: Int) {
        let seed = SplitMix64.derive(seed: plan.seed, 2, UInt64(epoch), UInt64(index))
        var generator = SplitMix64(seed: seed)
        let bits = generator.next()
        (across, down) = (generator.nextUniform(), generator.nextUniform())
        colourSeed = generator.next()
        let flips = plan.augmentation.flips
        // A quarter turn is a transposition and one mirror; half turns are both mirrors.
        let quarters = plan.augmentation.turns ? (bits >> 2) & 3 : 0
        let isTransposed = quarters & 1 == 1
        let columnsBack = (flips && bits & 1 == 1) != (quarters == 1 || quarters == 2)
        let rowsBack = (flips && bits & 2 == 2) != (quarters == 2 || quarters == 3)
        turn = Turn(columnsBack: columnsBack, rowsBack: rowsBack, isTransposed: isTransposed)
    }

    /// The first column and row of a window of `crop` in a grid at least as large.
    func offset(of crop: PixelSize, in grid: PixelSize, _ place: BatchPlan.Place) -> PixelOffset {
        let (columns, rows) = (grid.width - crop.width, grid.height - crop.height)
        guard place == .random else { return PixelOffset(column: columns / 2, row: rows / 2) }
        return PixelOffset(
            column: min(Int(across * Double(columns + 1)), columns),
            row: min(Int(down * Double(rows + 1)), rows))
    }

    /// What each band's pixels are multiplied by and what is added then; nil for a band that is left out.
    func scaling(_ bands: [BatchPlan.Band], image: Int, _ rule: Augmentation) -> [Scaling?] {
        guard rule.changesColour else { return bands.map { Scaling($0) } }
        var generator = SplitMix64(
            seed: SplitMix64.derive(seed: colourSeed, rule.isShared ? 0 : UInt64(image)))
        func signed(_ reach: Float) -> Float {
            reach * Float(2 * generator.nextUniform() - 1)
        }
        let brightness = signed(rule.brightness)
        let contrast = 1 + signed(rule.contrast)
        var scalings: [Scaling?] = bands.map {
            Scaling($0, factor: contrast * (1 + signed(rule.gain)), addition: brightness)
        }
        let stays = generator.nextInt(below: bands.count)
        for band in bands.indices where generator.nextUniform() < Double(rule.dropout) {
            if band != stays { scalings[band] = nil }
        }
        return scalings
    }

    /// The line that a pixel goes through.
    struct Scaling: Hashable {
        let scale, shift, fill: Float

        init(_ band: BatchPlan.Band, factor: Float = 1, addition: Float = 0) {
            scale = factor / band.deviation
            shift = addition - band.mean * scale
            fill = band.mean
        }
    }
}
