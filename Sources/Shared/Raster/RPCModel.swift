/// A rational polynomial camera (RPC00B): from longitude, latitude and height to line and sample.
///
/// Line and sample count from the centre of the upper left pixel. NIMA STDI-0002, 1.0, "RPC00B".
public struct RPCModel: Hashable, Codable, Sendable {
    /// An offset and a scale: normalised = (value − offset) / scale.
    public struct Normalisation: Hashable, Codable, Sendable {
        /// What is taken away.
        public var offset: Double
        /// What is divided by.
        public var scale: Double

        /// Makes a normalisation.
        public init(offset: Double, scale: Double) {
            self.offset = offset
            self.scale = scale
        }
    }

    /// Of the line (row), in pixels.
    public var line: Normalisation
    /// Of the sample (column), in pixels.
    public var sample: Normalisation
    /// Of the latitude, in degrees.
    public var latitude: Normalisation
    /// Of the longitude, in degrees.
    public var longitude: Normalisation
    /// Of the height above the ellipsoid, in metres.
    public var height: Normalisation
    /// 20 coefficients each of: line numerator, line denominator, sample numerator, sample denominator.
    public var coefficients: [[Double]]

    private static let names = ["LINE", "SAMP", "LAT", "LONG", "HEIGHT"]
    private static let lists = [
        "LINE_NUM_COEFF", "LINE_DEN_COEFF", "SAMP_NUM_COEFF", "SAMP_DEN_COEFF",
    ]

    /// Makes a model out of its parts.
    /// - Throws: `RasterError` (`invalid`) unless there are four times 20 coefficients and no scale is 0.
    public init(
        line: Normalisation, sample: Normalisation, latitude: Normalisation,
        longitude: Normalisation, height: Normalisation, coefficients: [[Double]]
    ) throws {
        let scales = [line, sample, latitude, longitude, height].map(\.scale)
        guard coefficients.map(\.count) == [20, 20, 20, 20], !scales.contains(0) else {
            throw RasterError(
                .invalid, "an RPC model needs four times 20 coefficients and scales other than 0")
        }
        (self.line, self.sample, self.latitude) = (line, sample, latitude)
        (self.longitude, self.height, self.coefficients) = (longitude, height, coefficients)
    }

    /// Reads a model from GDAL's metadata domain "RPC".
    /// - Throws: `RasterError` (`invalid`) if an entry is missing or no number.
    public init(metadata: [String: String]) throws {
        func numbers(_ key: String) throws -> [Double] {
            let parts = (metadata[key] ?? "").split(separator: " ").compactMap { Double($0) }
            guard !parts.isEmpty else {
                throw RasterError(.invalid, "the RPC entry \(key) is missing or no number")
            }
            return parts
        }
        let parts = try Self.names.map { name in
            try Normalisation(offset: numbers("\(name)_OFF")[0], scale: numbers("\(name)_SCALE")[0])
        }
        try self.init(
            line: parts[0], sample: parts[1], latitude: parts[2], longitude: parts[3],
            height: parts[4], coefficients: Self.lists.map(numbers))
    }

    /// The model as GDAL's metadata domain "RPC" has it.
    public var metadata: [String: String] {
        var entries: [String: String] = [:]
        let parts = [line, sample, latitude, longitude, height]
        for (name, part) in zip(Self.names, parts) {
            entries["\(name)_OFF"] = "\(part.offset)"
            entries["\(name)_SCALE"] = "\(part.scale)"
        }
        for (name, list) in zip(Self.lists, coefficients) {
            entries[name] = list.map(\.description).joined(separator: " ")
        }
        return entries
    }
}
