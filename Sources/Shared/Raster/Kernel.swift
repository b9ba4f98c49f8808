/// How a value between pixels is made.
public enum ResamplingKernel: String, Sendable, Codable, CaseIterable {
    /// The pixel in which the position lies; for classes and masks.
    case nearest
    /// Linear in both directions.
    case bilinear
    /// Cubic convolution with a = −0.5 (Keys, 1981), which is GDAL's "cubic".
    case cubic

    /// Pixels to either side that have weight.
    var radius: Float {
        switch self {
        case .nearest: 0.5
        case .bilinear: 1
        case .cubic: 2
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
        }
    }
}
