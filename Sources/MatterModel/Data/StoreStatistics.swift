import Dispatch
import Store
import Synchronization

/// The statistics of a store's samples, read in one pass: exact sums over clear pixels, the same for any order and any threads.
package struct StoreStatistics: Sendable {
    /// Over all samples.
    package let all: BandStatistics
    /// Of each sample by its key, where the recipe standardises images by themselves; else empty.
    package let ofImages: [String: BandStatistics]

    /// Reads the samples.
    ///
    /// - Parameters:
    ///   - keys: the samples, each once.
    ///   - data: which bands, and whether images are standardised by themselves.
    ///   - path: the store's folder.
    ///   - threads: threads that read, above 0.
    /// - Throws: `StoreError` of the first sample that cannot be read.
    package init(of keys: [String], _ data: Recipe.Data, store path: String, threads: Int) throws {
        let totals = try Self.totals(of: keys, data.bands, store: path, threads: threads)
        all = totals.reduce(BandTotals(bands: data.bands.count)) { $0 + $1 }.statistics
        ofImages =
            data.standardise == .image
            ? Dictionary(uniqueKeysWithValues: zip(keys, totals.map(\.statistics))) : [:]
    }

    /// Each sample's totals, in the order of the keys.
    private static func totals(
        of keys: [String], _ bands: [String], store path: String, threads: Int
    ) throws -> [BandTotals] {
        let share = max((keys.count + threads - 1) / threads, 1)
        let shares = stride(from: 0, to: keys.count, by: share).map {
            keys[$0..<min($0 + share, keys.count)]
        }
        let results = Mutex([Result<[BandTotals], any Error>?](repeating: nil, count: shares.count))
        DispatchQueue.concurrentPerform(iterations: shares.count) { index in
            let result = Result {
                let store = try SampleStore(path, for: .reading)
                return try shares[index].map { try BandTotals(of: $0, bands, in: store) }
            }
            results.withLock { $0[index] = result }
        }
        return try results.withLock { $0 }.flatMap { try $0?.get() ?? [] }
    }
}

/// Sums over the clear pixels of each band.
private struct BandTotals {
    private var bands: [Band]

    /// Of no pixel.
    init(bands: Int) { self.bands = Array(repeating: Band(), count: bands) }

    /// Of a sample.
    init(of key: String, _ names: [String], in store: SampleStore) throws {
        self.init(bands: names.count)
        try store.withSample(key) { sample in
            let valid = try sample.pixels("valid", as: UInt8.self)
            for (band, name) in names.enumerated() {
                bands[band].add(try sample.pixels(name, as: UInt16.self), where: valid)
            }
        }
    }

    static func + (left: BandTotals, right: BandTotals) -> BandTotals {
        var all = left
        for (band, more) in right.bands.enumerated() { all.bands[band].add(more) }
        return all
    }

    var statistics: BandStatistics {
        BandStatistics(means: bands.map(\.mean), deviations: bands.map(\.deviation))
    }
}

extension BandTotals {
    struct Band {
        private var (count, sum, squares) = (0, 0, 0)

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

        mutating func add(_ other: Self) {
            count += other.count
            sum += other.sum
            squares += other.squares
        }

        var mean: Double { count == 0 ? 0 : Double(sum) / Double(count) }

        /// One where there is no spread to divide by.
        var deviation: Double {
            guard count > 0 else { return 1 }
            let variance = Double(squares) / Double(count) - mean * mean
            return variance > 1 ? variance.squareRoot() : 1
        }
    }
}
