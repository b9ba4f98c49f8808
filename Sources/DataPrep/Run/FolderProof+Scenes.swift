import Foundation
import Manifests

/// What a recipe had fetched: scenes below the folder of their tiles.
extension FolderProof {
    /// Proves the files of scenes by what their items say of them.
    mutating func proveScenes() throws {
        if FileManager.default.fileExists(atPath: "\(folder)/\(Fetch.searchName)") {
            prove(Fetch.searchName, nil)
        }
        for name in try SceneReader.listing(folder) {
            let scene = "\(folder)/\(name)"
            guard FileManager.default.fileExists(atPath: "\(scene)/\(LocalItem.fileName)") else {
                continue
            }
            prove("\(name)/\(LocalItem.fileName)", nil)
            let item = try STACItem(contentsOf: "\(scene)/\(LocalItem.fileName)", base: scene)
            for (layer, asset) in item.assets() where asset.location == "\(scene)/\(layer.fileName)"
            {
                prove("\(name)/\(layer.fileName)", Self.digest(of: asset))
            }
        }
    }

    /// SHA-256 out of a multihash, as `LocalItem` writes it.
    private static func digest(of asset: STACAsset) -> SHA256Digest? {
        guard let hash = asset.json["file:checksum"]?.string, hash.hasPrefix("1220") else {
            return nil
        }
        return SHA256Digest(hex: String(hash.dropFirst(4)))
    }
}
