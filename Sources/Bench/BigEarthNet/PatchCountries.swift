/// The countries of patches: a number a patch, and the names that the table has.
struct PatchCountries: Sendable {
    /// The names as they are met.
    private(set) var names: [String] = []
    private var places: [String: UInt8] = [:]
    private var byPatch: [UInt8] = []

    /// How many patches have one.
    var count: Int { byPatch.count }

    /// The country of a patch; nil where the table does not tell.
    subscript(index: Int) -> String? { byPatch.isEmpty ? nil : names[Int(byPatch[index])] }

    /// Takes the next patch's.
    ///
    /// - Throws: `BenchError`, 65, beyond 256 names: the column holds something else.
    mutating func append(_ text: some Collection<UInt8>, of path: String) throws {
        let name = String(decoding: text, as: UTF8.self)
        if let place = places[name] { return byPatch.append(place) }
        guard let place = UInt8(exactly: names.count) else {
            throw BenchError(
                .invalid, "\(path): the column country has more than 256 names; get it again")
        }
        names.append(name)
        places[name] = place
        byPatch.append(place)
    }

    /// Those of some patches, in their order.
    func picked(_ patches: [Int]) -> PatchCountries {
        var picked = self
        picked.byPatch = byPatch.isEmpty ? [] : patches.map { byPatch[$0] }
        return picked
    }

    /// The patches of the countries that an option names, separated by commas.
    ///
    /// - Throws: `BenchError`, 78, for a country that no patch lies in, naming those there are; 65 where the table has no countries.
    func patches(in option: String, source: String) throws -> [Int] {
        guard !byPatch.isEmpty else {
            throw BenchError(
                .invalid,
                "\(source): has no column country, which --option country asks for; get it again")
        }
        var isWanted = [Bool](repeating: false, count: names.count)
        for name in option.split(separator: ",", omittingEmptySubsequences: false) {
            guard let place = places[String(name)] else {
                throw BenchError(
                    .configuration,
                    "option country: no patch lies in \"\(name)\"; there are \(names.sorted().joined(separator: ", "))"
                )
            }
            isWanted[Int(place)] = true
        }
        return byPatch.indices.filter { isWanted[Int(byPatch[$0])] }
    }
}
