import Geo

/// The planes of a pair of images with its mask, in their order.
enum OSCDPlanes {
    /// The bands of each date.
    static let bands = Sentinel2Band.allCases

    /// "before.B01" …, "after.B01" …, "mask".
    static let names =
        bands.map { "before.\($0.rawValue)" } + bands.map { "after.\($0.rawValue)" } + ["mask"]

    /// The place of the mask.
    static let mask = names.count - 1

    private static let places = Dictionary(
        uniqueKeysWithValues: names.enumerated().map { ($1, $0) })

    /// Where the planes asked for are in `names`; all of them, by name, for `nil`.
    ///
    /// - Throws: `BenchError`, 78 for a plane that there is not.
    static func places(of wanted: [String]?, in key: String) throws -> [Int] {
        try (wanted ?? names.sorted()).map { name in
            guard let place = places[name] else {
                throw BenchError(
                    .configuration,
                    "\(key): no plane \(name); there are \(names.joined(separator: ", "))")
            }
            return place
        }
    }
}

extension OSCDCity {
    /// Lets `body` look at all planes of a city that was read with all bands, in the order of `OSCDPlanes.names`.
    func withPlanes<Result>(_ body: ([UnsafeRawBufferPointer]) throws -> Result) rethrows -> Result
    {
        let plane = pair.size.count * 2
        return try pair.before.pixels.withUnsafeBytes { before in
            try pair.after.pixels.withUnsafeBytes { after in
                try truth.withUnsafeBytes { mask in
                    let dates = [before, after].flatMap { date in
                        OSCDPlanes.bands.indices.map {
                            UnsafeRawBufferPointer(rebasing: date[$0 * plane..<($0 + 1) * plane])
                        }
                    }
                    return try body(dates + [mask])
                }
            }
        }
    }
}
