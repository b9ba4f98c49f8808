import Geo

/// Names of bands as people and files write them: "B2" and "b02" are the plane "B02", "B08A" is "B8A".
enum BandAliases {
    /// Each name as a data set has it, where it has that plane; what it does not have stays as it is.
    static func resolved(_ names: [String], among available: [String]) -> [String] {
        names.map { name in
            guard !available.contains(name), let band = Sentinel2Band(name: name)?.rawValue,
                available.contains(band)
            else { return name }
            return band
        }
    }
}

extension TaskPlan {
    /// The plan with its bands named as the data set names them.
    ///
    /// - Throws: `BenchError`, 78, for two names of one band.
    package func naming(bandsAmong available: [String]) throws -> TaskPlan {
        var plan = self
        plan.data.bands = BandAliases.resolved(data.bands, among: available)
        guard Set(plan.data.bands).count == plan.data.bands.count else {
            throw BenchError(
                .configuration,
                "data.bands: \(data.bands.joined(separator: ", ")) name a band twice; take one of the names out"
            )
        }
        return plan
    }
}
