import CKernels
import Tensors

/// Cross-spectra and correlation peaks of square windows.
///
/// Uses `rfft2` and `irfft2` of `Tensors`.
struct WindowSpectra {
    let side: Int
    /// Complex numbers of one spectrum, (side, side/2+1).
    let count: Int
    /// Where they are transformed.
    let device: Device
    /// Passes low frequencies, on which all dates agree best, for the whole-pixel search.
    private let lowPass: [Float]

    init(side: Int, device: Device) {
        self.side = side
        self.device = device
        let half = side / 2 + 1
        count = side * half
        lowPass = (0..<side * half).map { index in
            let row = index / half
            let u = Double(row < half ? row : row - side) / Double(side)
            let v = Double(index % half) / Double(side)
            return Float(exponential(-(u * u + v * v) / (0.25 * 0.25)))
        }
    }

    /// The spectra of some windows, `count` complex numbers as pairs each, to read from while `body` runs.
    func spectra<Result>(
        of windows: [Float], _ body: (UnsafePointer<Float>) throws -> Result
    ) rethrows -> Result {
        let tensor = Tensor(windows, shape: [windows.count / (side * side), side, side])
            .to(device).rfft2()
        return try tensor.bytes().withUnsafeBytes { bytes in
            // swift-format-ignore: NeverForceUnwrap, there is always a window.
            try body(bytes.bindMemory(to: Float.self).baseAddress!)
        }
    }

    /// Adds a cross-spectrum to a sum, every number made as long as the low pass lets it be.
    func addWhitened(_ cross: UnsafePointer<Float>, to sum: inout [Float]) {
        ckernels_whiten(cross, lowPass, count, &sum)
    }

    /// A peak of a correlation: the shift it stands for, and its height over the noise around it.
    struct Peak {
        var row: Int
        var column: Int
        var strength: Double
    }

    /// The highest peak within a distance, of a whitened cross-spectrum.
    func peak(of whitened: [Float], within reach: Int) throws -> Peak {
        let surface: [Float] = try whitened.withUnsafeBytes {
            try Tensor(bytes: $0, dtype: .complex64, shape: [side, side / 2 + 1])
                .to(device).irfft2([side, side]).values()
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
        var whitened = [Float](repeating: 0, count: 2 * count)
        addWhitened(cross, to: &whitened)
        let found = try peak(of: whitened, within: reach)
        return (found.row, found.column)
    }
}
