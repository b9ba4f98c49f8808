/// The top of the page: what was found, in one sentence, one figure and a few facts.
struct SummarySection {
    let report: Report

    init(_ report: Report) {
        self.report = report
    }

    func markup() -> String {
        """
        <header class="top">
        <p class="eyebrow">\(Markup.name(report.dataset.name)) · \(Markup.name(report.task))</p>
        <h1>\(Markup.name(report.title))</h1>
        <p class="lede">\(lede)</p>
        \(HeadlineBars(report).markup())
        \(facts)
        \(notices)
        \(navigation)
        </header>
        """
    }

    /// The result in one sentence; oracle thresholds never lead it.
    private var lede: String {
        let ranked = report.ranked
        guard let first = ranked.first, let f1 = first.pooled.f1 else {
            return "No method has a defined F1 score on these pixels."
        }
        let rest = ranked.dropFirst().compactMap { method in
            method.pooled.f1.map { "\(score($0)) for \(Markup.name(method.title))" }
        }
        let against = rest.isEmpty ? "" : ", against " + rest.joined(separator: " and ")
        return """
            \(Markup.name(first.title)) reaches a pooled F1 of \(score(f1)) on \
            \(Self.counted(report.dataset.cities.count, "city", "cities"))\(against).
            """
    }

    private func score(_ value: Double) -> String { "<b>\(NumberText.percent(value)) %</b>" }

    private var facts: String {
        let scored = report.methods.map(\.pooled.pixelsScored).max() ?? 0
        let present = report.methods.map(\.pooled.pixelsPresent).max() ?? 0
        let list: [(String, String)] = [
            ("Data set", Markup.name(report.dataset.name)),
            ("Cities scored", String(report.dataset.cities.count)),
            (
                "Pixels scored / present",
                "\(NumberText.grouped(scored)) / \(NumberText.grouped(present))"
            ),
            ("Seed", report.seed.map(String.init) ?? "none"),
        ]
        let items = list.map { "<div><dt>\($0.0)</dt><dd>\($0.1)</dd></div>" }
        return "<dl class=\"facts\">\(items.joined())</dl>"
    }

    private var notices: String {
        guard !report.notices.isEmpty else { return "" }
        let items = report.notices.map { notice in
            "<li class=\"\(notice.severity.rawValue)\">\(Markup.escape(notice.text))</li>"
        }
        return "<ul class=\"notices\" aria-label=\"Notices\">\(items.joined(separator: "\n"))</ul>"
    }

    private var navigation: String {
        let figures = Figure.all(of: report)
        let links: [(String, String, Bool)] = [
            ("results", "Scores", true),
            ("thresholds", "Thresholds", figures.contains { $0.part == .thresholds }),
            ("training", "Pretraining", figures.contains { $0.part == .training }),
            ("alignment", "Alignment", !report.alignment.isEmpty),
            ("images", "Images", !report.panels.isEmpty),
            ("cities", "City by city", true),
            ("method", "How it was measured", true),
        ]
        let items = links.filter(\.2).map { "<a href=\"#\($0.0)\">\($0.1)</a>" }
        return "<nav aria-label=\"Sections\">\(items.joined())</nav>"
    }

    static func counted(_ count: Int, _ one: String, _ many: String) -> String {
        "\(count) \(count == 1 ? one : many)"
    }
}

extension Report {
    /// The methods with a result of their own, best pooled F1 first; equal ones by name.
    package var ranked: [Method] {
        methods.filter { !$0.isOracle && $0.pooled.f1 != nil }.sorted { first, second in
            let (a, b) = (first.pooled.f1 ?? 0, second.pooled.f1 ?? 0)
            return a == b ? first.id < second.id : a > b
        }
    }
}
