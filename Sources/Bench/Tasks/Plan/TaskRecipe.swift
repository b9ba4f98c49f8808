public import Manifests
import Recipes

/// A recipe of a task: what differs from the usual choices, and a grid of choices to go through.
///
/// Sections and keys are those of `TaskPlan`; what is left out is as usual. `[grid.SECTION]` lists values of a key of that
/// section: a run for each combination, keys in the order of their names.
public struct TaskRecipe: Sendable {
    /// One combination of the grid.
    public struct Combination: Sendable, Hashable {
        /// A name for its folder: "kind-unet_labels-0.1"; "run" where there is no grid.
        public let name: String
        /// The plan with its values.
        public let plan: TaskPlan
    }

    /// All combinations, in the grid's order.
    public let combinations: [Combination]
    /// The grid by dotted keys, as it is kept in `sweep.json`.
    public let grid: [String: [JSONValue]]

    /// Reads a recipe and resolves it.
    ///
    /// - Parameters:
    ///   - path: the file; nil for the usual choices of `task`.
    ///   - task: the task, which the recipe must not contradict.
    ///   - hasEncoder: whether a file is named, whose weights are used then unless the recipe says otherwise.
    ///   - settings: "section.key=value" in TOML, which win over the file; words need no quotation marks.
    ///   - adjust: what the caller fills in last.
    /// - Throws: `ManifestError`, 66 or 78 with line and column; `BenchError`, 78.
    public init(
        path: String?, task: TaskPlan.Task, hasEncoder: Bool = false, settings: [String] = [],
        adjusting adjust: (inout TaskPlan) -> Void = { _ in }
    ) throws {
        var first = TaskPlan(task)
        first.encoder.initialisation = hasEncoder ? .file : .random
        let usual = try JSONValue(encoding: first)
        var plan = usual
        var grid: [String: [JSONValue]] = [:]
        if let path {
            let document = try TOMLDocument(path: path)
            let check = TaskRecipeCheck(document: document, usual: usual)
            grid = try check.grid()
            try check.overlay(&plan)
        }
        for setting in settings {
            let document = try Self.document(of: setting)
            try TaskRecipeCheck(document: document, usual: usual).overlay(&plan)
        }
        guard plan["task"]?.string == task.rawValue else {
            throw BenchError(
                .configuration,
                "\(path ?? "task"): is a recipe of \(plan["task"]?.string ?? "no task"), not of \(task.rawValue)"
            )
        }
        self.grid = grid
        combinations = try Self.product(of: grid).map { choice in
            let plan = choice.reduce(plan) { $0.replacing($1.key, by: $1.value) }
            var resolved = try Self.decode(plan, path: path ?? "--set")
            adjust(&resolved)
            try resolved.check()
            return Combination(name: Self.name(of: choice), plan: resolved)
        }
        guard Set(combinations.map(\.name)).count == combinations.count else {
            throw BenchError(.configuration, "\(path ?? ""): the grid names a value twice")
        }
    }

    private static func decode(_ plan: JSONValue, path: String) throws -> TaskPlan {
        do {
            return try decodeStrictJSON(TaskPlan.self, from: Array(plan.serialized().utf8))
        } catch {
            throw BenchError(.configuration, "\(path): \(error)")
        }
    }

    private static func document(of setting: String) throws -> TOMLDocument {
        guard let equals = setting.firstIndex(of: "="), equals > setting.startIndex else {
            throw BenchError(
                .configuration, "--set \(setting): expected section.key=value, as in run.epochs=5")
        }
        let (key, value) = (setting[..<equals], setting[setting.index(after: equals)...])
        if let document = try? TOMLDocument(text: setting, path: "--set \(key)") {
            return document
        }
        let isWord = value.allSatisfy { $0.isLetter || $0.isNumber || "-_.".contains($0) }
        return try TOMLDocument(
            text: isWord ? "\(key)=\"\(value)\"" : setting, path: "--set \(key)")
    }

    // MARK: The grid

    private struct Choice {
        let key: String
        let number: Int
        let value: JSONValue
    }

    private static func product(of grid: [String: [JSONValue]]) -> [[Choice]] {
        grid.keys.sorted().reduce([[]]) { sofar, key in
            sofar.flatMap { before in
                (grid[key] ?? []).enumerated().map {
                    before + [Choice(key: key, number: $0.offset, value: $0.element)]
                }
            }
        }
    }

    private static func name(of choice: [Choice]) -> String {
        guard !choice.isEmpty else { return "run" }
        return choice.map { choice in
            let key = choice.key.split(separator: ".").last ?? ""
            let text = choice.value.string ?? choice.value.serialized()
            let isPlain =
                !text.isEmpty && text.utf8.count <= 40 && text.first != "."
                && text.allSatisfy { $0.isLetter || $0.isNumber || "-.".contains($0) }
            return "\(key)-\(isPlain ? text : String(choice.number))"
        }.joined(separator: "_")
    }
}

/// Lays a recipe's values over the usual ones, and says where something is wrong.
struct TaskRecipeCheck {
    let document: TOMLDocument
    let usual: JSONValue

    /// - Throws: `ManifestError`, 78, for keys that there are not and values of another kind.
    func overlay(_ plan: inout JSONValue) throws {
        for (name, value) in (document.value.object ?? [:]).sorted(by: { $0.key < $1.key })
        where name != "grid" {
            guard let section = value.object else {
                plan = try replacing(name, by: value, in: plan)
                continue
            }
            for (key, value) in section.sorted(by: { $0.key < $1.key }) {
                plan = try replacing("\(name).\(key)", by: value, in: plan)
            }
        }
    }

    /// The values of `[grid.SECTION]` by dotted key.
    ///
    /// - Throws: `ManifestError`, 78.
    func grid() throws -> [String: [JSONValue]] {
        var grid: [String: [JSONValue]] = [:]
        for (section, keys) in document.value["grid"]?.object ?? [:] {
            guard let keys = keys.object else {
                throw document.failure(
                    "grid.\(section)", atValue: true,
                    "must be a section, as in [grid.data] labels = [0.1, 1.0]")
            }
            for (key, values) in keys {
                guard let values = values.array, !values.isEmpty else {
                    throw document.failure(
                        "grid.\(section).\(key)", atValue: true, "must be a list of values")
                }
                for value in values {
                    _ = try replacing(
                        "\(section).\(key)", by: value, in: usual, at: "grid.\(section).\(key)")
                }
                grid["\(section).\(key)"] = values
            }
        }
        return grid
    }

    private func replacing(
        _ key: String, by value: JSONValue, in plan: JSONValue, at place: String? = nil
    ) throws -> JSONValue {
        let parts = key.split(separator: ".").map(String.init)
        guard let known = parts.reduce(usual, { $0?[$1] }),
            known.object == nil || key.hasSuffix("options")
        else {
            throw document.failure(
                place ?? key, atValue: false,
                "is no key of a task's recipe; the nearest is \(key.nearest(of: keys) ?? "")")
        }
        guard Self.fits(value, known) else {
            throw document.failure(
                place ?? key, atValue: true, "must be \(known.kind), not \(value.kind)")
        }
        return plan.replacing(key, by: value)
    }

    private static func fits(_ value: JSONValue, _ known: JSONValue) -> Bool {
        switch (value, known) {
        case (.integer, .integer), (.string, .string), (.bool, .bool), (.array, .array),
            (.object, .object):
            true
        // A number without fraction is kept as an integer.
        case (.integer, .number), (.number, .number), (.number, .integer): true
        default: false
        }
    }

    private var keys: [String] {
        (usual.object ?? [:]).flatMap { name, value in
            value.object.map { $0.keys.map { "\(name).\($0)" } } ?? [name]
        }
    }
}

extension JSONValue {
    /// The same with another value at a dotted key.
    fileprivate func replacing(_ key: String, by value: JSONValue) -> JSONValue {
        guard var members = object else { return self }
        let parts = key.split(separator: ".", maxSplits: 1).map(String.init)
        members[parts[0]] =
            parts.count == 1 ? value : (members[parts[0]] ?? [:]).replacing(parts[1], by: value)
        return .object(members)
    }
}
