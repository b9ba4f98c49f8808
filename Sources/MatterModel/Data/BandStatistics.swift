/// The mean and the standard deviation of each band, over the clear pixels of a store.
public struct BandStatistics: Codable, Hashable, Sendable {
    /// Means, in the order of the recipe's bands, as stored (reflectance × 10000).
    public var means: [Double]
    /// Standard deviations, above zero.
    public var deviations: [Double]

    /// Makes statistics that are known.
    public init(means: [Double], deviations: [Double]) {
        (self.means, self.deviations) = (means, deviations)
    }
}
