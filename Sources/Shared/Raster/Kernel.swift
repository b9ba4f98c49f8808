import Foundation

/// How a value between pixels is made.
public enum ResamplingKernel: String, Sendable, Codable, CaseIterable {
    /// The pixel in which the position lies; for classes and masks.
    case nearest
    /// Linear in both directions.
    case bilinear
    /// Cubic convolution with a = −0.5 (Keys, 1981), which is GDAL's "cubic".
    ///
    /// It moves detail: at 0.35 cycles a pixel by up to 0.1 px towards the nearest pixel, at 0.2 by 0.03.
    case cubic
    /// Sinc under a sinc window of three lobes (Duchon, 1979), which is GDAL's "lanczos"; at most 0.04 and 0.01 px there.
    case lanczos

    /// Pixels to either side that have weight.
    var radius: Float {
        switch self {
        case .nearest: 0.5
        case .bilinear: 1
        case .cubic: 2
        case .lanczos: 3
        }
    }

    /// The weight at a distance in pixels.
    @inline(__always)
    func weight(_ distance: Float) -> Float {
        let x = abs(distance)
        switch self {
        case .nearest: return x <= 0.5 ? 1 : 0
        case .bilinear: return max(0, 1 - x)
        case .cubic:
            if x <= 1 { return (1.5 * x - 2.5) * x * x + 1 }
            return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0
        case .lanczos:
            if x < 1e-4 { return 1 }
            let angle = Float.pi * x
            return x < 3 ? 3 * sin(angle) * sin(angle / 3) / (angle * angle) : 0
        }
    }
}

/// The six weights of `lanczos` for every fraction of a pixel, from a table: linear between 1024 entries, of sum 1.
enum LanczosTable {
    private static let steps = 1024

    private static let entries: [SIMD8<Float>] = (0...steps).map { step in
        let fraction = Float(step) / Float(steps)
        var weights = SIMD8<Float>.zero
        for tap in 0..<6 {
            weights[tap] = ResamplingKernel.lanczos.weight(Float(tap) - 2 - fraction)
        }
        return weights / weights.sum()
    }

    /// Weights of the pixels from two before a position to three behind it, and two zeros.
    @inline(__always)
    static func weights(_ fraction: Float) -> SIMD8<Float> {
        entries.withUnsafeBufferPointer { entries in
            let place = fraction * Float(steps)
            let index = min(max(Int(place), 0), steps - 1)
            return entries[index] + (entries[index + 1] - entries[index]) * (place - Float(index))
        }
    }
}
