public import Geo

/// How one date lies against its region's reference, and how that was found.
public struct DateAlignment: Hashable, Sendable, Codable {
    /// What became of a date.
    public enum Status: String, Sendable, Codable {
        /// The date that others are aligned to.
        case reference
        /// Its shift was found and is taken out.
        case aligned
        /// No shift could be found; its tiles are cut by the product's own geometry and flagged.
        case notAligned
        /// Nothing of it lies in the region, or one of its files cannot be decoded; it has no tiles.
        case skipped
    }

    /// What is left after the warp, found anew on the warped band.
    public struct Residual: Hashable, Sendable, Codable {
        /// The mean left, in pixels.
        public var shift: Shift
        /// The median length over windows, in pixels.
        public var median: Double
        /// Windows that answered.
        public var windows: Int
    }

    /// Sensing time, ISO 8601.
    public var date: String
    /// The product's name.
    public var scene: String
    /// What became of it.
    public var status: Status
    /// Why it is not aligned or skipped, in plain words.
    public var reason: String?
    /// The global shift: the mean of the field over the reference, in pixels.
    public var shift: Shift?
    /// Its standard error in pixels.
    public var uncertainty: Double?
    /// "constant", "affine", "smooth" or "strips".
    public var model: String?
    /// Root mean square of the field about the global shift, in pixels.
    public var localRootMeanSquare: Double?
    /// Median distance of left-out windows from the model, in pixels.
    public var crossCheckedResidual: Double?
    /// Windows asked, answered, and agreeing; with a consensus, of all pairs that the date is in.
    public var windows: [Int]
    /// What is left after the warp.
    public var residual: Residual?
    /// The true shift against the reference, with a consensus against the mean of all, where a simulation left it.
    public var trueShift: Shift?
    /// The share of the date's own pixels that are clear, 0…1.
    public var clearFraction: Double
    /// The share of the reference that the date covers, 0…1.
    public var overlapFraction: Double
    /// The local field; `nil` when one shift explains all windows.
    public var field: AlignmentField?
    /// Whether the date's pixels are interpolated; `false` when they lie on the grid and are copied.
    public var isResampled: Bool

    /// A date of which nothing is known yet.
    init(scene: Scene, status: Status, reason: String? = nil) {
        date = scene.time.iso8601
        self.scene = scene.name
        self.status = status
        self.reason = reason
        windows = [0, 0, 0]
        clearFraction = 0
        overlapFraction = 0
        isResampled = false
    }

    /// How far the warp moves the date's pixels: `nil` when it leaves them.
    var applied: AppliedShift? {
        guard status == .aligned, isResampled, let shift else { return nil }
        return AppliedShift(global: shift, field: field)
    }
}

/// The displacement that a warp takes out.
struct AppliedShift: Sendable {
    let global: Shift
    let field: AlignmentField?

    func shift(row: Double, column: Double) -> Shift {
        field?.shift(row: row, column: column) ?? global
    }
}

/// The alignment of a region: `alignment/<region>.json`.
public struct RegionAlignment: Hashable, Sendable, Codable {
    /// The region's name.
    public var region: String
    /// The band on which shifts were found, or several: "B02,B03,B04,B08".
    public var band: String
    /// The reference date, ISO 8601, "mosaic" or "consensus".
    public var reference: String
    /// The region's grid: the reference scene's finest.
    public var grid: GeoGrid
    /// All dates, by time.
    public var dates: [DateAlignment]
    /// In a shard's own folder, other shards' scenes that its dates were aligned without, since their files end the
    /// decoder; nil for none.
    public var leftOut: [String]?
}
