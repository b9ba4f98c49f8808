import Tensors

/// Cross-spectra and correlation peaks of square windows, in batches.
///
/// Uses `rfft2` and `irfft2` of `Tensors`.
struct WindowSpectra {
    let side: Int
    /// Numbers of one cross-spectrum: (side, side/2+1) complex numbers as pairs.
    let length: Int
    /// Passes low frequencies, on which all dates agree best, for the whole-pixel search.
    private let lowPass: [Float]

    init(side: Int) {
        self.side = side
        let half = side / 2 + 1
        length = side * half * 2
        lowPass = (0..<side * half).map { index in
            let row = index / half
            let u = Double(row < half ? row : row - side) / Double(side)
            let v = Double(index % half) / Double(side)
            return Float(exponential(-(u * u + v * v) / (0.25 * 0.25)))
        }
    }

    /// reference · conj(moving) of each window pair, `count · length` numbers.
    func cross(reference: [Float], moving: [Float], count: Int) -> [Float] {
        let shape = [count, side, side]
        let first = Tensor(reference, shape: shape).rfft2()
        let second = Tensor(moving, shape: shape).rfft2()
        return (first * second.conjugate()).bytes().withUnsafeBytes {
            Array($0.bindMemory(to: Float.self))
        }
    }

    /// A peak of a correlation: the shift it stands for, and its height over the noise around it.
    struct Peak {
        var row: Int
        var column: Int
        var strength: Double
    }

    /// The highest peak within a distance, of a whitened cross-spectrum.
    func peak(of spectrum: [Float], within reach: Int) throws -> Peak {
        let filtered = zip(spectrum.indices, spectrum).map { $1 * lowPass[$0 / 2] }
        let surface: [Float] = try filtered.withUnsafeBytes {
            try Tensor(bytes: $0, dtype: .complex64, shape: [side, side / 2 + 1])
                .irfft2([side, side]).values()
        }
        let mean = surface.reduce(0) { $0 + Double($1) } / Double(surface.count)
        let square = surface.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        let deviation = (square / Double(surface.count)).squareRoot()
        var best = Peak(row: 0, column: 0, strength: -.infinity)
        for row in -reach...reach {
            for column in -reach...reach {
                // A shift of d puts the peak at −d.
                let index = ((side - row) % side) * side + (side - column) % side
                let height = (Double(surface[index]) - mean) / max(deviation, 1e-30)
                if height > best.strength {
                    best = Peak(row: row, column: column, strength: height)
                }
            }
        }
        return best
    }

    /// The whole-pixel shift of one window's cross-spectrum near zero.
    func localPeak(of cross: UnsafePointer<Float>, within reach: Int) throws -> (Int, Int) {
        var whitened = [Float](repeating: 0, count: length)
        for entry in stride(from: 0, to: length, by: 2) {
            let (real, imaginary) = (cross[entry], cross[entry + 1])
            let amplitude = (real * real + imaginary * imaginary).squareRoot()
            guard amplitude > 0 else { continue }
            whitened[entry] = real / amplitude
            whitened[entry + 1] = imaginary / amplitude
        }
        let found = try peak(of: whitened, within: reach)
        return (found.row, found.column)
    }
}
