/// Fewer points of a long curve, without losing a peak or a dip.
package enum Downsampling {
    /// Cuts a curve into stretches and keeps, of each, the points of least and greatest value, in their order.
    ///
    /// The first and the last point are always kept; a curve that is short enough is returned as it is.
    /// An undefined value counts as least, so that gaps stay visible.
    package static func thinned<Point>(
        _ points: [Point], to limit: Int, by value: (Point) -> Double?
    ) -> [Point] {
        guard points.count > max(4, limit) else { return points }
        let inner = 1..<(points.count - 1)
        let stretches = max(1, (limit - 2) / 2)
        var kept = [0]
        for stretch in 0..<stretches {
            let start = inner.lowerBound + inner.count * stretch / stretches
            let end = inner.lowerBound + inner.count * (stretch + 1) / stretches
            guard start < end else { continue }
            let values = (start..<end).map { ($0, value(points[$0]) ?? -.infinity) }
            guard let least = values.min(by: { $0.1 < $1.1 })?.0,
                let most = values.max(by: { $0.1 < $1.1 })?.0
            else { continue }
            kept += least == most ? [least] : [min(least, most), max(least, most)]
        }
        return (kept + [points.count - 1]).map { points[$0] }
    }
}
