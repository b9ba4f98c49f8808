import Manifests

/// Titles of methods, no two alike: where what is usually told of them is the same, so much is added as tells them apart.
struct RunTitles {
    /// A title a method.
    private(set) var titles: [String]
    /// Methods that nothing but their encoders' content or their folders tells from others.
    private(set) var nameless: Set<Int> = []

    /// Makes titles.
    ///
    /// - Parameter methods: The first run of each.
    init(_ methods: [TaskRun]) {
        titles = methods.map(\.record.method.title)
        for same in Dictionary(grouping: methods.indices, by: { titles[$0] }).values
        where same.count > 1 {
            tell(same, of: methods)
        }
    }

    /// What can be told of a run, in the order of how much it says to people; the last two say what it is, not what it is about.
    private static let aspects: [@Sendable (TaskRun) -> String?] = [
        { $0.record.dataset }, { $0.record.split }, { $0.record.method.architecture },
        { $0.record.method.recipe.map { "recipe \($0)" } },
        { $0.record.method.bands.map { "bands \($0.joined(separator: " "))" } },
        { $0.record.method.initialisation.map { "begun with \($0)" } },
    ]

    private static let content: [@Sendable (TaskRun) -> String?] = [
        { $0.encoderDigest.map { "encoder \($0.prefix(8))" } }, { $0.name },
    ]

    private mutating func tell(_ same: [Int], of methods: [TaskRun]) {
        let plans = Self.differences(same.map { methods[$0].plan })
        add(Self.aspects.map { aspect in same.map { aspect(methods[$0]) } } + [plans], to: same)
        let alike = same.filter { place in
            same.contains { $0 != place && titles[$0] == titles[place] }
        }
        nameless.formUnion(alike)
        add(Self.content.map { aspect in alike.map { aspect(methods[$0]) } }, to: alike)
    }

    /// Adds what differs, until no two titles are alike.
    private mutating func add(_ told: [[String?]], to same: [Int]) {
        for values in told where Set(values).count > 1 {
            guard Set(same.map { titles[$0] }).count < same.count else { return }
            for (place, value) in zip(same, values) {
                titles[place] += value.map { ", \($0)" } ?? ""
            }
        }
    }

    /// Of some plans what differs among them: "optimiser.learningRate 0.01".
    private static func differences(_ plans: [JSONValue]) -> [String?] {
        let all = plans.map { leaves($0) }
        let keys = Set(all.flatMap(\.keys)).filter { key in Set(all.map { $0[key] }).count > 1 }
        return all.map { plan in
            let texts = keys.sorted().compactMap { key in plan[key].map { "\(key) \($0)" } }
            let shown = texts.prefix(4) + (texts.count > 4 ? ["…"] : [])
            return shown.isEmpty ? nil : shown.joined(separator: ", ")
        }
    }

    private static func leaves(_ value: JSONValue, _ place: String = "") -> [String: String] {
        guard let members = value.object else {
            return [place: value.string ?? value.serialized()]
        }
        return members.reduce(into: [:]) { all, member in
            let name = place.isEmpty ? member.key : "\(place).\(member.key)"
            all.merge(leaves(member.value, name)) { first, _ in first }
        }
    }
}
