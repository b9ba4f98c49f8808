/// Where the parts of the published OSCD folder lie.
struct OSCDLayout: Sendable, Hashable {
    private static let prefix = "Onera Satellite Change Detection dataset - "
    private static let folders = ["Images", "Train Labels", "Test Labels"].map { prefix + $0 }

    /// The folder that holds the three others.
    let root: String

    /// Finds the three folders right below `root`.
    ///
    /// - Throws: `BenchError`, 66, that names what is missing, or where the data set was found instead.
    init(root given: String) throws {
        root = FileSystem.trimmed(given)
        guard FileSystem.isFolder(root) else {
            throw BenchError(.missing, "\(root): no such folder; name the folder that holds OSCD")
        }
        guard let missing = Self.missingFolder(in: root) else { return }
        if let elsewhere = Self.neighbour(of: root) {
            throw BenchError(
                .missing, "\(root): \"\(missing)\" is not in it; found it \(elsewhere)")
        }
        throw BenchError(
            .missing,
            "\(root)/\(missing): not there; unpack the images and both label archives here")
    }

    var images: String { "\(root)/\(Self.folders[0])" }

    func labels(of split: SplitName) -> String {
        "\(root)/\(Self.folders[split == .train ? 1 : 2])"
    }

    /// A path below the root, as the digest names it.
    func relative(_ path: String) -> String { String(path.dropFirst(root.count + 1)) }

    private static func missingFolder(in folder: String) -> String? {
        folders.first { !FileSystem.isFolder("\(folder)/\($0)") }
    }

    private static func neighbour(of root: String) -> String? {
        for name in FileSystem.names(in: root) where missingFolder(in: "\(root)/\(name)") == nil {
            return "one level below: use \(root)/\(name)"
        }
        let parent = root.contains("/") ? root.split(separator: "/").dropLast() : []
        let above = (root.hasPrefix("/") ? "/" : "") + parent.joined(separator: "/")
        guard !parent.isEmpty, missingFolder(in: above) == nil else { return nil }
        return "one level above: use \(above)"
    }
}
