import Geo
import Tensors

/// Images to check a graph by.
///
/// Blocks of ground with some texture, as bright as the encoder's statistics say, and no data in a corner.
enum MadeUpImage {
    /// Two of them, float32 (1, bands, height, width), of a size that no stride divides.
    static func all(statistics: BandStatistics) -> [Tensor] {
        [1, 2].map { image(seed: $0, statistics: statistics) }
    }

    private static let (height, width, block) = (41, 37, 6)

    private static func image(seed: UInt64, statistics: BandStatistics) -> Tensor {
        var random = SplitMix64(seed: seed)
        var values: [Float] = []
        for (mean, deviation) in zip(statistics.means, statistics.deviations) {
            let across = width / block + 1
            let levels = (0..<(height / block + 1) * across).map { _ in random.nextNormal() }
            for row in 0..<height {
                for column in 0..<width {
                    let level = levels[row / block * across + column / block]
                    let value = mean + deviation * (level + 0.2 * random.nextNormal())
                    let isThere = row >= 5 || column >= 7
                    values.append(isThere ? Float(max(value.rounded(), 1)) : 0)
                }
            }
        }
        return Tensor(values, shape: [1, statistics.means.count, height, width])
    }
}
