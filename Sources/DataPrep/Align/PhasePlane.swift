import Foundation

func cosine(_ angle: Double) -> Double { cos(angle) }

func exponential(_ value: Double) -> Double { exp(value) }

/// Finds a sub-pixel shift as the slope of the phase of a cross-spectrum.
///
/// A shift d turns the phase of reference · conj(moving) into the plane 2π(u·d_rows + v·d_columns). The plane is fitted
/// to every frequency below a cut-off by iterated re-weighted least squares: a frequency counts by its signal over noise,
/// and less the farther it lies from the plane. No image is interpolated, so that no shift is drawn to whole pixels.
struct PhasePlane {
    /// What a fit gives.
    struct Fit {
        var shift: Shift
        /// Standard error of a component in pixels, from the scatter of the phases.
        var uncertainty: Double
        /// Length of the weighted mean of the phase residuals as unit vectors: 1 all agree, 0 noise.
        var coherence: Double
    }

    /// Frequencies above this, in cycles a pixel, are mostly aliases and compression.
    static let cutOff = 0.35
    /// Phase scatter that even frequencies without noise have (change on the ground), in radians.
    static let floor = 0.3

    let side: Int
    private let indices: [Int]
    private let noiseIndices: [Int]
    /// 2π times the frequency, by entry of `indices`.
    private let rowSlopes: [Float]
    private let columnSlopes: [Float]

    init(side: Int) {
        self.side = side
        let half = side / 2 + 1
        var kept: [(index: Int, row: Float, column: Float)] = []
        var noise: [Int] = []
        for row in 0..<side {
            let u = Double(row < half ? row : row - side) / Double(side)
            for column in 0..<half {
                let v = Double(column) / Double(side)
                let radius = (u * u + v * v).squareRoot()
                // Half of the column v = 0 repeats the other half.
                let isRepeated = column == 0 && u < 0
                if radius > 1.5 / Double(side), radius < Self.cutOff, !isRepeated {
                    kept.append((row * half + column, Float(2 * .pi * u), Float(2 * .pi * v)))
                } else if radius > 0.42, radius < 0.5 {
                    noise.append(row * half + column)
                }
            }
        }
        indices = kept.map(\.index)
        rowSlopes = kept.map(\.row)
        columnSlopes = kept.map(\.column)
        // A quarter of them tells the median as well.
        noiseIndices = stride(from: 0, to: noise.count, by: 4).map { noise[$0] }
    }

    /// Fits the plane to one cross-spectrum, (side, side/2+1) complex numbers as pairs.
    func fit(_ spectrum: UnsafePointer<Float>) -> Fit? {
        let count = indices.count
        var phases = [Float](repeating: 0, count: count)
        var trust = [Float](repeating: 0, count: count)
        let noise = noiseLevel(spectrum)
        guard noise.isFinite else { return nil }
        for entry in 0..<count {
            let (real, imaginary) = (spectrum[2 * indices[entry]], spectrum[2 * indices[entry] + 1])
            let amplitude = (real * real + imaginary * imaginary).squareRoot()
            guard amplitude > 0 else { continue }
            phases[entry] = atan2(imaginary, real)
            trust[entry] = 1 / (Float(Self.floor * Self.floor) + noise / amplitude)
        }
        return fit(phases: phases, trust: trust)
    }

    private func noiseLevel(_ spectrum: UnsafePointer<Float>) -> Float {
        let amplitudes = noiseIndices.map { index -> Float in
            let (real, imaginary) = (spectrum[2 * index], spectrum[2 * index + 1])
            return (real * real + imaginary * imaginary).squareRoot()
        }
        return amplitudes.sorted()[amplitudes.count / 2]
    }

    private func fit(phases: [Float], trust: [Float]) -> Fit? {
        var (rows, columns) = (Float(0), Float(0))
        var sums = NormalSums()
        for iteration in 0..<12 {
            sums = accumulate(
                phases: phases, trust: trust, rows: rows, columns: columns,
                scale: iteration < 5 ? 1.5 : 0.6)
            guard let step = sums.solution else { return nil }
            rows += Float(step.rows)
            columns += Float(step.columns)
            if iteration > 6, step.length < 1e-5 { break }
        }
        guard let covariance = sums.uncertainty(of: indices.count) else {
            return nil
        }
        return Fit(
            shift: Shift(rows: Double(rows), columns: Double(columns)), uncertainty: covariance,
            coherence: agreement(phases: phases, trust: trust, rows: rows, columns: columns))
    }

    /// The weighted mean cosine of the distances from the plane.
    private func agreement(phases: [Float], trust: [Float], rows: Float, columns: Float) -> Double {
        var (sum, total) = (Float(0), Float(0))
        for entry in phases.indices {
            let distance = phases[entry] - rowSlopes[entry] * rows - columnSlopes[entry] * columns
            sum += trust[entry] * cosf(distance)
            total += trust[entry]
        }
        return total > 0 ? Double(sum / total).clamped(to: 0...1) : 0
    }

    /// The weighted normal equations of the residual plane.
    private func accumulate(
        phases: [Float], trust: [Float], rows: Float, columns: Float, scale: Float
    ) -> NormalSums {
        var sums = NormalSums()
        let turn = 2 * Float.pi
        for entry in phases.indices {
            let (u, v) = (rowSlopes[entry], columnSlopes[entry])
            var residual = phases[entry] - u * rows - v * columns
            residual -= turn * (residual / turn).rounded()
            let relative = residual / scale
            let bounded = 1 + relative * relative
            let weight = trust[entry] / (bounded * bounded)
            sums.uu += Double(weight * u * u)
            sums.uv += Double(weight * u * v)
            sums.vv += Double(weight * v * v)
            sums.u += Double(weight * u * residual)
            sums.v += Double(weight * v * residual)
            sums.squares += Double(weight * residual * residual)
        }
        return sums
    }
}

/// Sums of a weighted fit of a plane through the origin.
private struct NormalSums {
    var (uu, uv, vv, u, v) = (0.0, 0.0, 0.0, 0.0, 0.0)
    var squares = 0.0

    var determinant: Double { uu * vv - uv * uv }

    var solution: Shift? {
        guard determinant > 1e-9 * uu * vv, determinant > 0 else { return nil }
        return Shift(
            rows: (vv * u - uv * v) / determinant, columns: (uu * v - uv * u) / determinant)
    }

    /// The larger standard error; a Hann window ties 2.25 neighbouring frequencies together.
    func uncertainty(of count: Int) -> Double? {
        guard determinant > 0, count > 2 else { return nil }
        let variance = squares / Double(count - 2) * max(uu, vv) / determinant
        return (2.25 * variance).squareRoot()
    }
}

extension Comparable {
    func clamped(to limits: ClosedRange<Self>) -> Self {
        min(max(self, limits.lowerBound), limits.upperBound)
    }
}
