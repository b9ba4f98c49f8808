import ArgumentParser
import Bench
import Console
import Geo
import Manifests

/// What a data set holds.
struct InfoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Check a data set's folder and list what it holds.",
        discussion: "matter-bench info OSCD")

    @Argument(help: "Folder that holds OSCD's images and labels.")
    var folder: String

    @Option(help: "Images: rect (co-registered, 10 m) or native (10, 20, 60 m).")
    var images = OSCDImages.rect

    @OptionGroup var output: JSONOption

    /// The document that `--json` prints.
    private struct Report: Codable {
        let dataset: String
        let images: OSCDImages
        let sha256: SHA256Digest
        let cities: [CityFacts]
    }

    func run() throws {
        let dataset = try OSCDDataset(at: folder, images: images)
        let cities = try dataset.cities.map {
            CityFacts(try dataset.load($0, bands: Sentinel2Band.allCases))
        }
        let report = Report(
            dataset: dataset.split.dataSetName, images: images, sha256: try dataset.digests().whole,
            cities: cities)
        try output.print(report) { Self.lines(of: report) }
    }

    private static func lines(of report: Report) -> [String] {
        var table = Table(
            ["city", "split", "size", "first day", "second day", "changed %", "no data %"],
            alignments: [.left, .left, .right, .left, .left, .right, .right])
        for city in report.cities {
            table.add([
                city.city, city.split.rawValue, "\(city.width)×\(city.height)", city.days[0],
                city.days[1], ResultTable.percent(city.changedShare),
                city.noDataShare.map { ResultTable.percent($0) }.joined(separator: ", "),
            ])
        }
        let count = Dictionary(grouping: report.cities, by: \.split).mapValues(\.count)
        return table.lines + [
            "",
            "\(report.cities.count) cities: \(count[.train] ?? 0) train, \(count[.test] ?? 0) test",
            "digest: \(report.sha256)",
        ]
    }
}
