public import Geo

extension RPCModel {
    /// Where a place is seen, in pixel coordinates (NIMA STDI-0002, "RPC00B"; the model counts from the first pixel's centre).
    public func pixel(longitude: Double, latitude: Double, height: Double) -> Position {
        let east = longitude.longitude(near: self.longitude.offset) - self.longitude.offset
        let l = east / self.longitude.scale
        let p = (latitude - self.latitude.offset) / self.latitude.scale
        let h = (height - self.height.offset) / self.height.scale
        let terms = Self.terms(l, p, h)
        let sums = coefficients.map { list in
            zip(list, terms).reduce(0) { $0 + $1.0 * $1.1 }
        }
        return Position(
            x: sums[2] / sums[3] * sample.scale + sample.offset + 0.5,
            y: sums[0] / sums[1] * line.scale + line.offset + 0.5)
    }

    /// What control points say of a model: its bias, and what remains when that is taken out.
    public struct BiasCorrection: Hashable, Codable, Sendable {
        /// The model whose offsets are moved by the bias.
        public var model: RPCModel
        /// Pixels by which points were seen right of and below where the model has them: the medians.
        public var bias: Position
        /// Root mean square distance of the points from the model in pixels, before.
        public var before: Double
        /// The same with the corrected model.
        public var after: Double
    }

    /// Takes the bias out that control points show: one shift in the image, which is what an error of attitude amounts to
    /// (Grodecki & Dial, 2003); the median over points, so that one false point in three does no harm.
    ///
    /// - Returns: nil without points.
    public func corrected(by points: [GroundControlPoint]) -> BiasCorrection? {
        guard !points.isEmpty else { return nil }
        let misses = points.map { point -> Position in
            let seen = pixel(
                longitude: point.longitude, latitude: point.latitude, height: point.height)
            return Position(x: point.pixel.x - seen.x, y: point.pixel.y - seen.y)
        }
        let bias = Position(x: median(misses.map(\.x)), y: median(misses.map(\.y)))
        var model = self
        model.sample.offset += bias.x
        model.line.offset += bias.y
        return BiasCorrection(
            model: model, bias: bias, before: distance(misses, from: Position(x: 0, y: 0)),
            after: distance(misses, from: bias))
    }

    private func distance(_ misses: [Position], from centre: Position) -> Double {
        let squares = misses.map {
            ($0.x - centre.x) * ($0.x - centre.x) + ($0.y - centre.y) * ($0.y - centre.y)
        }
        return (squares.reduce(0, +) / Double(squares.count)).squareRoot()
    }

    private func median(_ values: [Double]) -> Double {
        let ordered = values.sorted()
        let middle = ordered.count / 2
        return ordered.count % 2 == 1
            ? ordered[middle] : (ordered[middle - 1] + ordered[middle]) / 2
    }
}
