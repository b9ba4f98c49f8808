/// How the variants' scores grow with pretraining.
struct StudyCurves {
    private let runs: StudyRuns

    init(_ runs: StudyRuns) { self.runs = runs }

    /// The section, where the runs scored their snapshots.
    var sections: [Document.Section] {
        let series = runs.variants.enumerated().compactMap { index, variant in
            line(of: variant, style: index)
        }
        guard !series.isEmpty else { return [] }
        return [
            .init(
                id: "pretraining", title: "Over pretraining",
                intro: "What the snapshots of each run reach; step 0 is the untrained encoder.",
                blocks: [
                    .figure(
                        .init(
                            title: "AP over steps of pretraining",
                            caption:
                                "Mean over the seeds, and the range from the least to the greatest of them.",
                            plot: Plot(
                                id: "ap-over-steps",
                                description:
                                    "Average precision over pretraining steps, one line a variant",
                                x: .init(label: "Steps of pretraining", unit: "", range: nil),
                                y: .init(label: "AP, pooled", unit: "", range: nil), series: series)
                        ))
                ])
        ]
    }

    private func line(of variant: StudyRuns.Variant, style: Int) -> Plot.Series? {
        var values: [Int: [Double]] = [:]
        for snapshot in variant.runs.flatMap(\.snapshots) {
            if let value = snapshot.averagePrecision {
                values[snapshot.step, default: []].append(value)
            }
        }
        guard !values.isEmpty else { return nil }
        let steps = values.keys.sorted()
        return Plot.Series(
            name: variant.name, style: style,
            points: steps.map { step in
                let all = values[step] ?? []
                return .init(x: Double(step), y: all.reduce(0, +) / Double(all.count))
            },
            band: steps.compactMap { step in
                guard let all = values[step], let low = all.min(), let high = all.max() else {
                    return nil
                }
                return .init(x: Double(step), low: low, high: high)
            })
    }
}
