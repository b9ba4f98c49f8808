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

/// The weights of a kernel for every fraction of a pixel, of sum 1: what the C loop interpolates in, linearly.
struct KernelTable: Sendable {
    /// Pixels in a line that have weight: 4 or 6.
    let taps: Int
    /// 1024 + 1 entries of 8 numbers, the last ones 0.
    let weights: [Float]

    private static let steps = 1024

    private init(_ kernel: ResamplingKernel, taps: Int) {
        self.taps = taps
        weights = (0...Self.steps).flatMap { step -> [Float] in
            let fraction = Float(step) / Float(Self.steps)
            let entry = (0..<8).map { tap in
                tap < taps ? kernel.weight(Float(tap - taps / 2 + 1) - fraction) : 0
            }
            let total = entry.reduce(0, +)
            return entry.map { $0 / total }
        }
    }

    private static let bilinear = KernelTable(.bilinear, taps: 4)
    private static let cubic = KernelTable(.cubic, taps: 4)
    private static let lanczos = KernelTable(.lanczos, taps: 6)

    /// The table of a kernel; nil for `nearest`, which has no weights.
    static func of(_ kernel: ResamplingKernel) -> KernelTable? {
        switch kernel {
        case .nearest: nil
        case .bilinear: bilinear
        case .cubic: cubic
        case .lanczos: lanczos
        }
    }
}
