import Foundation
import Geo
import Manifests
import Raster
import Recipes

/// One TOML file that says all of a preparation: regions with their scenes, settings, and the output folder.
///
/// Paths in it are relative to the file's own folder. What it leaves out has the value of `PrepSettings`.
public struct PrepRecipe: Hashable, Sendable {
    /// The regions, in the order of the file.
    public private(set) var regions: [RegionInput] = []
    /// The settings.
    public internal(set) var settings = PrepSettings()
    /// How unchanged ground is looked for; `nil` without a table `[unchanged]`, or where that says `enabled = false`.
    public var unchanged: UnchangedSettings? { looksForUnchanged ? unchangedSettings : nil }
    /// What is published; nothing without a table `[publish]`.
    public internal(set) var publish = PublishOrder()
    /// Minutes that Sen2Cor may work on one product, 0 for no limit; what is made depends on it in no other way.
    public internal(set) var sen2corMinutes = Sen2Cor.usualMinutes
    /// The output folder, where the file names one.
    public internal(set) var output: String?

    var looksForUnchanged = false
    var unchangedSettings = UnchangedSettings()

    /// Reads a recipe.
    /// - Throws: `ManifestError`: `missing`, or `configuration` with line and column for an unknown key, a wrong type or value.
    public init(path: String) throws {
        try self.init(TOMLDocument(path: path))
    }

    /// Reads a recipe from text; `path` stands in messages, and its folder is what paths are relative to.
    /// - Throws: `ManifestError` (`configuration`) with line and column for an unknown key, a wrong type or value.
    public init(text: String, path: String) throws {
        try self.init(TOMLDocument(text: text, path: path))
    }

    private init(_ document: TOMLDocument) throws {
        let folder = URL(filePath: document.path).deletingLastPathComponent().path
        looksForUnchanged = document.value["unchanged"]?.object != nil
        for (name, value) in (document.value.object ?? [:]).sorted(by: { $0.key < $1.key }) {
            if name == "region" {
                try readRegions(value, document)
            } else if let members = value.object, Self.sections.contains(name) {
                for (member, value) in members.sorted(by: { $0.key < $1.key }) {
                    try set("\(name).\(member)", value, document)
                }
            } else {
                try set(name, value, document)
            }
        }
        guard settings.tileStride ?? 1 <= settings.tileSize else {
            throw document.failure(
                "tiles.stride", atValue: true, "must be at most tiles.size, \(settings.tileSize)")
        }
        output = output.map { Self.absolute($0, in: folder) }
        publish.folder = publish.folder.map { Self.absolute($0, in: folder) }
        regions = regions.map { region in
            RegionInput(
                name: region.name, paths: region.paths.map { Self.absolute($0, in: folder) })
        }
    }

    private static func absolute(_ path: String, in folder: String) -> String {
        path.hasPrefix("/") ? path : "\(folder)/\(path)"
    }

    // MARK: Keys

    private static let sections = Set(
        PrepRecipeKey.all.compactMap { $0.name.contains(".") ? $0.name.prefix { $0 != "." } : nil }
            .map(String.init))

    private mutating func set(_ name: String, _ value: JSONValue, _ document: TOMLDocument) throws {
        guard let key = PrepRecipeKey.all.first(where: { $0.name == name }) else {
            if Self.sections.contains(name) {
                throw document.failure(name, atValue: true, "must be a section, as in [\(name)]")
            }
            let known = PrepRecipeKey.all.map(\.name) + ["region.name", "region.paths"]
            throw document.failure(
                name, atValue: false,
                "is no key of a recipe; the nearest is \(name.nearest(of: known) ?? "")")
        }
        guard key.set(&self, value) else {
            throw document.failure(name, atValue: true, "must be \(key.expected)")
        }
    }

    private mutating func readRegions(_ value: JSONValue, _ document: TOMLDocument) throws {
        guard let tables = value.array, tables.allSatisfy({ $0.object != nil }) else {
            throw document.failure("region", atValue: true, "must be sections, as in [[region]]")
        }
        for (index, table) in tables.enumerated() {
            let place = "region.\(index)"
            for key in (table.object ?? [:]).keys.sorted() where key != "name" && key != "paths" {
                let nearest = key.nearest(of: ["name", "paths"]) ?? ""
                throw document.failure(
                    "\(place).\(key)", atValue: false,
                    "is no key of a region; the nearest is \(nearest)")
            }
            let name = table["name"]?.string ?? ""
            if let problem = RegionInput.problem(withName: name) {
                throw document.failure(
                    table["name"] == nil ? place : "\(place).name", atValue: true,
                    "needs a name: \(problem)")
            }
            guard !regions.contains(where: { $0.name.lowercased() == name.lowercased() }) else {
                throw document.failure(
                    "\(place).name", atValue: true, "is there twice, in any case of letters")
            }
            guard let paths = table["paths"]?.texts, !paths.isEmpty, !paths.contains("") else {
                throw document.failure(
                    table["paths"] == nil ? place : "\(place).paths", atValue: true,
                    "needs paths: a list of scenes, files or folders, as in [\"scenes/T33UUU\"]")
            }
            regions.append(RegionInput(name: name, paths: paths))
        }
    }
}

extension JSONValue {
    /// The texts of a list of texts, or nil.
    var texts: [String]? {
        guard let array else { return nil }
        let texts = array.compactMap(\.string)
        return texts.count == array.count ? texts : nil
    }
}
