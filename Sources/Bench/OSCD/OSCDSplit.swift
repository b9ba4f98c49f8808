import Manifests

/// Which part of a data set an image belongs to.
public enum SplitName: String, Codable, Sendable, CaseIterable {
    /// Images from which something may be learnt or chosen.
    case train
    /// Images that are scored.
    case test
}

/// Which cities of OSCD are for training and which for testing, each sorted by name.
public struct OSCDSplit: Sendable, Hashable, Codable {
    /// Cities whose labels may be used.
    public let train: [String]
    /// Cities that are scored.
    public let test: [String]

    /// The published split: 14 + 10 cities (Daudt et al., IGARSS 2018).
    public static let official = OSCDSplit(
        sortedTrain: [
            "abudhabi", "aguasclaras", "beihai", "beirut", "bercy", "bordeaux", "cupertino",
            "hongkong", "mumbai", "nantes", "paris", "pisa", "rennes", "saclay_e",
        ],
        sortedTest: [
            "brasilia", "chongqing", "dubai", "lasvegas", "milano", "montpellier", "norcia", "rio",
            "saclay_w", "valencia",
        ])

    /// What a report calls the data set: only the published cities in the published split are OSCD.
    public var dataSetName: String { self == .official ? "OSCD" : "OSCD-format cities" }

    private init(sortedTrain: [String], sortedTest: [String]) {
        train = sortedTrain
        test = sortedTest
    }

    /// Reads `train.txt` and `test.txt` of the images folder; the published split where neither is there.
    ///
    /// - Throws: `BenchError`: 66 when one of the two is there and the other is not, 65 when a list is empty, names a city
    ///   twice or shares one with the other list; `ManifestError` when a list cannot be read.
    public init(imagesFolder: String) throws {
        let paths = SplitName.allCases.map { "\(imagesFolder)/\($0.rawValue).txt" }
        let present = paths.filter { FileSystem.isFile($0) }
        guard !present.isEmpty else {
            self = .official
            return
        }
        guard let missing = paths.first(where: { !present.contains($0) }) else {
            let train = try Self.cities(listedIn: paths[0])
            let test = try Self.cities(listedIn: paths[1])
            if let both = train.first(where: Set(test).contains) {
                throw BenchError(
                    .invalid,
                    "\(paths[1]): \(both) is in train.txt too; a city may be in one list only")
            }
            self.init(sortedTrain: train, sortedTest: test)
            return
        }
        throw BenchError(
            .missing, "\(missing): not there, though the other list is; restore it or remove both")
    }

    private static func cities(listedIn path: String) throws -> [String] {
        let text = try WholeFile.readText(path, limit: 1 << 20)
        var cities: [String] = []
        for (number, line) in text.split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline
        ).enumerated() {
            for entry in line.split(separator: ",") {
                let city = entry.drop { $0 == "\u{feff}" || $0.isWhitespace }
                let name = String(city.prefix { !$0.isWhitespace })
                guard !name.isEmpty else { continue }
                try check(name, in: path, line: number + 1, after: cities)
                cities.append(name)
            }
        }
        guard !cities.isEmpty else {
            throw BenchError(.invalid, "\(path): names no city; list them with commas between")
        }
        return cities.sorted()
    }

    private static func check(
        _ name: String, in path: String, line: Int, after earlier: [String]
    ) throws {
        guard name.allSatisfy({ $0.isLetter || $0.isNumber || "_-.".contains($0) }),
            name.first != "."
        else {
            throw BenchError(
                .invalid, "\(path):\(line): \(name.debugDescription) is no city's name")
        }
        guard !earlier.contains(name) else {
            throw BenchError(.invalid, "\(path):\(line): \(name) is listed twice; remove one")
        }
    }
}
