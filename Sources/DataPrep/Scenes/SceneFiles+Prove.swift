import Foundation
import Geo
import Manifests
import Raster

/// A file of a scene that was proven.
struct ProvenInput: Sendable {
    /// What the run's record says of it.
    let digest: InputDigest
    /// The file as it was then; nil for one on the network.
    let identity: FileIdentity?
    /// The digest that the product itself gives of it, where it does.
    let checksum: String?
    /// Whether an earlier start had proven it, so that it was not read again.
    let isKnown: Bool

    /// Gives the digest of a file that was proven before and is the same since, by its name in the record; else nil.
    typealias Knowledge = (_ name: String, FileIdentity, _ checksum: String?) -> InputDigest?
}

extension SceneFiles {
    /// Proves every file that will be read: there, whole by the product's own checksums, and openable.
    ///
    /// What says how pixels are read is recorded too; it is not held against `manifest.safe`, since archives that hand
    /// out single files write a product's metadata anew and leave its manifest as it was.
    ///
    /// - Parameters:
    ///   - bands: the bands that are read.
    ///   - known: files that need not be read again.
    /// - Returns: the digests for the run record, named below the scene, each file once.
    /// - Throws: `PrepError`: `missing`, or `badData` for a file that is damaged or holds no reflectance × 10000.
    func prove(
        _ bands: [Sentinel2Band], known: ProvenInput.Knowledge = { _, _, _ in nil }
    ) throws -> [ProvenInput] {
        let checksums = try scene.checksums()
        var inputs = try scene.describedBy.map { try proven($0, by: [:], known) }
        var isKnown: [String: Bool] = [:]
        for (name, source) in try sources(bands) {
            try refuseMissing(source, name)
            if isKnown[source.path] == nil {
                let input = try proven(source.path, by: checksums, known)
                isKnown[source.path] = input.isKnown
                inputs.append(input)
            }
            guard isKnown[source.path] == false else { continue }
            // A file that ends its decoder is set aside where its pixels are wanted.
            do { _ = try grid(of: source, isReflectance: name != "SCL") } catch is DecodeFault {}
        }
        if scene.classification == nil, let mask = try scene.qualityMasks()?.cloudFile {
            inputs.append(try proven(mask, by: checksums, known))
        }
        for mask in try DefectMasks.files(of: bands, in: scene) {
            inputs.append(try proven(mask, by: checksums, known))
        }
        return inputs
    }

    /// Refuses a scene of which a file is not there; none is opened, and nothing is asked of the network.
    /// - Throws: `PrepError` (`missing`) that names band and file.
    func refuseMissing(_ bands: [Sentinel2Band]) throws {
        for (name, source) in try sources(bands) where !source.path.contains("://") {
            try refuseMissing(source, name)
        }
    }

    private func refuseMissing(_ source: BandSource, _ name: String) throws {
        guard FileIdentity(source.path) == nil, !StoredFile(source.path).exists else { return }
        throw PrepError(
            .missing, scene.name,
            "band \(name) is missing: expected \(source.path); get the product again")
    }

    /// The bands and the classification, by name.
    private func sources(_ bands: [Sentinel2Band]) throws -> [(name: String, source: BandSource)] {
        let sources = try bands.map { (name: $0.rawValue, source: try scene.source(of: $0)) }
        return sources + (scene.classification.map { [(name: "SCL", source: $0)] } ?? [])
    }

    private func proven(
        _ path: String, by checksums: [String: FileChecksum], _ known: ProvenInput.Knowledge
    ) throws -> ProvenInput {
        let relative = self.relative(path)
        let (name, checksum) = ("\(scene.name)/\(relative)", checksums[relative])
        let identity = FileIdentity(stored: path)
        if let identity, let digest = known(name, identity, checksum?.hex) {
            return ProvenInput(
                digest: digest, identity: identity, checksum: checksum?.hex, isKnown: true)
        }
        try checksum?.verify(path)
        let digest = try StoredFile(path).digest(named: name)
        if let identity, FileIdentity(stored: path)?.hasBytes(of: identity) != true {
            throw InputWatch.change(of: path)
        }
        return ProvenInput(
            digest: digest, identity: identity, checksum: checksum?.hex, isKnown: false)
    }

    /// The path below the scene's folder, however either is written; as it is for a file elsewhere, without what an address
    /// may be signed with.
    private func relative(_ path: String) -> String {
        let (full, folder) = (Self.full(path), Self.full(scene.folder))
        return full.hasPrefix(folder + "/")
            ? String(full.dropFirst(folder.count + 1)) : Network.redacted(path)
    }

    private static func full(_ path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.path
    }
}
