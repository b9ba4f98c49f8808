import Geo

/// The change map of a city: 1 where the ground changed, 0 elsewhere.
///
/// It is published twice: `cm.png` with 0 and 255, and `<city>-cm.tif` with 1 and 2. Both are read and must say the same.
struct OSCDLabel {
    /// One of the two published codings.
    struct Coding {
        let unchanged: UInt8
        let changed: UInt8

        static let png = Coding(unchanged: 0, changed: 255)
        static let tiff = Coding(unchanged: 1, changed: 2)
    }

    /// Turns codes into 0 and 1.
    ///
    /// - Throws: `BenchError`, 65, with a histogram of the codes when one is unknown.
    static func decode(_ codes: [UInt8], as coding: Coding, path: String) throws -> [UInt8] {
        var histogram = [Int](repeating: 0, count: 256)
        for code in codes { histogram[Int(code)] += 1 }
        let known = histogram[Int(coding.unchanged)] + histogram[Int(coding.changed)]
        guard known == codes.count else {
            let seen = histogram.indices.filter { histogram[$0] > 0 }
            let shown = seen.prefix(8).map { "\($0): \(histogram[$0])" }.joined(separator: ", ")
            throw BenchError(
                .invalid,
                "\(path): label codes {\(shown)\(seen.count > 8 ? ", …" : "")}; only \(coding.unchanged) (no change) and \(coding.changed) (change) are known"
            )
        }
        return codes.map { $0 == coding.changed ? 1 : 0 }
    }

    /// Checks that both codings say the same.
    ///
    /// - Throws: `BenchError`, 65, with the number of pixels that differ.
    static func checkAgreement(_ png: [UInt8], _ tiff: [UInt8], at paths: (String, String)) throws {
        let different = zip(png, tiff).count { $0 != $1 }
        guard different == 0 else {
            throw BenchError(
                .invalid,
                "\(paths.0) and \(paths.1) differ in \(different) of \(png.count) pixels; one of them belongs elsewhere, unpack the labels again"
            )
        }
    }
}
