/// What a reader must know before trusting the numbers of a report.
struct NoticeBoard {
    let report: Report

    var notices: [Report.Notice] {
        oracles + undefined + coverage + [seeds] + cities + images
    }

    private var oracles: [Report.Notice] {
        report.methods.filter(\.isOracle).map { method in
            .init(
                severity: .warning,
                text:
                    "The threshold of “\(Markup.shortened(method.title))” was chosen with the truth of the scored "
                    + "pixels (oracle): an upper bound, not a result.")
        }
    }

    private var undefined: [Report.Notice] {
        report.methods.compactMap { method in
            let count = method.cities.count { $0.scores.f1 == nil }
            guard count > 0 else { return nil }
            return .init(
                severity: .note,
                text: "F1 of “\(Markup.shortened(method.title))” is undefined (0/0) in \(count) of "
                    + "\(method.cities.count) cities; they are left out of the mean over cities.")
        }
    }

    private var coverage: [Report.Notice] {
        report.methods.compactMap { method in
            let left = method.pooled.pixelsPresent - method.pooled.pixelsScored
            guard left > 0 else { return nil }
            let share = Double(left) / Double(method.pooled.pixelsPresent)
            return .init(
                severity: .note,
                text: "\(NumberText.percent(share)) % of the pixels present were not scored for "
                    + "“\(Markup.shortened(method.title))”.")
        }
    }

    private var seeds: Report.Notice {
        .init(
            severity: .note,
            text: "One run, one seed: no interval over seeds can be given. ± is the spread over "
                + "cities, and a difference between methods is not tested for significance.")
    }

    private var cities: [Report.Notice] {
        guard report.dataset.cities.count < 3 else { return [] }
        return [
            .init(
                severity: .note,
                text: "With \(report.dataset.cities.count) scored "
                    + (report.dataset.cities.count == 1 ? "city" : "cities")
                    + " the spread over cities says little.")
        ]
    }

    private var images: [Report.Notice] {
        let shown = Set(report.panels.map(\.city))
        let without = report.dataset.cities.filter { !shown.contains($0) }
        guard !without.isEmpty else { return [] }
        let names = without.prefix(8).joined(separator: ", ")
        let rest = without.count > 8 ? " and \(without.count - 8) more" : ""
        return [
            .init(severity: .note, text: "The run holds no images of \(names)\(rest).")
        ]
    }
}
