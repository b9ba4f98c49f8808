import Tensors

/// Displacements between pairs of dates, and the displacement of each date that explains them all.
///
/// At every node of the windows' grid the dates' displacements Dᵢ minimise Σ wᵢⱼ |Dⱼ − Dᵢ − Fᵢⱼ|² over the measured pairs, with
/// ΣDᵢ = 0: a weighted least squares adjustment of a levelling network, repeated with Tukey's weights, so that a pair that
/// contradicts the others loses its say. No date is the reference; each date's noise is shared by all of its pairs.
struct PairNetwork {
    struct Pair {
        let first: Int
        let second: Int
        /// Where the second date's content lies against the first's.
        let fit: FittedShift
    }

    var pairs: [Pair] = []
    /// What of each date's geolocation is less than a pixel.
    var fractions: [Int: Shift] = [:]

    /// What no pair is better known than, in pixels, squared.
    private static let floor = 1e-4

    /// The largest set of dates that pairs join; of equal ones, that with a certain date.
    func largestGroup(of count: Int, with anchor: Int) -> Set<Int> {
        var group = Array(0..<count)
        for pair in pairs {
            let (from, to) = (group[pair.second], group[pair.first])
            for index in group.indices where group[index] == from { group[index] = to }
        }
        let sets = Dictionary(grouping: 0..<count) { group[$0] }.values
        let best = sets.max {
            ($0.count, $0.contains(anchor) ? 1 : 0, -($0.first ?? 0))
                < ($1.count, $1.contains(anchor) ? 1 : 0, -($1.first ?? 0))
        }
        return Set(best ?? [])
    }

    /// The displacement of every date of a group, over a frame of a size.
    ///
    /// - Throws: `TorchError` when the equations cannot be solved.
    func solved(_ group: Set<Int>, width: Int, height: Int) throws -> [Int: FittedShift] {
        let dates = group.sorted()
        let own = pairs.filter { group.contains($0.first) && group.contains($0.second) }
        let shape = own.lazy.compactMap(\.fit.field).first
        let measured = own.map { Measured($0, like: shape) }
        var fields = [[Shift]](
            repeating: [Shift](repeating: .zero, count: measured[0].shifts.count),
            count: dates.count)
        var weights = measured.map(\.weights)
        for _ in 0..<5 {
            fields = try adjusted(dates, measured, weights)
            weights = robust(dates, measured, fields)
        }
        return described(
            dates, measured, fields, weights, shape: shape, width: width, height: height)
    }

    /// A pair's displacement and its precision at every node.
    private struct Measured {
        let first: Int
        let second: Int
        let shifts: [Shift]
        let weights: [Double]
        let windows: Int

        init(_ pair: Pair, like shape: AlignmentField?) {
            (first, second, windows) = (pair.first, pair.second, pair.fit.inliers)
            let count = shape?.rowShifts.count ?? 1
            let field = pair.fit.field
            shifts = field?.nodeShifts ?? [Shift](repeating: pair.fit.global, count: count)
            weights = (0..<count).map { node in
                let error = field?.uncertainty[node] ?? pair.fit.uncertainty
                return 1 / (error * error + PairNetwork.floor)
            }
        }
    }

    /// The weighted least squares solution at every node, all nodes at once.
    private func adjusted(
        _ dates: [Int], _ pairs: [Measured], _ weights: [[Double]]
    ) throws -> [[Shift]] {
        let (count, nodes) = (dates.count, pairs[0].shifts.count)
        let places = Dictionary(uniqueKeysWithValues: dates.enumerated().map { ($1, $0) })
        var matrix = [Double](repeating: 0, count: nodes * count * count)
        var right = [Double](repeating: 0, count: nodes * count * 2)
        for (pair, weights) in zip(pairs, weights) {
            guard let i = places[pair.first], let j = places[pair.second] else { continue }
            for node in 0..<nodes {
                let (weight, start) = (weights[node], node * count * count)
                matrix[start + i * count + i] += weight
                matrix[start + j * count + j] += weight
                matrix[start + i * count + j] -= weight
                matrix[start + j * count + i] -= weight
                for (place, sign) in [(i, -1.0), (j, 1.0)] {
                    let at = (node * count + place) * 2
                    right[at] += sign * weight * pair.shifts[node].rows
                    right[at + 1] += sign * weight * pair.shifts[node].columns
                }
            }
        }
        // ΣDᵢ = 0, weighted like a pair.
        for node in 0..<nodes {
            let start = node * count * count
            let scale = (0..<count).reduce(0) { max($0, matrix[start + $1 * count + $1]) }
            for entry in start..<start + count * count { matrix[entry] += max(scale, 1) }
        }
        let solution = Tensor(matrix, shape: [nodes, count, count])
            .solve(Tensor(right, shape: [nodes, count, 2])).values(as: Double.self)
        return (0..<count).map { place in
            (0..<nodes).map { node in
                let at = (node * count + place) * 2
                return Shift(rows: solution[at], columns: solution[at + 1])
            }
        }
    }

    /// How far each pair is from what the dates' displacements make of it, at every node, in pixels.
    private func distances(
        _ dates: [Int], _ pair: Measured, _ fields: [[Shift]]
    ) -> [Double] {
        guard let i = dates.firstIndex(of: pair.first), let j = dates.firstIndex(of: pair.second)
        else { return [] }
        return pair.shifts.indices.map {
            (fields[j][$0] - fields[i][$0] - pair.shifts[$0]).length
        }
    }

    private func robust(
        _ dates: [Int], _ pairs: [Measured], _ fields: [[Shift]]
    ) -> [[Double]] {
        let relative = pairs.map { pair in
            zip(distances(dates, pair, fields), pair.weights).map { $0 * $1.squareRoot() }
        }
        let scale = 4.685 * max(1, 1.4826 * relative.flatMap(\.self).median)
        return zip(pairs, relative).map { pair, relative in
            zip(pair.weights, relative).map { weight, distance in
                let share = max(0, 1 - (distance / scale) * (distance / scale))
                // Never quite nothing: a date must not come loose from the others.
                return weight * max(share * share, 1e-6)
            }
        }
    }

    private func described(
        _ dates: [Int], _ pairs: [Measured], _ fields: [[Shift]], _ weights: [[Double]],
        shape: AlignmentField?, width: Int, height: Int
    ) -> [Int: FittedShift] {
        let remainder = dates.compactMap { fractions[$0] }.reduce(Shift.zero, +)
        let mean = remainder * (1 / Double(dates.count))
        var result: [Int: FittedShift] = [:]
        for (place, date) in dates.enumerated() {
            let nodes = fields[place].map { $0 + mean }
            let own = pairs.indices.filter { pairs[$0].first == date || pairs[$0].second == date }
            let errors = nodes.indices.map { node in
                1 / own.reduce(0) { $0 + weights[$1][node] }.squareRoot()
            }
            let field = shape?.replacing(nodes, uncertainty: errors)
            let summary = field?.summary(width: width, height: height)
            result[date] = FittedShift(
                global: summary?.mean ?? nodes[0], field: field,
                model: field == nil ? "constant" : "smooth",
                inliers: own.reduce(0) { $0 + pairs[$1].windows },
                localRootMeanSquare: summary?.spread ?? 0,
                crossCheckedResidual: own.flatMap { distances(dates, pairs[$0], fields) }.median,
                uncertainty: errors.median)
        }
        return result
    }
}
