import Manifests

/// A preparation's output folder: the alignment of its regions.
struct PrepFolder {
    let alignment: [Report.Alignment]
    let manifestDigest: String?
    let inputs: [Report.Input]

    private struct Region: Decodable {
        var region: String
        var dates: [Date]
    }

    private struct Date: Decodable {
        struct Residual: Decodable {
            var median: Double?
        }

        var date: String
        var status: String
        var reason: String?
        var shift: Report.Shift?
        var trueShift: Report.Shift?
        var residual: Residual?
    }

    /// Reads a folder.
    /// - Throws: `EvalError` or `ManifestError`: 66 when nothing was aligned there, 65 with file and line.
    init(_ folder: String) throws {
        var log = try InputLog(folder: folder, role: "prep/\(InputLog.name(of: folder))")
        let names = log.names(in: "alignment").filter { $0.hasSuffix(".json") }
        guard !names.isEmpty else {
            throw EvalError(
                .missing, log.path("alignment"), "holds no <region>.json; run matter-prep run first"
            )
        }
        var regions: [Report.Alignment] = []
        for name in names {
            let region = try log.read(Region.self, from: "alignment/\(name)")
            let dates = region.dates.sorted { $0.date < $1.date }.map(Self.aligned)
            regions.append(Report.Alignment(region: region.region, dates: dates))
        }
        alignment = regions.sorted { $0.region < $1.region }
        if log.exists("manifest.jsonl") { try log.note("manifest.jsonl") }
        manifestDigest = log.inputs.first { $0.path.hasSuffix("/manifest.jsonl") }?.sha256
        inputs = log.inputs
    }

    private static func aligned(_ date: Date) -> Report.AlignedDate {
        var error: Double?
        if let found = date.shift, let known = date.trueShift {
            let (rows, columns) = (found.rows - known.rows, found.columns - known.columns)
            error = (rows * rows + columns * columns).squareRoot()
        }
        return Report.AlignedDate(
            date: date.date, status: date.status, reason: date.reason, found: date.shift,
            known: date.trueShift, errorInPixels: error, residualInPixels: date.residual?.median)
    }
}
