import ArgumentParser
import Bench
import Console

/// Proves a data set before it is used.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Read every sample of a data set and tell what is wrong.",
        discussion: """
            matter-bench check spacenet-2 SN2_buildings --option images=MUL

            Ends with 0 when there is no error (remarks are told), 65 for bad data, 66 where something is missing.
            """)

    @OptionGroup var data: DatasetArguments

    @Option(help: "Findings of a kind that are shown; all are in --json.")
    var show = 20

    @OptionGroup var reading: ThreadsOption
    @OptionGroup var output: JSONOption
    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        guard show >= 0 else { throw ValidationError("--show is 0 or more.") }
    }

    func run() throws {
        let signal = StopSignal()
        let dataset = try data.open()
        let check = DatasetCheck(dataset, at: data.root, threads: reading.threads)
        var bar = logging.progressBar("checked", total: check.count)
        let report = check.run(
            onProgress: { bar.update(done: $0) }, shouldStop: signal.shouldStop)
        bar.erase()
        guard let report else {
            try signal.check()
            return
        }
        try output.print(report) { lines(of: report) }
        try report.expectSound()
    }

    // MARK: For people

    private func lines(of report: CheckReport) -> [String] {
        var lines: [String] = []
        for kind in CheckFinding.Kind.allCases {
            for level in [CheckFinding.Level.error, .remark] {
                let found = report.findings.filter { $0.kind == kind && $0.level == level }
                lines += found.prefix(show).map { "\(level.rawValue): \($0.text)" }
                guard found.count > show else { continue }
                lines.append(
                    "\(level.rawValue): … and \(found.count - show) more of the kind \(kind.rawValue)"
                )
            }
        }
        if !lines.isEmpty { lines.append("") }
        let splits = report.splits.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        let remarks = report.findings.count - report.errors
        let countries = (report.countries ?? [:]).sorted { $0.key < $1.key }
            .map { "\($0.key) \($0.value)" }
        if !countries.isEmpty { lines += ["countries: " + countries.joined(separator: ", "), ""] }
        return lines + table(of: report) + [
            "",
            "\(report.dataset): \(report.read) of \(report.samples) samples read (\(splits.joined(separator: ", "))); "
                + "\(report.errors) errors, \(remarks) remarks",
        ]
    }

    private func table(of report: CheckReport) -> [String] {
        var table = Table(
            ["plane", "type and size", "samples", "no data %", "codes %"],
            alignments: [.left, .left, .right, .right, .left])
        for plane in report.planes {
            let forms = plane.forms.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            let others = forms.count > 1 ? " and \(forms.count - 1) more" : ""
            let isLabel = plane.codes != nil
            table.add([
                plane.name, (forms.first?.key ?? "") + others,
                String(plane.forms.values.reduce(0, +)),
                isLabel ? "" : ResultTable.percent(share(plane.withoutData, of: plane.pixels)),
                codes(of: plane),
            ])
        }
        return table.lines
    }

    private func codes(of plane: CheckReport.Plane) -> String {
        (plane.codes ?? [:]).sorted { (Int($0.key) ?? 0) < (Int($1.key) ?? 0) }.map {
            "\($0.key): \(ResultTable.percent(share($0.value, of: plane.pixels)))"
        }.joined(separator: ", ")
    }

    private func share(_ part: Int, of whole: Int) -> Double? {
        whole == 0 ? nil : Double(part) / Double(whole)
    }
}
