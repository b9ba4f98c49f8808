import Manifests

/// What a PNG's first chunks say that a decoder does not: of several pictures only the first is decoded, of a palette only the places.
enum PNGForm {
    private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    /// Refuses a label that is animated or coloured by a palette; everything that is no PNG passes.
    ///
    /// - Throws: `BenchError`, 65; `ManifestError` where the file cannot be read.
    static func expectOnePictureOfCodes(_ path: String) throws {
        let bytes = try WholeFile.read(path)
        guard bytes.starts(with: signature) else { return }
        var place = signature.count
        while place + 8 <= bytes.count {
            let length = bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
            let name = String(decoding: bytes[place + 4..<place + 8], as: UTF8.self)
            switch name {
            case "acTL": throw refused(path, "an animated picture")
            case "PLTE": throw refused(path, "a picture whose numbers are places in a palette")
            case "IDAT": return
            default: place += 12 + length
            }
        }
    }

    private static func refused(_ path: String, _ what: String) -> BenchError {
        BenchError(
            .invalid,
            "\(path): \(what); expected one grey picture of codes, unpack the labels again")
    }
}
