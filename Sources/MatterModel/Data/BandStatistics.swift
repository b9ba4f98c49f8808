import Geo
import Store

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

    /// Exact sums over every clear pixel of the given samples: the same for any order.
    init(of keys: [String], bands: [String], in store: SampleStore) throws {
        var totals = [Total](repeating: Total(), count: bands.count)
        for key in keys {
            try store.withSample(key) { sample in
                let valid = try sample.pixels("valid", as: UInt8.self)
                for (band, name) in bands.enumerated() {
                    totals[band].add(try sample.pixels(name, as: UInt16.self), where: valid)
                }
            }
        }
        means = totals.map(\.mean)
        deviations = totals.map(\.deviation)
    }

    /// What each sample is standardised with where the recipe standardises images by themselves; else nothing.
    static func ofImages(
        _ keys: [String], _ data: Recipe.Data, in store: SampleStore
    ) throws -> [String: BandStatistics] {
        guard data.standardise == .image else { return [:] }
        return try Dictionary(
            uniqueKeysWithValues: keys.map {
                ($0, try BandStatistics(of: [$0], bands: data.bands, in: store))
            })
    }

    private struct Total {
        var (count, sum, squares) = (0, 0, 0)

        mutating func add(_ pixels: [UInt16], where valid: [UInt8]) {
            pixels.withUnsafeBufferPointer { pixels in
                valid.withUnsafeBufferPointer { valid in
                    // Without a branch, so that it runs in vectors.
                    for index in 0..<min(pixels.count, valid.count) {
                        let isValid = valid[index] == 0 ? 0 : 1
                        let value = Int(pixels[index]) &* isValid
                        count &+= isValid
                        sum &+= value
                        squares &+= value &* value
                    }
                }
            }
        }

        var mean: Double { count == 0 ? 0 : Double(sum) / Double(count) }
        var deviation: Double {
            guard count > 0 else { return 1 }
            let variance = Double(squares) / Double(count) - mean * mean
            return variance > 1 ? variance.squareRoot() : 1
        }
    }
}
