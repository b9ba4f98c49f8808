/// What a run tells while it works.
public enum PrepEvent: Sendable {
    /// The folder's run is taken over; what differs, a line each.
    case adopting([String])
    /// Something that is worth a look, in a line.
    case remark(String)
    /// The files of a scene are proven.
    case proven(region: String, scene: String)
    /// A region begins: how many scenes.
    case region(name: String, scenes: Int)
    /// A date was aligned, or was not.
    case aligned(region: String, DateAlignment)
    /// The number of tiles that there will be, of which some are there already.
    case tiles(total: Int)
    /// A tile is done: written, kept from an earlier run, or left out.
    case tile(id: String, TileOutcome)
    /// The tiles are done, and the dates of so many places are compared.
    case comparing(total: Int)
    /// The dates of a place were compared now, or were before.
    case compared(id: String, isKept: Bool)
    /// What follows is published in this form.
    case publishing(ExportFormat)
}

/// What became of a tile of a date.
public enum TileOutcome: Sendable, Hashable {
    /// Written now.
    case written
    /// There already, with the recorded digest.
    case kept
    /// Not written, for the reason given: no data, or more cloud or no-data than the settings allow.
    case leftOut(String)
}

/// What a finished run found and wrote.
public struct PrepReport: Sendable {
    /// By region.
    public let alignments: [RegionAlignment]
    /// Lines of the manifest.
    public let tiles: Int
    /// Tiles written by this call; the others were there.
    public let written: Int
    /// Tiles of a date that were not written, each a line of `leftout.jsonl`.
    public let leftOut: Int
    /// Places at the edge of which no date is written, each a line of `leftout.jsonl` too.
    public let placesDropped: Int
    /// Dates that were set aside, wholly or from some tile on, "region scene: reason".
    public let quarantined: [String]
    /// Where the time went.
    public let stages: StageReport
}
