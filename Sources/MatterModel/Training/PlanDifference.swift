package import Manifests

/// A value in which two records of runs differ.
package struct PlanDifference: CustomStringConvertible {
    /// The dotted key in the record: `plan.recipe.optimiser.learningRate`.
    package let key: String
    /// The value in the first record, and in the second; null where it is missing.
    package let old, new: JSONValue

    /// The key as people give it: without what stands before the keys of a recipe or a task.
    package var name: String {
        for prefix in ["plan.recipe.", "plan.task.", "plan."] where key.hasPrefix(prefix) {
            return String(key.dropFirst(prefix.count))
        }
        return key
    }

    /// "plan.recipe.run.steps: 6 there, 8 here".
    package var description: String {
        "\(key): \(old.serialized()) there, \(new.serialized()) here"
    }

    /// Every value in which two documents differ, by key.
    package static func all(_ old: JSONValue, _ new: JSONValue, at key: String = "")
        -> [PlanDifference]
    {
        guard let left = old.object, let right = new.object else {
            return old == new ? [] : [PlanDifference(key: key, old: old, new: new)]
        }
        return Set(left.keys).union(right.keys).sorted().flatMap { name in
            all(
                left[name] ?? .null, right[name] ?? .null,
                at: key.isEmpty ? name : "\(key).\(name)")
        }
    }
}

extension JSONValue {
    /// The same object with another member.
    package func with(_ name: String, _ value: JSONValue) -> JSONValue {
        .object((object ?? [:]).merging([name: value]) { $1 })
    }

    /// The same object without a member.
    package func without(_ name: String) -> JSONValue {
        .object((object ?? [:]).filter { $0.key != name })
    }
}
