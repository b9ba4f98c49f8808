/// A way to convolve a line of a few values with few products: y = `outOf` · ((`taps` · w) ⊙ (`into` · x)).
///
/// Zero padding of half the taps; what falls on it is left out. A square map takes it along both axes.
/// After Cook and Toom, and Winograd; see Lavin and Gray, "Fast algorithms for convolutional neural networks" (2016), and
/// Blahut, "Fast algorithms for signal processing" (2010), chapter 5.
struct FewProducts: Equatable {
    /// (products, inputs), (products, taps) and (outputs, products).
    private(set) var into: [[Double]]
    private(set) var taps: [[Double]]
    private(set) var outOf: [[Double]]

    var count: Int { into.count }

    /// - Parameters:
    ///   - side: values of the line.
    ///   - size: taps, 1 or 3.
    ///   - stride: values from one output to the next.
    init(side: Int, size: Int, stride: Int) {
        precondition(side > 0 && stride > 0 && (size == 1 || size == 3), "FewProducts: 1 or 3 taps")
        if size == 3, stride == 1, side == 2 {
            self = .pair
        } else if size == 3, stride == 1, side > 2 {
            self.init(blocksOf: side)
        } else {
            self.init(directly: side, size, stride)
        }
    }

    private init(into: [[Double]], taps: [[Double]], outOf: [[Double]]) {
        (self.into, self.taps, self.outOf) = (into, taps, outOf)
    }

    /// A product for each tap that meets a value.
    private init(directly side: Int, _ size: Int, _ stride: Int) {
        let outputs = (side - 1) / stride + 1
        (into, taps, outOf) = ([], [], [])
        for output in 0..<outputs {
            for tap in 0..<size where (0..<side).contains(output * stride + tap - size / 2) {
                into.append(Self.unit(output * stride + tap - size / 2, of: side))
                taps.append(Self.unit(tap, of: size))
            }
        }
        outOf = (0..<outputs).map { [into, taps] output in
            zip(into, taps).map { value, tap in
                let met = (value.firstIndex(of: 1) ?? 0) - (tap.firstIndex(of: 1) ?? 0)
                return met == output * stride - size / 2 ? 1 : 0
            }
        }
    }

    /// Two values and three taps in three products, as Karatsuba multiplies: y₀ = w₁(x₀ + x₁) + (w₂ − w₁)x₁, y₁ = w₁(x₀ + x₁) + (w₀ − w₁)x₀.
    private static let pair = FewProducts(
        into: [[1, 1], [0, 1], [1, 0]], taps: [[0, 1, 0], [0, -1, 1], [1, -1, 0]],
        outOf: [[1, 1, 0], [1, 0, 1]])

    /// Blocks of three or four outputs (fewer at the end of a short line), each in two products more than it has outputs.
    private init(blocksOf side: Int) {
        let blocks = (side + 3) / 4
        (into, taps, outOf) = ([], [], Array(repeating: [], count: side))
        for block in 0..<blocks {
            let outputs = block * side / blocks..<(block + 1) * side / blocks
            let way = Self.interpolation(outputs.count)
            into += way.into.map { row in
                (0..<side).map { value in
                    let place = value - outputs.lowerBound + 1
                    return row.indices.contains(place) ? row[place] : 0
                }
            }
            taps += way.taps
            for output in 0..<side {
                outOf[output] +=
                    outputs.contains(output)
                    ? way.outOf[output - outputs.lowerBound]
                    : Array(repeating: 0, count: way.into.count)
            }
        }
    }

    /// Some sums of three taps, over two values more.
    ///
    /// It is the transposed product of polynomials, which are taken at small whole numbers and at infinity; the divisors are in the taps.
    private static func interpolation(_ outputs: Int) -> FewProducts {
        let points = Array([0.0, 1, -1, 2, -2].prefix(outputs + 1))
        let into = points.indices.map { index in
            polynomial(roots: points.indices.filter { $0 != index }.map { points[$0] }) + [0]
        }
        let taps = points.map { point in
            let divisor = points.filter { $0 != point }.reduce(1) { $0 * (point - $1) }
            return [1 / divisor, point / divisor, point * point / divisor]
        }
        let outOf = (0..<outputs).map { power in
            points.map { point in (0..<power).reduce(1) { value, _ in value * point } }
                + [power == outputs - 1 ? 1 : 0]
        }
        return FewProducts(
            into: into + [polynomial(roots: points)], taps: taps + [[0, 0, 1]], outOf: outOf)
    }

    /// The coefficients of Π (x − root), the constant one first.
    private static func polynomial(roots: [Double]) -> [Double] {
        roots.reduce([1]) { coefficients, root in
            zip([0] + coefficients, coefficients + [0]).map { $0 - root * $1 }
        }
    }

    private static func unit(_ index: Int, of count: Int) -> [Double] {
        (0..<count).map { $0 == index ? 1 : 0 }
    }
}
