/// The pixels of two dates that are clear on both: variables × pixels, the first date's bands before the second's.
///
/// Values are whole numbers less a whole number near their mean: exact in 32 bits, and near 0 so that sums of squares keep
/// their digits.
struct BandPixels {
    /// First date's bands, then the second's.
    let variables: Int
    /// Pixels.
    let count: Int
    private let values: [Float]

    /// Sums over pixels that are all a covariance needs.
    struct Moments {
        /// Σ w.
        var weight: Double
        /// Weighted means.
        var means: [Double]
        /// Weighted covariances (divided by Σ w).
        var covariances: SmallMatrix
    }

    /// Pixels handled together: their 64-bit copies stay in the cache.
    private static let block = 256

    /// Gathers pixels.
    ///
    /// - Parameters:
    ///   - first: A plane a band.
    ///   - second: The same bands of the other date.
    ///   - places: Which pixels.
    init(first: [[UInt16]], second: [[UInt16]], places: [Int32]) {
        let planes = first + second
        variables = planes.count
        count = places.count
        let (count, variables) = (places.count, planes.count)
        values = [Float](unsafeUninitializedCapacity: count * variables) { buffer, filled in
            for (row, plane) in planes.enumerated() {
                var sum = 0
                for place in places { sum += Int(plane[Int(place)]) }
                let centre = Float(count == 0 ? 0 : sum / count)
                let start = row * count
                for (index, place) in places.enumerated() {
                    buffer[start + index] = Float(plane[Int(place)]) - centre
                }
            }
            filled = count * variables
        }
    }

    /// Weighted means and covariances of all variables in one pass.
    func moments(_ weights: [Float]) -> Moments {
        var sums = [Double](repeating: 0, count: variables)
        var products = [Double](repeating: 0, count: variables * variables)
        var total = 0.0
        withBlocks { start, length, plain in
            var scaled = [Double](repeating: 0, count: Self.block)
            var blockWeights = [Double](repeating: 0, count: Self.block)
            for index in 0..<length { blockWeights[index] = Double(weights[start + index]) }
            for weight in blockWeights { total += weight }
            scaled.withUnsafeMutableBufferPointer { scaled in
                for row in 0..<variables {
                    let mine = plain + row * Self.block
                    var sum = 0.0
                    for index in 0..<Self.block {
                        scaled[index] = mine[index] * blockWeights[index]
                        sum += scaled[index]
                    }
                    sums[row] += sum
                    for column in row..<variables {
                        products[row * variables + column] += Self.dot(
                            UnsafePointer(scaled.baseAddress.unsafelyUnwrapped),
                            plain + column * Self.block)
                    }
                }
            }
        }
        let means = sums.map { $0 / total }
        var covariances = SmallMatrix(side: variables)
        for row in 0..<variables {
            for column in row..<variables {
                let value =
                    products[row * variables + column] / total - means[row] * means[column]
                covariances[row, column] = value
                covariances[column, row] = value
            }
        }
        return Moments(weight: total, means: means, covariances: covariances)
    }

    /// Σ over linear combinations of their squares, pixel by pixel.
    ///
    /// - Parameters:
    ///   - combinations: A row of factors a combination, as many as variables.
    ///   - offsets: What is taken off each combination.
    /// - Returns: A value a pixel.
    func sumOfSquares(_ combinations: [[Double]], offsets: [Double]) -> [Float] {
        var result = [Float](repeating: 0, count: count)
        withBlocks { start, length, plain in
            var total = [Double](repeating: 0, count: Self.block)
            var part = [Double](repeating: 0, count: Self.block)
            for (factors, offset) in zip(combinations, offsets) {
                for index in 0..<Self.block { part[index] = -offset }
                for (row, factor) in factors.enumerated() {
                    let mine = plain + row * Self.block
                    part.withUnsafeMutableBufferPointer { part in
                        for index in 0..<Self.block { part[index] += factor * mine[index] }
                    }
                }
                for index in 0..<Self.block { total[index] += part[index] * part[index] }
            }
            for index in 0..<length { result[start + index] = Float(total[index]) }
        }
        return result
    }

    /// Calls `body` with blocks of pixels as 64-bit numbers, (variables, block); what is beyond the last pixel is 0.
    private func withBlocks(
        _ body: (_ start: Int, _ length: Int, _ plain: UnsafePointer<Double>) -> Void
    ) {
        var plain = [Double](repeating: 0, count: variables * Self.block)
        for start in stride(from: 0, to: count, by: Self.block) {
            let length = min(Self.block, count - start)
            plain.withUnsafeMutableBufferPointer { plain in
                values.withUnsafeBufferPointer { values in
                    for row in 0..<variables {
                        let (source, target) = (row * count + start, row * Self.block)
                        for index in 0..<length {
                            plain[target + index] = Double(values[source + index])
                        }
                        for index in length..<max(Self.block, length) { plain[target + index] = 0 }
                    }
                }
                body(start, length, UnsafePointer(plain.baseAddress.unsafelyUnwrapped))
            }
        }
    }

    /// The dot product of two blocks, in the same order on every machine.
    private static func dot(
        _ left: UnsafePointer<Double>, _ right: UnsafePointer<Double>
    ) -> Double {
        var sum = SIMD8<Double>.zero
        let (left, right) = (UnsafeRawPointer(left), UnsafeRawPointer(right))
        for index in stride(from: 0, to: block * 8, by: 64) {
            sum +=
                left.loadUnaligned(fromByteOffset: index, as: SIMD8<Double>.self)
                * right.loadUnaligned(fromByteOffset: index, as: SIMD8<Double>.self)
        }
        return sum.sum()
    }
}
