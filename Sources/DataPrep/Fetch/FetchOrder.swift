/// What a recipe wants fetched before its tiles are cut: the table `[fetch]`, and the regions that name no folders.
public struct FetchOrder: Hashable, Sendable {
    /// The regions of which scenes are fetched.
    public var regions: [FetchRegion] = []
    /// Where to, each region into a folder of its name; `nil` for `scenes` in the output folder.
    public var folder: String?
    /// A saved search, or STAC items as GeoJSON, that takes the place of asking.
    public var offline: String?

    /// Nothing.
    public init() {}

    /// The folder that holds the regions' folders.
    public func folder(below output: String) -> String { folder ?? "\(output)/scenes" }
}
