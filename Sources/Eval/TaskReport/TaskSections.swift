import Metrics

/// The parts of a report of tasks, made from the sheets.
struct TaskSections {
    let sheet: ScoreSheet
    let comparison: Comparison?
    let convergence: ConvergenceSheet?
    let images: [Document.Block]

    private var methods: [MethodScores] { sheet.methods }
    private var task: TaskKind { methods[0].task }
    private var leading: MetricName { .leading(task) }

    /// The protocol that leads: the first that is for this task.
    private var main: String {
        sheet.protocols.first { $0.tasks.contains(task) }?.name ?? "pooled"
    }

    /// The result in one sentence.
    var lede: String {
        let ranked = methods.compactMap { method in
            method.score(main, leading)?.value.map { (method, $0) }
        }.sorted { $0.1 > $1.1 }
        guard let best = ranked.first else { return "No method has a defined score." }
        let score = best.0.score(main, leading)
        let spread =
            score?.seeds.spread.standardDeviation.map { " ± \(NumberText.percent($0))" } ?? ""
        let rest = ranked.dropFirst().prefix(3).map {
            "\(NumberText.percent($0.1)) of \($0.0.title)"
        }
        let against = rest.isEmpty ? "" : ", against " + rest.joined(separator: ", ")
        let seeds = best.0.seeds.count == 1 ? "one seed" : "\(best.0.seeds.count) seeds"
        return "\(best.0.title) reaches \(leading.title) \(NumberText.percent(best.1))\(spread) % "
            + "(\(main), \(seeds), \(best.0.groups) groups)\(against)."
    }

    var facts: [Document.Fact] {
        let first = methods[0]
        return [
            .init(name: "Data set", text: first.dataset), .init(name: "Split", text: first.split),
            .init(name: "Methods", text: String(methods.count)),
            .init(
                name: "Seeds", text: methods.map { String($0.seeds.count) }.joined(separator: ", ")),
        ] + encoders + [
            .init(name: "Groups", text: String(first.groups)),
            .init(
                name: "Scored / present",
                text: "\(NumberText.grouped(first.scored)) / \(NumberText.grouped(first.present))"),
        ]
    }

    /// How many encoders the seeds of each method began with, where one did.
    private var encoders: [Document.Fact] {
        guard methods.contains(where: { $0.encoders != nil }) else { return [] }
        let counts = methods.map { $0.encoders.map(String.init) ?? "–" }
        return [.init(name: "Encoders", text: counts.joined(separator: ", "))]
    }

    var sections: [Document.Section] {
        let all = [
            Document.Section(
                id: "results", title: "Results",
                intro:
                    "± is the standard deviation over seeds. The two intervals answer different questions: over "
                    + "seeds, what another training would give; over test samples, what other \(unitName) would.",
                blocks: [.table(results)]),
            Document.Section(
                id: "protocols", title: "The same predictions under other protocols",
                intro:
                    "Nothing but the way of counting and averaging differs between these columns.",
                blocks: [.table(protocols)]),
            compared, moved, curves, converging,
            Document.Section(
                id: "classes", title: "Classes", intro: "Mean over seeds, pooled.",
                blocks: [.table(classes)] + matrices),
            Document.Section(
                id: "groups", title: "Group by group",
                intro: "\(leading.title) of each group for itself, mean over seeds.",
                blocks: groups.map { [.table($0)] } ?? []),
            Document.Section(
                id: "images", title: "Images",
                intro:
                    "What the first seed of each method called; drag the slider to lay two over one another. \(TaskImages.rule(task))",
                blocks: images),
        ]
        return all.compactMap(\.self).filter { !$0.blocks.isEmpty }
    }

    private var unitName: String { task == .change ? "cities" : "images" }

    // MARK: Tables

    private var results: Document.Table {
        let metrics = methods[0].scores.filter { $0.protocol == main }.map(\.metric)
        let rest = metrics.filter { $0 != leading }
        let best = methods.compactMap { $0.score(main, leading)?.value }.max()
        return Document.Table(
            id: "results",
            caption: "Percent, protocol “\(main)”, mean over seeds; intervals of "
                + "\(ScoreText.level(sheet.resampling.level)).",
            columns: [
                .text("Method"), .number(leading.title), .number("± seeds"), .number("Seeds"),
                .number("Interval, seeds"), .number("Interval, test sample"),
            ] + rest.map { .number($0.title) },
            rows: methods.map { method in
                let score = method.score(main, leading)
                let seeds = score?.seeds
                let isBest = methods.count > 1 && score?.value != nil && score?.value == best
                return [
                    .text(method.title), .percent(score?.value, isBest ? .best : .none),
                    .percent(seeds?.spread.standardDeviation),
                    .count(Int64(seeds?.spread.count ?? 0)),
                    Document.Cell(
                        text: seeds?.lower == nil
                            ? "–"
                            : "\(NumberText.percent(seeds?.lower)) … \(NumberText.percent(seeds?.upper))",
                        value: nil),
                    .text(ScoreText.interval(score?.sample)),
                ] + rest.map { .percent(method.score(main, $0)?.value) }
            })
    }

    private var protocols: Document.Table {
        let keys = sheet.protocols.filter { $0.tasks.contains(task) }.flatMap { value in
            methods[0].scores.filter {
                $0.protocol == value.name && (task == .multilabel || $0.metric == leading)
            }.map { ($0.protocol, $0.metric) }
        }
        return Document.Table(
            id: "protocols",
            caption: "Percent; mean over seeds. What each protocol does is told below.",
            columns: [.text("Protocol"), .text("Score")] + methods.map { .number($0.title) }
                + [.number("Units"), .number("Undefined")],
            rows: keys.map { name, metric in
                let units = methods[0].score(name, metric)?.units
                return [.text(name), .text(metric.title)]
                    + methods.map { .percent($0.score(name, metric)?.value) }
                    + [
                        units.map { .count(Int64($0.count)) } ?? .text("–"),
                        units.map { .count(Int64($0.undefinedCount)) } ?? .text("–"),
                    ]
            })
    }

    private var compared: Document.Section? {
        guard let comparison, let first = comparison.pairs.first else { return nil }
        let table = Document.Table(
            id: "comparison",
            caption:
                "Percent points of \(comparison.metric.title) against “\(first.reference)”; p-values corrected by Holm.",
            columns: [
                .text("Method"), .number("Difference"), .number("Interval"), .number("p"),
                .number("p, corrected"), .text("Seeds ahead"), .number("p of seeds"),
                .text("Test"),
            ],
            rows: comparison.pairs.map { pair in
                [
                    .text(pair.method), .percent(pair.difference),
                    .text(ScoreText.interval(pair.interval)), .probability(pair.pValue),
                    .probability(pair.corrected), .text(ScoreText.ahead(pair.seeds)),
                    .probability(pair.seeds?.corrected), .text(pair.test),
                ]
            })
        return .init(
            id: "comparison", title: "Differences",
            intro:
                "Both methods are resampled, and swapped, by whole groups, as neighbouring pixels are no independent witnesses: what "
                + "other samples would say. What other seeds would is Student's paired t test over seeds.",
            blocks: [.table(table)])
    }

    /// What labels that lie a pixel off would make of the scores.
    private var moved: Document.Section? {
        guard methods.contains(where: { $0.movedTruth != nil }) else { return nil }
        let table = Document.Table(
            id: "moved",
            caption:
                "Percent, pooled, mean over seeds. Edges of images have no partner then and are left out.",
            columns: [
                .text("Method"), .number(leading.title), .number("Least of eight sides"),
                .number("Greatest of eight sides"),
            ],
            rows: methods.map { method in
                [
                    .text(method.title), .percent(method.score(main, leading)?.value),
                    .percent(method.movedTruth?.lowest), .percent(method.movedTruth?.highest),
                ]
            })
        return .init(
            id: "moved", title: "If the labels lay one pixel off",
            intro:
                "The same predictions against the truth moved by one pixel: what the place of labels alone decides. A difference "
                + "between methods that is smaller than this is no finer than the labels are.",
            blocks: [.table(table)])
    }

    private var classes: Document.Table {
        let isLists = task == .multilabel
        return Document.Table(
            id: "classes",
            caption:
                "Percent; support in \(task == .change || task == .segmentation ? "pixels" : "samples") of the truth.",
            columns: [.text("Method"), .text("Class"), .number("Support")]
                + (isLists
                    ? [.number("AP")]
                    : [.number("F1"), .number("IoU"), .number("Precision"), .number("Recall")]),
            rows: methods.flatMap { method in
                method.classes.map { own in
                    [.text(method.title), .text(own.name), .count(own.support)]
                        + (isLists
                            ? [.percent(own.averagePrecision)]
                            : [
                                .percent(own.f1), .percent(own.iou), .percent(own.precision),
                                .percent(own.recall),
                            ])
                }
            })
    }

    private var matrices: [Document.Block] {
        methods.enumerated().filter { !$0.element.confusion.isEmpty }.prefix(6).map {
            index, method in
            .matrix(
                .init(
                    id: "confusion-\(index)",
                    caption:
                        "\(method.title): percent of each true class (rows), all seeds together.",
                    classes: method.classes.map(\.name), counts: method.confusion))
        }
    }

    private var groups: Document.Table? {
        let names = methods[0].byGroup.map(\.group)
        guard names.count > 1, names.count <= 1000 else { return nil }
        return Document.Table(
            id: "groups", caption: "\(leading.title) in percent; a dash is 0/0.",
            columns: [.text("Group")] + methods.map { .number($0.title) },
            rows: names.map { name in
                [.text(name)]
                    + methods.map { method in
                        .percent(method.byGroup.first { $0.group == name }?.value)
                    }
            })
    }

    // MARK: Curves

    private var curves: Document.Section? {
        let blocks = TaskFigures(methods: methods, main: main).blocks
        return blocks.isEmpty
            ? nil
            : .init(
                id: "curves", title: "What the threshold decides",
                intro:
                    "A method gives each pixel a score; where to call it change is a choice of its own. First seed.",
                blocks: blocks)
    }

    private var converging: Document.Section? {
        guard let convergence else { return nil }
        return .init(
            id: "convergence", title: "Convergence",
            intro:
                "How soon a method reaches \(NumberText.percent(convergence.share)) % of the final validation "
                + "\(convergence.metric) of “\(convergence.reference)”. A run that ends before counts as censored: later than its end, "
                + "if ever.",
            blocks: ConvergenceBlocks(sheet: convergence).blocks)
    }

    /// What the numbers mean: scores, protocols with their settings and sources.
    var definitions: [Report.Definition] {
        let metrics = Set(methods.flatMap { $0.scores.map(\.metric) })
        return MetricName.allCases.filter(metrics.contains).map {
            .init(term: $0.title, text: $0.definition)
        }
            + sheet.protocols.map { value in
                let setting = value.setting.sorted { $0.key < $1.key }.map {
                    "\($0.key): \($0.value)"
                }
                let sources = value.sources.sorted { $0.key < $1.key }.map {
                    "\($0.key): \($0.value)"
                }
                return .init(
                    term: "Protocol “\(value.name)”",
                    text: ([value.title, value.definition] + setting + [
                        "Sources: " + sources.joined(separator: "; ")
                    ])
                    .joined(separator: ". "))
            }
    }
}
