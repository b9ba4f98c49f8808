import Manifests

/// What tells the published version of a data set from others: the SHA-256 of a file, or of what lists say.
struct PublishedDigest {
    /// What it is of, as messages call it.
    let name: String
    /// Of what is there.
    let found: SHA256Digest
    /// Of what was published, in hexadecimal digits.
    let published: String

    private var isPublished: Bool { found.hex == published }

    /// A remark where some differ.
    ///
    /// - Parameters:
    ///   - digests: all that are known.
    ///   - root: where the data set lies.
    ///   - isStrict: whether other versions are refused.
    /// - Returns: no line or one.
    /// - Throws: `BenchError`, 65, where other versions are refused.
    static func differences(
        of digests: [PublishedDigest], in root: String, isStrict: Bool
    ) throws -> [String] {
        let others = digests.filter { !$0.isPublished }
        guard !others.isEmpty else { return [] }
        let table = others.map {
            "\($0.name) \($0.found.hex.prefix(8))… (published: \($0.published.prefix(8))…)"
        }
        let text =
            "another version than the published, or a part of it, by SHA-256: \(table.joined(separator: ", "))"
        guard !isStrict else {
            throw BenchError(.invalid, "\(root): \(text); without --strict it is read")
        }
        return [text]
    }
}
