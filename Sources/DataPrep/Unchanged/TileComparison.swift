import Dispatch
import Foundation
import Geo
import Manifests
import Synchronization

/// Compares all dates of a tile with one another, on all cores; the result does not depend on how many there are.
struct TileComparison {
    let series: TileSeries
    let settings: UnchangedSettings

    /// What was found.
    struct Outcome {
        var pairs: [UnchangedTile.Pair]
        /// Probability of no change by pixel; `nil` where nothing is known.
        var probabilities: [Float?]
        /// Dates that show the pixel.
        var seen: [UInt8]
        var fits: [NormalisationFit]
    }

    /// Everything that pairs leave behind.
    private struct Collected: Sendable {
        var consensus: Consensus
        var pairs: [Int: UnchangedTile.Pair] = [:]
        var fits: [Int: NormalisationFit] = [:]
    }

    func run(checkStop: () throws -> Void) throws -> Outcome {
        let dates = series.dates
        let numbers = dates.indices.flatMap { first in
            dates.indices.dropFirst(first + 1).map { (first, $0) }
        }
        let collected = Mutex(
            Collected(consensus: Consensus(dates: dates.count, pixels: series.size.count)))
        let wave = max(ProcessInfo.processInfo.activeProcessorCount, 1)
        for start in stride(from: 0, to: numbers.count, by: wave) {
            try checkStop()
            let some = Array(numbers[start..<min(start + wave, numbers.count)])
            DispatchQueue.concurrentPerform(iterations: some.count) { index in
                let (first, second) = some[index]
                let result = compare(first, second)
                collected.withLock {
                    if let evidence = result.evidence {
                        $0.consensus.add(first: first, second: second, evidence: evidence)
                    }
                    $0.pairs[start + index] = result.pair
                    $0.fits[start + index] = result.fit
                }
            }
        }
        return collected.withLock { collected in
            let distribution = ChiSquared(degrees: series.bands.count)
            return Outcome(
                pairs: collected.pairs.sorted { $0.key < $1.key }.map(\.value),
                probabilities: collected.consensus.evidence.map { evidence in
                    evidence == .infinity
                        ? nil : Float(distribution.survival(exp(Double(evidence))))
                },
                seen: seen(), fits: collected.fits.sorted { $0.key < $1.key }.map(\.value))
        }
    }

    private func seen() -> [UInt8] {
        var counts = [UInt8](repeating: 0, count: series.size.count)
        for date in series.dates {
            for index in counts.indices {
                counts[index] = min(254, counts[index] + date.clear[index])
            }
        }
        return counts
    }

    /// The date that others are fitted to: most clear pixels, then the earliest.
    private var reference: Int {
        let dates = series.dates
        return dates.indices.max {
            (dates[$0].clearCount, $1) < (dates[$1].clearCount, $0)
        } ?? 0
    }

    // MARK: One pair

    private func compare(_ first: Int, _ second: Int) -> (
        pair: UnchangedTile.Pair, evidence: [Float]?, fit: NormalisationFit?
    ) {
        let (one, other) = (series.dates[first], series.dates[second])
        var places: [Int32] = []
        for index in one.clear.indices where one.clear[index] & other.clear[index] == 1 {
            places.append(Int32(index))
        }
        var pair = UnchangedTile.Pair(
            first: one.record.date, second: other.record.date, pixels: places.count,
            correlations: [], rounds: 0, refusal: nil)
        let isFit = settings.normalises && (first == reference || second == reference)
        let fit =
            isFit ? fit(first == reference ? second : first, places: places) : nil
        do {
            let outcome = try detection(rounds: settings.rounds, settings.smallestWeight).compare(
                one.planes, other.planes, places: places, names: series.bands.map(\.rawValue))
            pair.correlations = outcome.correlations
            pair.rounds = outcome.rounds
            let evidence = Consensus.evidence(
                outcome.statistic, places: places, size: series.size, window: settings.window)
            return (pair, evidence, fit)
        } catch {
            pair.refusal = "\(error)"
            pair.correlations = (error as? AlterationDetection.Refusal)?.correlations ?? []
            return (pair, nil, fit)
        }
    }

    private func detection(rounds: Int, _ smallestWeight: Double) -> AlterationDetection {
        var detection = AlterationDetection(rounds: rounds, smallestWeight: smallestWeight)
        detection.fewestPixels = settings.fewestPixels
        detection.leastCorrelation = settings.leastCorrelation
        return detection
    }

    // MARK: Radiometry

    /// Fits a date to the reference over the pixels that fully re-weighted detection finds invariant.
    private func fit(_ number: Int, places: [Int32]) -> NormalisationFit {
        let (date, reference) = (series.dates[number], series.dates[reference])
        var fit = NormalisationFit(
            tile: series.tile, date: date.record.date, reference: reference.record.date, pixels: 0,
            bands: [], refusal: nil)
        let names = series.bands.map(\.rawValue)
        do {
            let outcome = try detection(rounds: 50, 0).compare(
                date.planes, reference.planes, places: places, names: names)
            let distribution = ChiSquared(degrees: names.count)
            let invariant = zip(places, outcome.statistic).filter {
                distribution.survival(Double($0.1)) > settings.invariance
            }.map(\.0)
            fit.pixels = invariant.count
            fit.bands = try Normalisation.fit(
                date.planes, to: reference.planes, places: invariant, names: names)
        } catch {
            fit.refusal = "\(error)"
        }
        return fit
    }
}
