import Store

extension TaskInputs {
    /// Of images with answers of their own: which classes no training sample has, in a sentence; nil where each has one.
    func missingClasses(_ classes: [String]) -> String? {
        guard !plan.task.isDense else { return nil }
        var isThere = [Bool](repeating: false, count: classes.count)
        for index in labelled.indices {
            switch training.target(index) {
            case .category(let category) where isThere.indices.contains(category):
                isThere[category] = true
            case .categories(let row):
                for (number, value) in zip(isThere.indices, row) where value != 0 {
                    isThere[number] = true
                }
            default: break
            }
        }
        let missing = zip(classes, isThere).filter { !$0.1 }.map(\.0)
        guard !missing.isEmpty else { return nil }
        let rest = missing.count > 8 ? " and \(missing.count - 8) more" : ""
        return
            "of \(labelled.indices.count) training samples none is of \(missing.prefix(8).joined(separator: ", "))\(rest)"
    }
}
