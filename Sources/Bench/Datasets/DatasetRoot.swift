/// Where a data set lies: the folder that holds certain others.
enum DatasetRoot {
    /// The folder as it was given, without a trailing slash, if it holds all of some others.
    ///
    /// - Throws: `BenchError`, 66, that names what is missing, or where the data set was found instead.
    static func find(_ given: String, holding folders: [String], dataset: String) throws -> String {
        let root = FileSystem.trimmed(given)
        guard FileSystem.isFolder(root) else {
            throw BenchError(
                .missing, "\(root): no such folder; name the folder that holds \(dataset)")
        }
        guard let missing = missing(folders, in: root) else { return root }
        if let elsewhere = neighbour(of: root, holding: folders) {
            throw BenchError(.missing, "\(root): \(missing) is not in it; found it \(elsewhere)")
        }
        throw BenchError(
            .missing, "\(root)/\(missing): not there; unpack \(dataset)'s archives in \(root)")
    }

    private static func missing(_ folders: [String], in root: String) -> String? {
        folders.first { !FileSystem.isFolder("\(root)/\($0)") }
    }

    private static func neighbour(of root: String, holding folders: [String]) -> String? {
        let above = root.split(separator: "/").dropLast().joined(separator: "/")
        let parent = (root.hasPrefix("/") ? "/" : "") + above
        if !parent.isEmpty, missing(folders, in: parent) == nil {
            return "one level above: use \(parent)"
        }
        // A wrong folder may hold a million others.
        for name in FileSystem.names(in: root).prefix(1000)
        where missing(folders, in: "\(root)/\(name)") == nil {
            return "one level below: use \(root)/\(name)"
        }
        return nil
    }
}
