/// Smooth random functions of position: value noise on an integer lattice, and sums of its octaves.
///
/// Every value is a pure function of (seed, position), continuous, and in −1 … 1, so that a scene
/// may be evaluated at any shifted position without resampling anything.
/// Value noise with cubic fade: Perlin, "Improving Noise", SIGGRAPH 2002 (the fade); any text on
/// value noise for the rest.
struct LatticeNoise: Sendable {
    /// Which random function this is.
    let seed: UInt32

    init(seed: UInt64) {
        self.seed = UInt32(truncatingIfNeeded: seed ^ (seed >> 32))
    }

    /// A well-mixed 32-bit hash of two integers and a seed (Wellons' lowbias32 finaliser).
    @inline(__always)
    static func hash(_ x: Int32, _ y: Int32, _ seed: UInt32) -> UInt32 {
        var h =
            UInt32(bitPattern: x) &* 0x9E37_79B1 ^ UInt32(bitPattern: y) &* 0x85EB_CA77 ^ seed
        h = (h ^ (h >> 16)) &* 0x7FEB_352D
        h = (h ^ (h >> 15)) &* 0x846C_A68B
        return h ^ (h >> 16)
    }

    /// A hash of one integer, as a number in 0 ..< 1.
    @inline(__always)
    static func unit(_ hash: UInt32) -> Float {
        Float(hash >> 8) * (1 / 16_777_216)
    }

    /// The noise at (x, y), in lattice cells; −1 … 1.
    @inline(__always)
    func value(_ x: Float, _ y: Float) -> Float {
        let column = x.rounded(.down)
        let row = y.rounded(.down)
        let i = Int32(column)
        let j = Int32(row)
        let fx = x - column
        let fy = y - row
        let u = fx * fx * (3 - 2 * fx)
        let v = fy * fy * (3 - 2 * fy)
        let a = Self.unit(Self.hash(i, j, seed))
        let b = Self.unit(Self.hash(i &+ 1, j, seed))
        let c = Self.unit(Self.hash(i, j &+ 1, seed))
        let d = Self.unit(Self.hash(i &+ 1, j &+ 1, seed))
        let top = a + (b - a) * u
        let bottom = c + (d - c) * u
        return (top + (bottom - top) * v) * 2 - 1
    }

    /// A 1/f sum of `octaves` noises, each of half the cell and `persistence` of the strength before.
    ///
    /// - Parameters:
    ///   - x: Position, in cells of the first octave.
    ///   - y: Position, in cells of the first octave.
    ///   - octaves: How many are summed.
    ///   - persistence: Strength of an octave, relative to the one before.
    /// - Returns: A number in −1 … 1, mostly in −0.5 … 0.5.
    func fractal(_ x: Float, _ y: Float, octaves: Int, persistence: Float = 0.5) -> Float {
        var sum: Float = 0
        var strength: Float = 1
        var total: Float = 0
        var (px, py) = (x, y)
        for _ in 0..<octaves {
            sum += strength * value(px, py)
            total += strength
            strength *= persistence
            // A turned lattice each octave hides the axes of the first.
            (px, py) = (1.6 * px + 1.2 * py + 17.3, 1.6 * py - 1.2 * px + 5.9)
        }
        return sum / total
    }
}
