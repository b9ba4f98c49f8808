import Geo
package import Tensors

/// k-means (Lloyd, 1982), begun by k-means++ (Arthur and Vassilvitskii, 2007); the same for the same points and seed.
package struct KMeans {
    /// (k, features).
    package let centres: Tensor

    /// Finds centres.
    ///
    /// - Parameters:
    ///   - points: float32 (points, features).
    ///   - k: how many centres; no more than points.
    ///   - seed: of the first centres.
    ///   - rounds: of Lloyd's, at most; ends where no point changes its centre.
    package init(_ points: Tensor, k: Int, seed: UInt64, rounds: Int = 50) {
        precondition(k > 0 && k <= points.size(0), "\(k) centres of \(points.size(0)) points")
        var centres = Self.begin(points, k, seed)
        var last: [Int64] = []
        for _ in 0..<rounds {
            let (labels, distances) = Self.nearest(points, centres)
            let numbers: [Int64] = labels.values(as: Int64.self)
            guard numbers != last else { break }
            last = numbers
            centres = Self.means(points, labels, distances, k)
        }
        self.centres = centres
    }

    /// The nearest centre of each point: int64 (points).
    package func labels(_ points: Tensor) -> Tensor { Self.nearest(points, centres).labels }

    private static func begin(_ points: Tensor, _ k: Int, _ seed: UInt64) -> Tensor {
        var random = SplitMix64(seed: seed)
        var chosen = [random.nextInt(below: points.size(0))]
        var nearest = [Float](repeating: .infinity, count: points.size(0))
        while chosen.count < k {
            let newest = points.narrow(0, start: chosen[chosen.count - 1], length: 1)
            let distances: [Float] = (points - newest).square().sum([1]).values()
            var total = 0.0
            for index in nearest.indices {
                nearest[index] = min(nearest[index], distances[index])
                total += Double(nearest[index])
            }
            // Where all points are among the chosen already, any serves.
            var left = random.nextUniform() * total
            let drawn = nearest.firstIndex { distance in
                left -= Double(distance)
                return left < 0
            }
            chosen.append(drawn ?? random.nextInt(below: points.size(0)))
        }
        return points.indexSelect(0, Tensor(chosen.map { Int64($0) }).to(points.device))
    }

    /// The nearest centre of each point and the squared distance to it, a block of points at a time.
    private static func nearest(
        _ points: Tensor, _ centres: Tensor
    ) -> (labels: Tensor, distances: Tensor) {
        let count = points.size(0)
        let squares = centres.square().sum([1])
        var (labels, distances): ([Tensor], [Tensor]) = ([], [])
        for start in stride(from: 0, to: count, by: 65536) {
            let block = points.narrow(0, start: start, length: min(65536, count - start))
            let differences = squares - block.matmul(centres.transposed(0, 1)) * 2
            labels.append(differences.argmin(1))
            distances.append(differences.min([1]) + block.square().sum([1]))
        }
        return (Tensor.cat(labels), Tensor.cat(distances))
    }

    /// The means of the points of each centre; a centre without points moves to the point that lies farthest from its own.
    private static func means(
        _ points: Tensor, _ labels: Tensor, _ distances: Tensor, _ k: Int
    ) -> Tensor {
        let members = labels.unsqueezed(1).isEqual(Tensor.range(0, k, on: points.device).to(.int64))
            .to(.float32)
        let counts = members.sum([0])
        let sums = members.transposed(0, 1).matmul(points)
        let empty = counts.values(as: Float.self).map { $0 == 0 }
        guard empty.contains(true) else { return sums / counts.unsqueezed(1) }
        let far: [Int64] = distances.argsort(0, descending: true).values(as: Int64.self)
        var next = far.makeIterator()
        let indices = empty.map { $0 ? next.next() ?? 0 : 0 }
        let others = points.indexSelect(0, Tensor(indices).to(points.device))
        let mask = Tensor(empty.map { Float($0 ? 1 : 0) }, shape: [k, 1]).to(points.device)
        return others * mask + sums / counts.clamp(minimum: 1).unsqueezed(1) * (mask * -1 + 1)
    }
}
