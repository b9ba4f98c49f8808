import Geo

extension RPCModel {
    /// The model through points that span a volume: cubic numerators by least squares.
    ///
    /// - Parameters:
    ///   - points: Where places are seen.
    ///   - divisors: What the lines of sight of a perspective are divided by at each point; denominators are the linear form
    ///     nearest to them, or 1 without.
    /// - Throws: `RasterError` (`invalid`) when the points do not span a volume.
    package init(through points: [GroundControlPoint], divisors: [Double]? = nil) throws {
        // RPC counts from the centre of the first pixel.
        let line = Normalisation(spanning: points.map { $0.pixel.y - 0.5 })
        let sample = Normalisation(spanning: points.map { $0.pixel.x - 0.5 })
        let longitude = Normalisation(spanning: points.map(\.longitude))
        let latitude = Normalisation(spanning: points.map(\.latitude))
        let height = Normalisation(spanning: points.map(\.height))
        let terms = points.map { point in
            Self.terms(
                (point.longitude - longitude.offset) / longitude.scale,
                (point.latitude - latitude.offset) / latitude.scale,
                (point.height - height.offset) / height.scale)
        }
        let below = try divisors.map { try Self.denominator(terms, $0) } ?? [1, 0, 0, 0]
        let each = terms.map { zip($0, below).reduce(0) { $0 + $1.0 * $1.1 } }
        let lines = zip(points, each).map { ($0.pixel.y - 0.5 - line.offset) / line.scale * $1 }
        let samples = zip(points, each).map {
            ($0.pixel.x - 0.5 - sample.offset) / sample.scale * $1
        }
        guard let lineTerms = LeastSquares.solve(terms, lines),
            let sampleTerms = LeastSquares.solve(terms, samples)
        else { throw Self.spansNoVolume }
        let denominator = below + [Double](repeating: 0, count: 16)
        try self.init(
            line: line, sample: sample, latitude: latitude, longitude: longitude, height: height,
            coefficients: [lineTerms, denominator, sampleTerms, denominator])
    }

    private static let spansNoVolume = RasterError(
        .invalid, "points that span no volume fix no camera model")

    /// The linear form nearest to divisors, its first number 1.
    private static func denominator(_ terms: [[Double]], _ divisors: [Double]) throws -> [Double] {
        let form = LeastSquares.solve(terms.map { Array($0.prefix(4)) }, divisors)
        guard let form, form[0] != 0 else { throw spansNoVolume }
        return form.map { $0 / form[0] }
    }

    /// The twenty terms of longitude, latitude and height in RPC00B's order.
    static func terms(_ l: Double, _ p: Double, _ h: Double) -> [Double] {
        let first = [1, l, p, h, l * p, l * h, p * h, l * l, p * p, h * h]
        let second = [p * l * h, l * l * l, l * p * p, l * h * h, l * l * p]
        return first + second + [p * p * p, p * h * h, l * l * h, p * p * h, h * h * h]
    }
}

extension RPCModel.Normalisation {
    /// What brings values into −1…1.
    init(spanning values: [Double]) {
        let (low, high) = (values.min() ?? 0, values.max() ?? 1)
        self.init(offset: (low + high) / 2, scale: max((high - low) / 2, 1e-9))
    }
}
