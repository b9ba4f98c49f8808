/// Cuts the same window out of two images and readies it for the Fourier transform.
///
/// Both windows lose their weighted mean and are multiplied by the same weights: a Hann window times the feathered
/// mask of the pixels that both can use. Edges of clouds and of the data would else pull every shift towards zero.
struct WindowCutter {
    let side: Int
    private let hann: [Float]
    private let total: Float
    /// Half the side of the box that feathers a mask.
    private let feather = 4

    init(side: Int) {
        self.side = side
        let row = (0..<side).map {
            Float(0.5 - 0.5 * cosine(2 * .pi * (Double($0) + 0.5) / Double(side)))
        }
        hann = row.flatMap { weight in row.map { $0 * weight } }
        total = hann.reduce(0, +)
    }

    /// Writes both windows, `side²` numbers each.
    ///
    /// - Returns: the weighted share of pixels that both images can use, 0…1.
    func cut(
        _ pair: ImagePair, row: Int, column: Int, offset: (row: Int, column: Int),
        reference: UnsafeMutablePointer<Float>, moving: UnsafeMutablePointer<Float>
    ) -> Double {
        let count = side * side
        copy(pair.reference, row: row, column: column, to: reference)
        copy(pair.moving, row: row + offset.row, column: column + offset.column, to: moving)
        var isWhole = true
        for index in 0..<count where reference[index] == 0 || moving[index] == 0 {
            isWhole = false
            break
        }
        let weights = isWhole ? hann : feathered(reference, moving)
        var (sum, first, second) = (Float(0), Float(0), Float(0))
        for index in 0..<count {
            sum += weights[index]
            first += weights[index] * reference[index]
            second += weights[index] * moving[index]
        }
        guard sum > 0 else { return 0 }
        (first, second) = (first / sum, second / sum)
        for index in 0..<count {
            reference[index] = (reference[index] - first) * weights[index]
            moving[index] = (moving[index] - second) * weights[index]
        }
        return Double(sum / total)
    }

    /// Cells along one side of a window in which its texture is told.
    static let cells = 8

    /// Where in a window the texture lies that both dates show: what a shift found in it is a mean over.
    ///
    /// The phase of a cross-spectrum is that of the summed products of both images' structure, so a window speaks for the
    /// parts where both have gradients, not for its middle.
    ///
    /// - Parameters:
    ///   - reference: a window as `cut` left it.
    ///   - moving: the other.
    /// - Returns: `cells²` shares of 1: the product of both gradients, not less than 0.
    func texture(_ reference: UnsafePointer<Float>, _ moving: UnsafePointer<Float>) -> [Float] {
        let cell = side / Self.cells
        var shares = [Float](repeating: 0, count: Self.cells * Self.cells)
        for row in 0..<side - 1 {
            let place = row / cell * Self.cells
            for column in 0..<side - 1 {
                let at = row * side + column
                let across =
                    (reference[at + 1] - reference[at]) * (moving[at + 1] - moving[at])
                let down =
                    (reference[at + side] - reference[at]) * (moving[at + side] - moving[at])
                shares[place + column / cell] += across + down
            }
        }
        var total: Float = 0
        for index in shares.indices {
            shares[index] = max(shares[index], 0)
            total += shares[index]
        }
        guard total > 0 else {
            return [Float](repeating: 1 / Float(shares.count), count: shares.count)
        }
        return shares.map { $0 / total }
    }

    /// Pixels outside the image are unusable: 0.
    private func copy(
        _ image: AlignmentImage, row: Int, column: Int, to window: UnsafeMutablePointer<Float>
    ) {
        for line in 0..<side {
            let target = window + line * side
            let source = row + line
            guard source >= 0, source < image.height else {
                target.update(repeating: 0, count: side)
                continue
            }
            for position in 0..<side {
                let from = column + position
                let isInside = from >= 0 && from < image.width
                target[position] = isInside ? Float(image.pixels[source * image.width + from]) : 0
            }
        }
    }

    /// The Hann window times a mask that falls to 0 at its edge over a few pixels.
    private func feathered(
        _ reference: UnsafeMutablePointer<Float>, _ moving: UnsafeMutablePointer<Float>
    ) -> [Float] {
        let count = side * side
        var mask = [Float](repeating: 0, count: count)
        for index in 0..<count {
            mask[index] = reference[index] == 0 || moving[index] == 0 ? 0 : 1
        }
        for _ in 0..<2 {
            mask = boxed(mask, step: 1, stride: side)
            mask = boxed(mask, step: side, stride: 1)
        }
        for index in 0..<count {
            mask[index] = max(0, 2 * mask[index] - 1) * hann[index]
            if reference[index] == 0 || moving[index] == 0 { mask[index] = 0 }
        }
        return mask
    }

    /// Running mean along one axis; the border repeats.
    private func boxed(_ values: [Float], step: Int, stride: Int) -> [Float] {
        var result = values
        let share = 1 / Float(2 * feather + 1)
        for line in 0..<side {
            let start = line * stride
            func value(_ position: Int) -> Float {
                values[start + min(max(position, 0), side - 1) * step]
            }
            var sum = (-feather...feather).reduce(Float(0)) { $0 + value($1) }
            for position in 0..<side {
                result[start + position * step] = sum * share
                sum += value(position + feather + 1) - value(position - feather)
            }
        }
        return result
    }
}

/// Two images of the same place; pixel (r, c) of the reference nominally lies at (r, c) + origin in the other one.
struct ImagePair {
    let reference: AlignmentImage
    let moving: AlignmentImage
    let origin: (row: Int, column: Int)
}
