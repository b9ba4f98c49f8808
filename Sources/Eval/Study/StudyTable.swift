import Metrics

/// A study in numbers: each method's scores by seed, and how the reference differs from it.
struct StudyTable: Codable {
    /// One method.
    struct Row: Codable {
        /// The variant's name, or the method's where it is no variant.
        let name: String
        /// What is unlike the reference's recipe, by key.
        let changes: [Change]
        /// The seeds, rising; none for a method that has no random choice.
        let seeds: [UInt64]
        /// By the score's name, one value a seed.
        let values: [String: [Double?]]
    }

    /// A setting that is not the reference's.
    struct Change: Codable {
        /// The recipe's dotted key.
        let setting: String
        /// The value in the reference and in the row; a dash where a recipe has no such key.
        let reference, value: String
    }

    /// Reference minus row, on the seeds that both have.
    struct Difference: Codable {
        let name: String
        /// Corrected for the number of rows.
        let seeds: SeedDifference
    }

    let rows: [Row]

    init(_ runs: StudyRuns) {
        let reference = runs.variants[0]
        var rows = [Self.row(of: reference, method: "matter", name: reference.name, against: nil)]
        for method in reference.runs[0].methods where method.id != "matter" {
            let name = method.title
            rows.append(Self.row(of: reference, method: method.id, name: name, against: nil))
        }
        for variant in runs.variants.dropFirst() {
            rows.append(
                Self.row(
                    of: variant, method: "matter", name: variant.name, against: reference.runs[0]))
        }
        self.rows = rows
    }

    private static func row(
        of variant: StudyRuns.Variant, method: String, name: String, against reference: StudyRun?
    ) -> Row {
        // Change vector analysis has no weights: every seed's run holds the same numbers.
        let isFixed = method == "cva"
        let runs = isFixed ? Array(variant.runs.prefix(1)) : variant.runs
        var values: [String: [Double?]] = [:]
        for score in variant.runs[0].scores {
            values[score.id] = runs.map { run in
                run.methods.first { $0.id == method }?.values[score]
            }
        }
        return Row(
            name: name, changes: reference.map { changes(from: $0, to: variant.runs[0]) } ?? [],
            seeds: isFixed ? [] : runs.map(\.seed), values: values)
    }

    private static func changes(from old: StudyRun, to new: StudyRun) -> [Change] {
        Set(old.settings.keys).union(new.settings.keys).sorted().compactMap { key in
            let (reference, value) = (old.settings[key], new.settings[key])
            guard reference != value else { return nil }
            return Change(setting: key, reference: reference ?? "–", value: value ?? "–")
        }
    }

    /// How far the first row is ahead of the others by a score.
    func differences(by score: String) -> [Difference] {
        let others = rows.dropFirst()
        let seeds = SeedDifference.corrected(others.map { difference(to: $0, by: score) })
        return zip(others, seeds).map { Difference(name: $0.name, seeds: $1) }
    }

    private func difference(to row: Row, by score: String) -> SeedDifference {
        let reference = rows[0]
        let own = reference.values[score] ?? []
        let others = row.values[score] ?? []
        return SeedDifference(
            of: zip(reference.seeds, own).compactMap { seed, value -> Double? in
                let place = row.seeds.isEmpty ? 0 : row.seeds.firstIndex(of: seed)
                guard let value, let place, let other = others[place] else { return nil }
                return value - other
            })
    }
}
