public import Geo

/// A way to say how much each pixel of a pair has changed, without any label.
public protocol ChangeMethod {
    /// The name in paths and tables: "cva", "untrained", "matter".
    var name: String { get }
    /// A name for people.
    var title: String { get }
    /// One or two sentences: what is computed, from what, after whom.
    var description: String { get }
    /// The bands that it reads, in its order.
    var bands: [Sentinel2Band] { get }

    /// The change at each pixel, (height, width) row by row, finite and ≥ 0; `pair` holds exactly `bands`.
    func score(_ pair: ImagePair) throws -> [Float]
}
