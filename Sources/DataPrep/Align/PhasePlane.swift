import CKernels
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
        /// Standard error of a component in pixels, from how far the phases agree.
        var uncertainty: Double
        /// Length of the weighted mean of the phase residuals as unit vectors: 1 all agree, 0 noise.
        var coherence: Double
    }

    /// Frequencies above this, in cycles a pixel, are mostly aliases and compression.
    static let cutOff = 0.35
    /// Phase scatter that even frequencies without noise have (change on the ground), in radians.
    static let floor = 0.3
    /// A frequency counts as far as it is stronger than this many times the noise.
    static let beyondNoise = 2.0

    let side: Int
    /// Places of the frequencies in a cross-spectrum.
    private let places: [Int32]
    private let noisePlaces: [Int32]
    /// 2π times the frequency, by entry of `places`, filled with zeros to a multiple of eight.
    private let rowSlopes: [Float]
    private let columnSlopes: [Float]

    init(side: Int) {
        self.side = side
        let half = side / 2 + 1
        var kept: [(place: Int, row: Float, column: Float)] = []
        var noise: [Int32] = []
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
                    noise.append(Int32(row * half + column))
                }
            }
        }
        places = kept.map { Int32($0.place) }
        let filling = [Float](repeating: 0, count: (8 - kept.count % 8) % 8)
        rowSlopes = kept.map(\.row) + filling
        columnSlopes = kept.map(\.column) + filling
        // A quarter of them tells the median as well.
        noisePlaces = stride(from: 0, to: noise.count, by: 4).map { noise[$0] }
    }

    /// Fits the plane to one cross-spectrum, (side, side/2+1) complex numbers as pairs.
    func fit(_ spectrum: UnsafePointer<Float>) -> Fit? {
        let noise = noiseLevel(spectrum)
        guard noise.isFinite else { return nil }
        var phases = [Float](repeating: 0, count: rowSlopes.count)
        var trust = phases
        ckernels_phases(
            spectrum, places, places.count, Float(Self.floor * Self.floor), noise,
            Float(Self.beyondNoise), &phases, &trust)
        return phases.withUnsafeBufferPointer { phases in
            trust.withUnsafeBufferPointer { trust in
                rowSlopes.withUnsafeBufferPointer { rows in
                    columnSlopes.withUnsafeBufferPointer { columns in
                        fit(
                            ckernels_plane(
                                phases: phases.baseAddress, trust: trust.baseAddress,
                                row_slopes: rows.baseAddress, column_slopes: columns.baseAddress,
                                count: phases.count))
                    }
                }
            }
        }
    }

    /// The median length of a spectrum's numbers at frequencies that hold little but noise.
    func noiseLevel(_ spectrum: UnsafePointer<Float>) -> Float {
        var lengths = [Float](repeating: 0, count: noisePlaces.count)
        ckernels_lengths(spectrum, noisePlaces, noisePlaces.count, &lengths)
        lengths.sort()
        return lengths[lengths.count / 2]
    }

    private func fit(_ plane: ckernels_plane) -> Fit? {
        var (rows, columns) = (0.0, 0.0)
        var sums = NormalSums()
        for iteration in 0..<12 {
            sums = NormalSums(
                of: plane, rows: rows, columns: columns, scale: iteration < 5 ? 1.5 : 0.6)
            guard let step = sums.solution else { return nil }
            rows += step.rows
            columns += step.columns
            if iteration > 6, step.length < 1e-5 { break }
        }
        return agreement(of: plane, with: Shift(rows: rows, columns: columns))
    }

    /// A shift with what is to be thought of it.
    ///
    /// The shift maximises Σ t·cos r over frequencies of trust t and distance r from the plane. Where the mean cosine is ρ, the
    /// scatter of sin r is (1 − ρ²) / 2, and that of the maximum is Σ t²q·(1 − ρ²) / 2 over (ρ·Σ tq)², q = (u² + v²) / 2. A
    /// Hann window ties 2.25 neighbouring frequencies together.
    private func agreement(of plane: ckernels_plane, with shift: Shift) -> Fit? {
        var sums = [Double](repeating: 0, count: 4)
        ckernels_plane_agreement(plane, Float(shift.rows), Float(shift.columns), &sums)
        guard sums[1] > 0, sums[2] > 0 else { return nil }
        let coherence = (sums[0] / sums[1]).clamped(to: 0...1)
        let variance = 2.25 * (1 - coherence * coherence) / 2 * sums[3]
        let error = variance.squareRoot() / (max(coherence, 1e-6) * sums[2])
        return Fit(shift: shift, uncertainty: error, coherence: coherence)
    }
}

/// Sums of a weighted fit of a plane through the origin.
private struct NormalSums {
    private var (uu, uv, vv, u, v) = (0.0, 0.0, 0.0, 0.0, 0.0)

    init() {}

    /// The normal equations of what a plane leaves.
    init(of plane: ckernels_plane, rows: Double, columns: Double, scale: Float) {
        var sums = [Double](repeating: 0, count: 5)
        ckernels_plane_sums(plane, Float(rows), Float(columns), scale, &sums)
        (uu, uv, vv, u, v) = (sums[0], sums[1], sums[2], sums[3], sums[4])
    }

    private var determinant: Double { uu * vv - uv * uv }

    var solution: Shift? {
        guard determinant > 1e-9 * uu * vv, determinant > 0 else { return nil }
        return Shift(
            rows: (vv * u - uv * v) / determinant, columns: (uu * v - uv * u) / determinant)
    }
}

extension Comparable {
    func clamped(to limits: ClosedRange<Self>) -> Self {
        min(max(self, limits.lowerBound), limits.upperBound)
    }
}
