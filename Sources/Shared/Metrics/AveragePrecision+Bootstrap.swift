import CKernels

extension MultilabelScores {
    /// The interval of an average precision over resamples of groups of samples.
    ///
    /// Each class is sorted once; a resample is a set of weights on the sorted list, sixteen of them at a time.
    /// A class whose positives were not drawn is left out of that resample's mean, as one without positives is.
    ///
    /// - Parameters:
    ///   - average: What is averaged how.
    ///   - groups: Each sample's group, from 0 without gaps; `nil` where every sample is its own.
    ///   - resamples: How many resamples are drawn.
    ///   - seed: What the draws follow from.
    ///   - level: The share of resamples between the ends.
    /// - Returns: The interval around the score of all samples.
    public func interval(
        of average: Average, groups: [UInt32]? = nil, resamples: Int = 1000, seed: UInt64 = 0,
        level: Double = 0.95
    ) -> BootstrapInterval {
        precondition(groups == nil || groups?.count == samples, "a group for each sample")
        let count = groups.map { Int($0.max() ?? 0) + 1 } ?? samples
        let bootstrap = BlockBootstrap(groups: count, resamples: resamples, seed: seed)
        let values = resampled(bootstrap, of: average, groups: groups)
        return BootstrapInterval(
            estimate: averagePrecision(average), values: values, groups: count, level: level)
    }

    /// An average precision of every resample.
    ///
    /// - Parameters:
    ///   - bootstrap: The draws, of as many groups as there are.
    ///   - average: What is averaged how.
    ///   - groups: Each sample's group, from 0 without gaps; `nil` where every sample is its own.
    /// - Returns: One value a resample; `nil` where it is 0/0.
    public func resampled(
        _ bootstrap: BlockBootstrap, of average: Average, groups: [UInt32]?
    ) -> [Double?] {
        switch average {
        case .macro: resampledClasses(bootstrap, groups) { MeanAndSpread(of: $0).mean }
        case .weighted:
            resampledClasses(
                bootstrap, groups, positives: positives(by: groups, count: bootstrap.groups))
        case .micro: resampledAll(bootstrap, groups)
        case .samples: resampledSamples(bootstrap, groups)
        }
    }

    /// The sorted lists of all classes, one after the other.
    private func entries(_ groups: [UInt32]?) -> [UInt32] {
        let words = RankedWords(capacity: samples)
        return [UInt32](unsafeUninitializedCapacity: scores.count) { entries, written in
            for index in 0..<classes {
                withColumn(index) { column in
                    words.withNumbersRanked(column) { ranked in
                        guard let place = entries.baseAddress else { return }
                        ckernels_compact(
                            ranked.baseAddress, ranked.count, groups, 1, place + index * samples)
                    }
                }
            }
            written = scores.count
        }
    }

    private func resampledClasses(
        _ bootstrap: BlockBootstrap, _ groups: [UInt32]?, _ mean: ([Double?]) -> Double?
    ) -> [Double?] {
        var results: [Double?] = []
        forEachResample(bootstrap, groups) { _, perClass in results.append(mean(perClass)) }
        return results
    }

    private func resampledClasses(
        _ bootstrap: BlockBootstrap, _ groups: [UInt32]?, positives: [[Int64]]
    ) -> [Double?] {
        var results: [Double?] = []
        forEachResample(bootstrap, groups) { weights, perClass in
            let drawn = positives.map { zip($0, weights).reduce(0) { $0 + $1.0 * $1.1 } }
            results.append(Self.weighted(perClass, by: drawn))
        }
        return results
    }

    /// Calls a body with each resample's weights of groups and its average precision by class.
    private func forEachResample(
        _ bootstrap: BlockBootstrap, _ groups: [UInt32]?, _ body: ([Int64], [Double?]) -> Void
    ) {
        let entries = entries(groups)
        var results = [Double](repeating: 0, count: classes * 16)
        bootstrap.forEachDraw { drawn, lanes in
            entries.withUnsafeBufferPointer { entries in
                results.withUnsafeMutableBufferPointer { results in
                    guard let entries = entries.baseAddress, let results = results.baseAddress
                    else { return }
                    for index in 0..<classes {
                        ckernels_weighted_precision(
                            entries + index * samples, samples, drawn, results + index * 16)
                    }
                }
            }
            for lane in 0..<lanes {
                let perClass = (0..<classes).map { results[$0 * 16 + lane] }
                let weights = (0..<bootstrap.groups).map { Int64(drawn[$0 * 16 + lane]) }
                body(weights, perClass.map { $0.isNaN ? nil : $0 })
            }
        }
    }

    private func resampledAll(_ bootstrap: BlockBootstrap, _ groups: [UInt32]?) -> [Double?] {
        let words = RankedWords(capacity: scores.count)
        let entries = [UInt32](unsafeUninitializedCapacity: scores.count) { entries, written in
            withAll { column in
                words.withNumbersRanked(column) {
                    ckernels_compact(
                        $0.baseAddress, $0.count, groups, classes, entries.baseAddress)
                }
            }
            written = scores.count
        }
        var results: [Double?] = []
        var lane16 = [Double](repeating: 0, count: 16)
        bootstrap.forEachDraw { drawn, lanes in
            ckernels_weighted_precision(entries, entries.count, drawn, &lane16)
            results += lane16.prefix(lanes).map { $0.isNaN ? nil : $0 }
        }
        return results
    }

    /// Sums of each group's defined samples, so that a resample costs no more than its groups.
    private func resampledSamples(_ bootstrap: BlockBootstrap, _ groups: [UInt32]?) -> [Double?] {
        var sums = [Double](repeating: 0, count: bootstrap.groups)
        var counts = [Int64](repeating: 0, count: bootstrap.groups)
        for (sample, value) in perSample.enumerated() {
            guard let value else { continue }
            let group = groups.map { Int($0[sample]) } ?? sample
            sums[group] += value
            counts[group] += 1
        }
        return bootstrap.values { weights in
            var sum = CompensatedSum()
            var count: Int64 = 0
            for group in weights.indices where weights[group] > 0 {
                sum.add(sums[group] * Double(weights[group]))
                count += counts[group] * weights[group]
            }
            return count == 0 ? nil : sum.value / Double(count)
        }
    }

    /// Positives of each class in each group.
    private func positives(by groups: [UInt32]?, count: Int) -> [[Int64]] {
        var result = [[Int64]](repeating: [Int64](repeating: 0, count: count), count: classes)
        for (place, label) in labels.enumerated() where label != 0 {
            let sample = place / classes
            result[place % classes][groups.map { Int($0[sample]) } ?? sample] += 1
        }
        return result
    }
}
