import Manifests
import MatterModel

/// Means, deviations and counts of labels that a run is standardised and weighted by: `statistics.json` of a run folder.
public struct TaskStatistics: Codable, Hashable, Sendable {
    /// Where they come from: "split train", "encoder", "given".
    public var source: String
    /// Bands in the order of the channels.
    public var bands: [String]
    /// Their means.
    public var means: [Double]
    /// Their deviations, above 0.
    public var deviations: [Double]
    /// Whether each image is standardised by itself as well.
    public var standardisesImages: Bool
}

extension TaskStatistics {
    /// What a plan asks for.
    ///
    /// - Throws: `BenchError`, 78 where statistics that were asked for are not there; what reading the data set throws.
    init(
        _ plan: TaskPlan, of dataset: any Dataset, encoder: OpenedEncoder,
        shouldStop: @Sendable () -> Bool
    ) throws {
        let bands = encoder.report.bands
        let ones = [Double](repeating: 1, count: bands.count)
        let zeros = [Double](repeating: 0, count: bands.count)
        let data = plan.data
        if !data.mean.isEmpty {
            guard data.mean.count == bands.count, data.deviation.allSatisfy({ $0 > 0 }) else {
                throw BenchError(
                    .configuration,
                    "data.mean: \(data.mean.count) numbers for the bands \(bands.joined(separator: ", ")); one each, deviations above 0"
                )
            }
            self.init(
                source: "given", bands: bands, means: data.mean, deviations: data.deviation,
                standardisesImages: data.standardise == .image)
            return
        }
        switch data.standardise {
        case .image:
            self.init(
                source: "image", bands: bands, means: zeros, deviations: ones,
                standardisesImages: true)
        case .encoder, .usual:
            guard let known = encoder.statistics else {
                guard data.standardise == .encoder else {
                    try self.init(plan, counting: dataset, bands, shouldStop)
                    return
                }
                throw BenchError(
                    .configuration,
                    "data.standardise is encoder, but \(encoder.report.origin) holds no statistics; use split"
                )
            }
            self.init(
                source: "encoder", bands: bands, means: known.means, deviations: known.deviations,
                standardisesImages: encoder.standardisesImages)
        case .split, .given:
            try self.init(plan, counting: dataset, bands, shouldStop)
        }
    }

    private init(
        _ plan: TaskPlan, counting dataset: any Dataset, _ bands: [String],
        _ shouldStop: @Sendable () -> Bool
    ) throws {
        let split = dataset.splits.isEmpty ? nil : plan.data.train
        guard
            let counted = try StatisticsRun(
                dataset, options: plan.data.datasetOptions, split: split
            ).run(shouldStop: shouldStop)
        else { throw StopRequest() }
        let planes = Dictionary(uniqueKeysWithValues: counted.planes.map { ($0.name, $0) })
        let prefixes = plan.task == .change ? ["before.", "after."] : [""]
        let pooled = try bands.map { band in
            try Self.pool(prefixes.map { planes[$0 + band] }, band)
        }
        self.init(
            source: "split \(split ?? "all")", bands: bands, means: pooled.map(\.mean),
            deviations: pooled.map(\.deviation), standardisesImages: false)
    }

    /// Mean and deviation of the pixels of several planes together.
    private static func pool(
        _ planes: [PlaneStatistics?], _ band: String
    ) throws -> (mean: Double, deviation: Double) {
        var (count, sum, squares) = (0.0, 0.0, 0.0)
        for plane in planes {
            guard let plane else {
                throw BenchError(.configuration, "data.bands: the data set has no plane \(band)")
            }
            guard let mean = plane.mean, let deviation = plane.deviation else { continue }
            let pixels = Double(plane.pixels)
            count += pixels
            sum += pixels * mean
            squares += pixels * (deviation * deviation + mean * mean)
        }
        guard count > 0 else { return (0, 1) }
        let mean = sum / count
        let variance = squares / count - mean * mean
        return (mean, variance > 1e-12 ? variance.squareRoot() : 1)
    }
}
