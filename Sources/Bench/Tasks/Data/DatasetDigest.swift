import Foundation
import Manifests
import Store

/// The digest of a data set as far as a run's numbers depend on it.
///
/// OSCD: of all files' content. Others: over the lines "key TAB split TAB target" of all samples, and up to 50,000 samples the names
/// and sizes of their files too; what lies in a packed store is proven record by record when it is read.
struct DatasetDigest {
    let digest: InputDigest
    private static let mostListed = 50_000

    init(_ dataset: any Dataset, at root: String) throws {
        let name = type(of: dataset).name
        if let cities = dataset as? OSCDDataset {
            digest = InputDigest(
                path: "data/\(name)", bytes: dataset.count, sha256: try cities.digests().whole)
            return
        }
        var splits = [String](repeating: "", count: dataset.count)
        for (split, indices) in dataset.splits {
            for index in indices { splits[index] = split }
        }
        var stream = SHA256Stream()
        func add(_ text: String) { Array(text.utf8).withUnsafeBytes { stream.update($0) } }
        var seen: Set<String> = []
        for index in 0..<dataset.count {
            add("\(dataset.key(index))\t\(splits[index])\t\(dataset.target(index))\n")
            guard dataset.count <= Self.mostListed else { continue }
            for file in dataset.files(index) where seen.insert(file).inserted {
                let size = (try? WholeFile.size(of: "\(FileSystem.trimmed(root))/\(file)")) ?? -1
                add("\(file)\t\(size)\n")
            }
        }
        digest = InputDigest(
            path: "data/\(name)", bytes: dataset.count, sha256: stream.finish())
    }
}
