import Geo
import Manifests

/// What the parts of one run share: the data set, its cities read once, and the caller's wishes.
final class OSCDSession {
    let plan: OSCDPlan
    let output: String
    let dataset: OSCDDataset
    let digests: OSCDDigests
    private let bands: [Sentinel2Band]
    private var cities: [String: OSCDCity] = [:]
    private var known: [Scored: [Float]] = [:]
    private let onEvent: (BenchEvent) -> Void
    private let shouldStop: () -> Bool

    init(
        plan: OSCDPlan, paths: OSCDPaths, bands: Set<Sentinel2Band>,
        onEvent: @escaping (BenchEvent) -> Void, shouldStop: @escaping () -> Bool
    ) throws {
        self.plan = plan
        self.bands = bands.union([.b02, .b03, .b04]).sorted()
        self.onEvent = onEvent
        self.shouldStop = shouldStop
        output = paths.output
        dataset = try OSCDDataset(at: paths.data, images: plan.images)
        digests = try dataset.digests()
    }

    /// A city with the bands of all methods, read from disk at the first call.
    func city(_ name: String) throws -> OSCDCity {
        if let city = cities[name] { return city }
        let city = try dataset.load(name, bands: bands)
        cities[name] = city
        return city
    }

    /// An encoder and a city: what scores are a function of, within one run.
    private struct Scored: Hashable {
        let encoder: SHA256Digest
        let city: String
    }

    /// Notes scores that are on disk already, so that a snapshot of the same encoder need not be run.
    func remember(_ scores: [Float], of encoder: SHA256Digest?, in name: String) {
        if let encoder { known[Scored(encoder: encoder, city: name)] = scores }
    }

    /// The scores of a method in a city, at every pixel; an encoder that was run there before is not run again.
    ///
    /// - Throws: `StopRequest` before any work when the caller wants to stop.
    func scores(
        of method: any ChangeMethod, encoder: SHA256Digest?, in name: String
    ) throws -> [Float] {
        if shouldStop() { throw StopRequest() }
        if let encoder, let scores = known[Scored(encoder: encoder, city: name)] { return scores }
        let scores = try newScores(of: method, in: name)
        remember(scores, of: encoder, in: name)
        return scores
    }

    /// A city with what a method gave there.
    func scored(
        _ name: String, by method: any ChangeMethod, scores: [Float]
    ) throws -> ScoredCity {
        let city = try city(name)
        return ScoredCity(
            name: name, split: city.split, scores: scores, truth: city.truth,
            hasData: try pair(of: city, for: method).dataMask)
    }

    /// Both dates with the bands that a method reads.
    private func pair(of city: OSCDCity, for method: any ChangeMethod) throws -> ImagePair {
        guard let before = city.pair.before.selecting(method.bands),
            let after = city.pair.after.selecting(method.bands)
        else {
            throw BenchError(
                .configuration,
                "\(method.name) reads \(method.bands.map(\.rawValue)), which were not all loaded")
        }
        return ImagePair(before: before, after: after)
    }

    private func newScores(of method: any ChangeMethod, in name: String) throws -> [Float] {
        let city = try city(name)
        let scores = try method.score(pair(of: city, for: method))
        guard scores.count == city.truth.count, scores.allSatisfy(\.isFinite) else {
            throw BenchError(
                .invalid,
                "\(name): \(method.name) gave \(scores.count) scores for \(city.truth.count) pixels, or some that are no numbers"
            )
        }
        return scores
    }

    /// The digest of all that the scores of a method in some cities depend on.
    func key(of method: any ChangeMethod, encoder: SHA256Digest?, cities: [String]) -> SHA256Digest
    {
        let rule = plan.thresholdRules[0]
        let facts: JSONValue = [
            "version": .string(SuiteVersion.current),
            "arrays": "score mask label",
            "method": .string(method.name),
            "description": .string(method.description),
            "bands": .array(method.bands.map { .string($0.rawValue) }),
            "device": .string(plan.device),
            "images": .string(plan.images.rawValue),
            "rule": .string(rule == .otsu ? "otsu where there is data" : rule.rawValue),
            "encoder": encoder.map { .string($0.hex) } ?? .null,
            "cities": .array(cities.map { .string(digests.cities[$0]?.hex ?? $0) }),
        ]
        return SHA256Digest(of: Array(facts.serialized().utf8))
    }

    func tell(_ event: BenchEvent) { onEvent(event) }
}
