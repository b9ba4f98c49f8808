import Manifests

/// All rows of the lists of a version, whether their patches are there or not; what proves the lists and their labels.
package struct BigEarthNetRows {
    /// How many there are.
    package let count: Int
    /// SHA-256, in hexadecimal digits, over the sorted lines "patch TAB part", for version 2 with " TAB 0100…", a digit a class.
    package var digest: String { proof.hex }
    let proof: SHA256Digest

    /// The rows of version 2's table in a folder.
    ///
    /// - Throws: `BenchError` or `ManifestError`.
    package init(version2 root: String) throws {
        let rows = try PatchMetadata(root: root, tables: ["metadata"])
        self.init(rows.names, rows.split) { index in
            let bits = rows.labels[index]
            return CORINEClass.nineteen.indices.map { bits >> UInt64($0) & 1 == 1 ? 0x31 : 0x30 }
        }
    }

    /// How many rows of version 2's table lie in each country.
    ///
    /// - Throws: `BenchError` or `ManifestError`.
    package static func countries(version2 root: String) throws -> [String: Int] {
        let rows = try PatchMetadata(root: root, tables: ["metadata"])
        var counts: [String: Int] = [:]
        for row in 0..<rows.names.count {
            counts[rows.countries[row] ?? "", default: 0] += 1
        }
        return counts
    }

    /// The rows of version 1's three lists in a folder.
    ///
    /// - Throws: `BenchError` or `ManifestError`.
    package init(version1 root: String) throws {
        self.init(try PatchLists(root: root))
    }

    /// The rows of version 1's three lists.
    init(_ lists: PatchLists) {
        self.init(lists.names, lists.split) { _ in nil }
    }

    private init(_ names: NameList, _ split: [UInt8], digits: (Int) -> [UInt8]?) {
        let tab = UInt8(ascii: "\t")
        var text: [UInt8] = []
        for index in names.order() {
            text.append(contentsOf: names.bytes(of: index))
            text.append(tab)
            text.append(contentsOf: PatchCollection.parts[Int(split[index])].utf8)
            if let digits = digits(index) { text += [tab] + digits }
            text.append(UInt8(ascii: "\n"))
        }
        count = names.count
        proof = SHA256Digest(of: text)
    }
}
