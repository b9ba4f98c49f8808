import Foundation
import Manifests

/// An image of a release and what its footprints are in.
struct SpaceNetChip: Sendable, Hashable {
    /// The image's name without folder and ending: "AOI_2_Vegas_img1".
    let key: String
    /// The raster, relative to the root.
    let image: String
    /// The GeoJSON or CSV file, relative to the root.
    var footprints: String
    /// The GeoJSON file of what cannot be used, relative to the root; nil where there is none, or nobody asks.
    var unusable: String?
}

/// Finds the images and footprints of a release below a folder, and pairs them.
///
/// Archives are found where they are unpacked: in the root itself, in folders below it, or in and below `train`.
struct SpaceNetFolder {
    let root: String
    private(set) var chips: [SpaceNetChip] = []
    private(set) var remarks: [String] = []
    private let form: SpaceNetForm
    private let images: SpaceNetForm.Images
    private let labels: String
    private let ground: (String) -> String
    /// Folders that may hold the images' and footprints' folders, relative to the root; "" is the root itself.
    private let parts: [String]
    /// The folder of each image by its key, where footprints are in tables.
    private var partOf: [String: String] = [:]

    /// Looks for all files.
    ///
    /// - Throws: `BenchError`: 66 naming what is missing, or where the data set was found instead; 65 for two files of one name.
    ///   `ManifestError`, 77, for a folder that may not be listed.
    init(
        _ given: String, form: SpaceNetForm, images: SpaceNetForm.Images, labels: String,
        ground: @escaping (String) -> String
    ) throws {
        root = FileSystem.trimmed(given)
        (self.form, self.images, self.labels, self.ground) = (form, images, labels, ground)
        guard FileSystem.isFolder(root) else {
            throw BenchError(
                .missing, "\(root): no such folder; name the folder that holds \(images.name)")
        }
        parts = try Self.parts(of: root)
        let found = try imageFiles()
        guard !found.isEmpty else { throw notHere() }
        try pair(found)
    }

    // MARK: Folders

    private static func parts(of root: String) throws -> [String] {
        var parts = [""]
        for folder in ["", "train"] where folder.isEmpty || FileSystem.isFolder("\(root)/\(folder)")
        {
            for name in try names(in: join(root, folder)) {
                let part = join(folder, name)
                if !parts.contains(part), FileSystem.isFolder("\(root)/\(part)") {
                    parts.append(part)
                }
            }
        }
        return parts
    }

    private static func join(_ folder: String, _ name: String) -> String {
        folder.isEmpty ? name : name.isEmpty ? folder : "\(folder)/\(name)"
    }

    /// The names in a folder, sorted.
    private static func names(in folder: String) throws -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        } catch {
            throw ManifestError(.notPermitted, path: folder, "cannot list the folder")
        }
    }

    /// Files with an ending in a folder, relative to the root; none where there is no such folder.
    private func files(_ folder: String, in part: String, ending: String) throws -> [String] {
        let path = Self.join(part, folder)
        guard FileSystem.isFolder("\(root)/\(path)") else { return [] }
        return try Self.names(in: "\(root)/\(path)").filter {
            $0.hasSuffix(ending) && !$0.hasPrefix(".")
        }.map { "\(path)/\($0)" }
    }

    private func notHere() -> BenchError {
        let wanted = "\(images.name)/\(form.namesBeginWithFolder ? "\(images.name)_" : "")….tif"
        if let place = neighbour() {
            return BenchError(.missing, "\(root): no \(wanted) in it; found it \(place)")
        }
        let others = form.images.map(\.name).filter { name in
            name != images.name
                && parts.contains { FileSystem.isFolder("\(root)/\(Self.join($0, name))") }
        }
        let hint =
            others.isEmpty
            ? "unpack the archive again"
            : "there are \(others.joined(separator: ", ")): choose with --option images="
        return BenchError(
            .missing, "\(root): expected \(wanted), or that in a folder below; \(hint)")
    }

    private func neighbour() -> String? {
        let holds = { (folder: String) in
            (try? Self.parts(of: folder))?.contains {
                FileSystem.isFolder("\(folder)/\(Self.join($0, images.name))")
            } ?? false
        }
        for part in parts where !part.isEmpty && holds("\(root)/\(part)") {
            return "one level below: use \(root)/\(part)"
        }
        guard let slash = root.lastIndex(of: "/"), slash != root.startIndex else { return nil }
        let above = String(root[..<slash])
        return holds(above) ? "one level above: use \(above)" : nil
    }

    // MARK: Files

    private struct ImageFile {
        let key: String
        let path: String
        let part: String
    }

    private func imageFiles() throws -> [ImageFile] {
        var found: [ImageFile] = []
        let prefix = form.namesBeginWithFolder ? "\(images.name)_" : ""
        for part in parts {
            for path in try files(images.name, in: part, ending: ".tif") {
                let name = FileSystem.name(of: path).dropLast(4)
                guard name.hasPrefix(prefix) else {
                    throw BenchError(
                        .invalid,
                        "\(root)/\(path): expected a name that begins with \(prefix); remove the file"
                    )
                }
                found.append(
                    ImageFile(key: String(name.dropFirst(prefix.count)), path: path, part: part))
            }
        }
        found.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        for (file, next) in zip(found, found.dropFirst()) where file.key == next.key {
            throw BenchError(
                .invalid,
                "\(root)/\(file.path) and \(next.path) both are \(file.key); remove one")
        }
        return found
    }

    /// Files of outlines by the ground that they are of.
    private func outlineFiles(
        in places: [SpaceNetForm.Footprints]
    ) throws -> [String: String] {
        var found: [String: String] = [:]
        for place in places {
            for part in parts {
                for path in try files(place.folder, in: part, ending: place.suffix) {
                    let name = FileSystem.name(of: path)
                    guard name.hasPrefix(place.prefix) else { continue }
                    let ground = String(
                        name.dropFirst(place.prefix.count).dropLast(place.suffix.count))
                    if let other = found.updateValue(path, forKey: ground) {
                        throw BenchError(
                            .invalid,
                            "\(root)/\(other) and \(path) both are footprints of \(ground); remove one"
                        )
                    }
                }
            }
        }
        return found
    }

    /// The CSV files whose pixels are those of the images.
    func tableFiles() throws -> [String] {
        guard let folder = form.tables, let part = images.table else {
            throw BenchError(
                .configuration,
                "labels=csv: there are no outlines in pixels of \(images.name); use labels=geojson")
        }
        let found = try parts.flatMap { try files(folder, in: $0, ending: ".csv") }.filter {
            part.isEmpty || FileSystem.name(of: $0).lowercased().contains(part)
        }
        guard !found.isEmpty else {
            throw BenchError(
                .missing,
                "\(root): no CSV file of \(images.name) in \(folder); unpack the footprints here")
        }
        return found
    }

    // MARK: Pairs

    private mutating func pair(_ found: [ImageFile]) throws {
        guard labels != "csv" else {
            chips = found.map { SpaceNetChip(key: $0.key, image: $0.path, footprints: "") }
            partOf = Dictionary(uniqueKeysWithValues: found.map { ($0.key, $0.part) })
            return
        }
        let footprints = try outlineFiles(in: form.footprints.filter { $0.choice == labels })
        var missing: [String: [String]] = [:]
        for file in found where footprints[ground(file.key)] == nil {
            missing[file.part, default: []].append(file.key)
        }
        let counts = Dictionary(grouping: found, by: \.part).mapValues(\.count)
        for (part, keys) in missing.sorted(by: { $0.key < $1.key }) {
            try leaveOut(keys, of: counts[part] ?? 0, in: part)
        }
        chips = found.compactMap { file in
            footprints[ground(file.key)].map {
                SpaceNetChip(key: file.key, image: file.path, footprints: $0)
            }
        }
        guard !chips.isEmpty else { throw noFootprints() }
        let grounds = Set(chips.map { ground($0.key) })
        if let alone = footprints.keys.filter({ !grounds.contains($0) }).min() {
            throw BenchError(
                .missing,
                "\(root)/\(footprints[alone] ?? ""): its image \(images.name) \(alone) is missing; unpack the archive again"
            )
        }
    }

    /// Leaves out parts of which tables name no image: the release's test parts.
    ///
    /// A part of which they name some is torn: it stays, and is refused.
    mutating func leaveOutParts(where isNamed: (String) -> Bool) {
        let parts = Dictionary(grouping: chips.map(\.key)) { partOf[$0] ?? "" }
        for (part, keys) in parts.sorted(by: { $0.key < $1.key })
        where parts.count > 1 && !keys.contains(where: isNamed) {
            chips.removeAll { partOf[$0.key] == part }
            remarkOnLeftOut(keys.count, of: keys.count, in: part)
        }
    }

    /// Says in which file the footprints of each image are.
    mutating func nameFootprints(_ file: (String) -> String) {
        for index in chips.indices { chips[index].footprints = file(chips[index].key) }
    }

    /// Finds the outlines of what cannot be used in the images, where the release has such.
    ///
    /// - Throws: `BenchError`, 65, for two files of one image; `ManifestError`, 77.
    mutating func findUnusable() throws {
        guard let place = form.unusable else { return }
        let files = try outlineFiles(in: [place])
        for chip in chips.indices { chips[chip].unusable = files[ground(chips[chip].key)] }
        let missing = chips.count { $0.unusable == nil }
        guard missing > 0 else { return }
        remarks.append(
            "\(missing) of \(chips.count) images have no \(place.folder)/…\(place.suffix): all of their pixels are used"
        )
    }

    /// A part without any footprints is the release's test part; one that lacks some is torn.
    private mutating func leaveOut(_ keys: [String], of count: Int, in part: String) throws {
        guard keys.count == count || form.mayLackFootprints else {
            throw BenchError(
                .missing,
                "\(Self.join(root, part)): expected \(count) footprint files, found \(count - keys.count): missing \(keys.prefix(3).joined(separator: ", "))\(keys.count > 3 ? ", …" : ""); unpack the archive again"
            )
        }
        remarkOnLeftOut(keys.count, of: count, in: part)
    }

    private mutating func remarkOnLeftOut(_ missing: Int, of count: Int, in part: String) {
        remarks.append(
            "\(part.isEmpty ? root : part): \(missing) of \(count) images have no footprints and are left out"
        )
    }

    private func noFootprints() -> BenchError {
        let places = form.footprints.filter { $0.choice == labels }.map {
            "\($0.folder)/\($0.prefix)…\($0.suffix)"
        }
        return BenchError(
            .missing,
            "\(root): no footprints; expected \(places.joined(separator: " or ")) (other forms: --option labels=\(form.labelChoices.filter { $0 != labels }.joined(separator: "|")))"
        )
    }
}
