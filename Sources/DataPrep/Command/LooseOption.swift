public import ArgumentParser
public import DataPrep

extension LooseOffset: ExpressibleByArgument {}

/// What is said of band files that come without metadata; what is not given is as it was.
struct LooseOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Whether files without metadata have the offset of baseline 04.00. Default: not known.",
            discussion:
                "Only of files that do not say it, in no folder named like a product. absent: numbers are reflectance × "
                + "10000; by-date: 1000 more from 2022-01-25 on, as delivered; present: 1000 more in all. Dates on both "
                + "sides of that day are refused where it is not known."))
    var looseOffset: LooseOffset?

    func apply(to settings: inout PrepSettings) {
        settings.looseOffset = looseOffset ?? settings.looseOffset
    }
}
