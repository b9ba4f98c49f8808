public import ArgumentParser
public import MatterModel

extension RecipeSetting: ExpressibleByArgument {
    /// Reads `KEY=VALUE`.
    public init?(argument: String) {
        self.init(argument)
    }
}

/// `--set KEY=VALUE`: values in the place of a recipe's own.
struct SettingOptions: ParsableArguments {
    @Option(
        name: .customLong("set"),
        help:
            "A value in the place of the recipe's, as in tern.kernel=cosine-similar; may be given again."
    )
    var settings: [RecipeSetting] = []
}
