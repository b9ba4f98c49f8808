import ArgumentParser
import Bench

/// A data set on the command line: its name, its folder, what may be chosen.
struct DatasetArguments: ParsableArguments {
    @Argument(
        help: "Name of the data set: \(DatasetRegistry.names.joined(separator: ", ")).")
    var dataset: String

    @Argument(help: "Folder that holds it.")
    var root: String

    @Option(help: "A choice of the data set's, such as images=native; may be given several times.")
    var option: [String] = []

    @Flag(help: "Refuse what is mended otherwise, and other versions than the published.")
    var strict = false

    func validate() throws { _ = try options() }

    /// Opens the data set.
    func open() throws -> any Dataset {
        try DatasetRegistry.open(dataset, at: root, options: options())
    }

    /// "name=value" as the data set takes it.
    func options() throws -> DatasetOptions {
        DatasetOptions(try Self.values(of: option), isStrict: strict)
    }

    /// "name=value", each name once.
    static func values(of option: [String]) throws -> [String: String] {
        var values: [String: String] = [:]
        for text in option {
            guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
                throw ValidationError("--option is name=value, not \(text).")
            }
            let name = String(text[..<equals])
            guard
                values.updateValue(String(text[text.index(after: equals)...]), forKey: name) == nil
            else { throw ValidationError("--option \(name) is given twice.") }
        }
        return values
    }
}
