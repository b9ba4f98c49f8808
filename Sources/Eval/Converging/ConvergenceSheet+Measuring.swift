import Metrics

extension ConvergenceSheet {
    /// The curves of one method, one a seed.
    struct Curves {
        let title: String
        let seeds: [[CurvePoint]]

        /// The last scores.
        var finals: [Double?] { seeds.map { $0.last?.value } }
    }

    /// Measures curves.
    ///
    /// - Parameters:
    ///   - curves: The methods; those without points are left out.
    ///   - metric: The validation score's name.
    ///   - reference: The reference's place.
    ///   - share: Which share of its final score must be reached.
    ///   - seed: What resamples of seeds follow from.
    init(_ curves: [Curves], metric: String, reference: Int, share: Double, seed: UInt64) {
        let base = curves[reference]
        let final = MeanAndSpread(of: base.finals).mean
        let target = final.map { $0 * share }
        let ends = curves.flatMap(\.seeds).compactMap { $0.compactMap(\.step).max() }
        let common = ends.min()
        let measured = curves.map { method in
            Method(
                title: method.title, seeds: method.seeds.count,
                final: SeedInterval(of: method.finals),
                area: SeedInterval(
                    of: method.seeds.map { seed in common.flatMap { Self.area(seed, to: $0) } }),
                arrivals: target.map { target in
                    Clock.allCases.compactMap {
                        Self.arrivals(method, base, target, $0, seed: seed)
                    }
                } ?? [], band: Self.band(method.seeds))
        }
        self.init(
            metric: metric, reference: base.title, share: share, target: target,
            commonSteps: common, methods: measured)
    }

    private static func arrivals(
        _ method: Curves, _ reference: Curves, _ target: Double, _ clock: Clock, seed: UInt64
    ) -> Arrivals? {
        let own = method.seeds.compactMap { arrival($0, target, clock) }
        let base = reference.seeds.compactMap { arrival($0, target, clock) }
        guard !own.isEmpty else { return nil }
        let speedup = ratio(base, own)
        let isEnough = own.count >= 3 && base.count >= 3 && method.title != reference.title
        // Resamples with a censored median have no speed-up: without them, the slow ones, the rest would look too fast.
        let isKnown = !(own + base).contains(where: \.isCensored)
        return Arrivals(
            clock: clock, perSeed: own, median: median(own),
            speedup: method.title == reference.title ? nil : speedup,
            interval: isEnough && isKnown ? interval(base, own, seed: seed) : nil)
    }

    /// The first validation at or above the target.
    private static func arrival(
        _ points: [CurvePoint], _ target: Double, _ clock: Clock
    ) -> Arrival? {
        func time(_ point: CurvePoint) -> Double? {
            switch clock {
            case .epochs: point.epoch
            case .steps: point.step
            case .seconds: point.seconds
            }
        }
        if let first = points.first(where: { $0.value >= target }), let at = time(first) {
            return Arrival(at: at, isCensored: false)
        }
        return points.last.flatMap(time).map { Arrival(at: $0, isCensored: true) }
    }

    /// The middle arrival; undefined where it is a censored one, or lies above one.
    static func median(_ arrivals: [Arrival]) -> Double? {
        // A censored run comes last: how much later it would arrive is not known.
        let sorted = arrivals.sorted {
            ($0.isCensored ? 1 : 0, $0.at) < ($1.isCensored ? 1 : 0, $1.at)
        }
        guard !sorted.isEmpty else { return nil }
        let (low, high) = (sorted[(sorted.count - 1) / 2], sorted[sorted.count / 2])
        return low.isCensored || high.isCensored ? nil : (low.at + high.at) / 2
    }

    private static func ratio(_ base: [Arrival], _ own: [Arrival]) -> Double? {
        guard let reference = median(base), let time = median(own), reference > 0, time > 0 else {
            return nil
        }
        return reference / time
    }

    private static func interval(
        _ base: [Arrival], _ own: [Arrival], seed: UInt64
    ) -> BootstrapInterval {
        let count = max(base.count, own.count)
        let first = BlockBootstrap(groups: base.count, seed: seed).drawn()
        let second = BlockBootstrap(groups: own.count, seed: seed &+ 1).drawn()
        func resample(_ arrivals: [Arrival], _ weights: [Int64]) -> [Arrival] {
            zip(arrivals, weights).flatMap { [Arrival](repeating: $0.0, count: Int($0.1)) }
        }
        return BootstrapInterval(
            estimate: ratio(base, own),
            values: zip(first, second).map { ratio(resample(base, $0), resample(own, $1)) },
            groups: count)
    }

    /// The mean height of a curve up to a step, by trapezoids, the first value held from the start.
    static func area(_ points: [CurvePoint], to end: Double) -> Double? {
        let known = points.compactMap { point in point.step.map { (x: $0, y: point.value) } }
        guard let first = known.first, end > 0 else { return nil }
        var (sum, last) = (0.0, (x: 0.0, y: first.y))
        for point in known {
            if point.x >= end {
                let width = point.x - last.x
                let y = width > 0 ? last.y + (point.y - last.y) * (end - last.x) / width : point.y
                return (sum + (end - last.x) * (last.y + y) / 2) / end
            }
            sum += (point.x - last.x) * (last.y + point.y) / 2
            last = point
        }
        return (sum + (end - last.x) * last.y) / end
    }

    private static func band(_ seeds: [[CurvePoint]]) -> [Band] {
        var values: [Double: [Double]] = [:]
        for point in seeds.joined() {
            guard let step = point.step else { continue }
            values[step, default: []].append(point.value)
        }
        return values.sorted { $0.key < $1.key }.compactMap { step, values in
            guard let mean = MeanAndSpread(of: values).mean, let low = values.min(),
                let high = values.max()
            else { return nil }
            return Band(step: step, mean: mean, lowest: low, highest: high, seeds: values.count)
        }
    }
}

extension ConvergenceSheet {
    /// Measures the curves of scored runs that were trained; `nil` where no method has any.
    ///
    /// - Parameters:
    ///   - groups: The runs of each method.
    ///   - metric: The validation score; `nil` for the one by which the first method selects, else the one that most runs have.
    ///   - reference: A part of the reference's title; `nil` for the first method with curves.
    ///   - share: Which share of the reference's final score must be reached.
    ///   - seed: What resamples of seeds follow from.
    init?(_ groups: [RunGroup], metric: String?, reference: String?, share: Double, seed: UInt64) {
        var counts: [String: Int] = [:]
        for run in groups.flatMap(\.runs) where run.curve.isOfTraining {
            for name in run.curve.metrics { counts[name, default: 0] += 1 }
        }
        let common = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.first?.key
        // What the runs selected their epoch by is what they were trained for.
        let selected = groups.first?.record.selection?.metric.flatMap {
            counts[$0] == nil ? nil : $0
        }
        guard let name = metric ?? selected ?? common else { return nil }
        let curves = groups.map { group in
            Curves(
                title: group.title,
                seeds: group.runs.map(\.curve).filter(\.isOfTraining).map { $0.points(of: name) }
                    .filter { !$0.isEmpty })
        }.filter { !$0.seeds.isEmpty }
        guard !curves.isEmpty else { return nil }
        let place = reference.flatMap { name in curves.firstIndex { $0.title.contains(name) } } ?? 0
        self.init(curves, metric: name, reference: place, share: share, seed: seed)
    }
}
