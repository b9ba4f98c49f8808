import Manifests
import Metrics

/// A bench run folder, read whole and checked.
struct BenchFolder {
    let record: BenchRunRecord
    let methods: [Report.Method]
    let snapshots: [SnapshotRecord]
    let panels: [Report.CityPanels]
    let inputs: [Report.Input]
    let notices: [Report.Notice]

    /// Reads a folder.
    /// - Throws: `EvalError` or `ManifestError`: 66 naming every city that a method lacks, 65 naming file and line.
    init(_ folder: String, withPanels: Bool = true) throws {
        var log = try InputLog(folder: folder, role: "bench")
        let record = try log.read(BenchRunRecord.self, from: "run.json")
        guard !record.dataset.cities.isEmpty else {
            throw EvalError(.invalid, log.path("run.json"), "dataset.cities is empty")
        }
        let cities = Array(Set(record.dataset.cities)).sorted()
        let names = record.plannedMethods ?? log.names(in: "methods")
        guard !names.isEmpty else {
            throw EvalError(
                .missing, log.path("methods"), "holds no method; run matter-bench first")
        }
        var missing: [String] = []
        var notices: [Report.Notice] = []
        var methods: [Report.Method] = []
        for name in names {
            guard log.exists("methods/\(name)/summary.json") else {
                missing.append("method \(name)")
                continue
            }
            var reader = MethodReader(log: log, name: name, cities: cities)
            methods.append(try reader.read())
            missing += reader.missing
            notices += reader.notices
            log = reader.log
        }
        guard missing.isEmpty else {
            throw EvalError(
                .missing, folder,
                "the run is not whole; missing: \(missing.joined(separator: ", ")); "
                    + "run matter-bench again, it goes on where it stopped")
        }
        var snapshots: [SnapshotRecord] = []
        if log.exists("curves.jsonl") {
            let lines = try log.lines(SnapshotRecord.self, from: "curves.jsonl")
            snapshots = lines.records
            if lines.hasTornTail { notices.append(.torn("bench/curves.jsonl")) }
        }
        panels = withPanels ? try Self.panels(of: cities, names, &log) : []
        self.record = record
        self.methods = methods
        self.snapshots = snapshots
        self.notices = notices
        inputs = log.inputs
    }

    private static func panels(
        of cities: [String], _ methods: [String], _ log: inout InputLog
    ) throws -> [Report.CityPanels] {
        var panels: [Report.CityPanels] = []
        for city in cities {
            var images: [Report.Panel] = []
            for role in ["before", "after", "truth"] + methods {
                let path = "panels/\(city)/\(role).png"
                guard log.exists(path) else { continue }
                let bytes = try log.bytes(path)
                images.append(try PNGPanel.read(bytes, role: role, path: log.path(path)))
            }
            if !images.isEmpty { panels.append(Report.CityPanels(city: city, images: images)) }
        }
        return panels
    }
}

extension Report.Notice {
    /// Says that a file's last line was cut off.
    static func torn(_ path: String) -> Report.Notice {
        Report.Notice(
            severity: .note,
            text:
                "\(path) ends in a torn line, which is left out: its writer was stopped or still runs."
        )
    }
}
