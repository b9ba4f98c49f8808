public import ArgumentParser
import Console
public import DataPrep

extension ExportFormat: ExpressibleByArgument {}

/// Makes catalogues and other layouts of a finished folder.
struct PublishCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish", abstract: "Describes a folder of tiles for other programs.",
        discussion: """
            stac: a STAC 1.1 collection and items. kwcoco: a video a tile. croissant: a GeoCroissant card. peo: \
            region/crop_NNNN/date/BAND.tif. All but peo refer to the tiles where they are.

              matter-prep publish tiles --format stac --to tiles-stac
            """)

    @Argument(help: "A finished folder that matter-prep run or merge wrote.")
    var folder: String

    @Option(help: "stac, kwcoco, croissant or peo.")
    var format: ExportFormat

    @Option(help: "The folder to write.")
    var to: String

    @Option(help: "A short name for the data. Default: matter-tiles.")
    var name: String?

    @Option(help: "A sentence about the data.")
    var description: String?

    @Option(help: "Where the data's licence is written (URL). Default: Sentinel's legal notice.")
    var license: String?

    @Option(help: "How the data are cited. Default: Contains modified Copernicus Sentinel data.")
    var citation: String?

    @Option(help: "Day of publication, as in 2026-05-01. Default: none is said.")
    var published: String?

    @OptionGroup var json: JSONOption
    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        guard let published, SensingTime(published)?.day != published else { return }
        throw ValidationError("--published \(published): give a day, as in 2026-05-01.")
    }

    func run() throws {
        var about = Publication.About()
        about.name = name ?? about.name
        about.description = description ?? about.description
        about.license = license ?? about.license
        about.citation = citation ?? about.citation
        about.published = published ?? about.published
        let publication = try Publication(of: folder, as: format, to: to, about: about)
        let files = try publication.run(checkStop: StopSignal().check)
        try json.print(files) { ["\(to): \(files.count) files, the last is \(files.last ?? "")"] }
    }
}
