public import Geo

/// Everything that is chosen about a pretraining run, read from a TOML file in which each value says where it comes from.
///
/// Each section is a type in a file of its own.
public struct Recipe: Codable, Hashable, Sendable {
    /// The recipe's name.
    public var name: String
    /// Which pixels are shown, and how.
    public var data: Data
    /// The patches that are compared.
    public var patches: Patches
    /// The texture refinement network.
    public var tern: Refinement
    /// The convolutional network.
    public var encoder: Encoder
    /// The surface residual encoder.
    public var encoding: Encoding
    /// What is minimised.
    public var loss: Loss
    /// How the weights move.
    public var optimiser: Optimiser
    /// How long, and what is kept.
    public var run: Run
}

extension Recipe {
    /// A small recipe whose keys and kinds of values are those of every recipe; tests train it.
    package static let example = Recipe(
        name: "example", data: .example, patches: .example, tern: .example, encoder: .example,
        encoding: .example, loss: .example, optimiser: .example, run: .example)

    /// The example with something in every list, a fraction in every number that may have one, and the keys that a recipe may leave
    /// out: the kinds of all values.
    package static var kinds: Recipe {
        var recipe = example
        recipe.encoder.aspp = [1]
        (recipe.optimiser.clip, recipe.optimiser.average) = (0.5, 0.5)
        (recipe.loss.margin, recipe.run.checkpointMinutes) = (0.5, 0.5)
        (recipe.data.pairs, recipe.patches.inferenceWindow) = (.all, 7)
        recipe.encoding.of = .mean
        return recipe
    }

    /// The sections by the names that they have in a file.
    var sections: [(name: String, section: any RecipeSection)] {
        [
            ("data", data), ("patches", patches), ("tern", tern), ("encoder", encoder),
            ("encoding", encoding), ("loss", loss), ("optimiser", optimiser), ("run", run),
        ]
    }

    /// What must hold between sections.
    private var rules: [RecipeRule] {
        [
            RecipeRule(
                key: "patches.window", holds: patches.window <= data.crop,
                demand: "must be no larger than data.crop"),
            RecipeRule(
                key: "patches.perImage", holds: patches.perImage <= 16384 / max(data.batch, 1),
                demand:
                    "must not make more than 16384 patches with data.batch: all are compared with all"
            ),
            RecipeRule(
                key: "patches.perImage", holds: patches.perImage > 1 || data.batch > 1,
                demand:
                    "must make two patches or more with data.batch: one has nothing to differ from"
            ),
            RecipeRule(
                key: "encoder.features", holds: valuesBehindTrunk <= Double(1 << 27),
                demand:
                    "must not make more than 2^27 learned values with encoder.aspp and encoding.clusters"
            ),
        ]
    }

    /// Learned values behind the ResNet, of which a recipe may ask for more than any memory holds; with the most maps that a ResNet has.
    private var valuesBehindTrunk: Double {
        let (maps, features) = (2048.0, Double(encoder.features))
        let branches = Double(encoder.aspp.count)
        let context = (9 * branches + 2) * maps * features + (branches + 2) * features * features
        let centres = encoding.enabled ? Double(encoding.clusters) * features : 0
        return (encoder.aspp.isEmpty ? maps * features : context) + centres
    }

    /// What cannot work, as (key, reason), or nil.
    var problem: (key: String, reason: String)? {
        let own = sections.flatMap { name, section in
            section.rules.map { rule in
                RecipeRule(key: "\(name).\(rule.key)", holds: rule.holds, demand: rule.demand)
            }
        }
        return (own + rules).first { !$0.holds }.map { ($0.key, $0.demand) }
    }

    /// The bands as values; nil if a name is none or is there twice.
    public var bands: [Sentinel2Band]? { data.sentinel2Bands }
}
