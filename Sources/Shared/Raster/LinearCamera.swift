import Geo

/// A camera whose rows and columns are fractions of linear forms of the place seen.
struct LinearCamera: Hashable, Sendable {
    /// 1, east, north, up → column, before division.
    let column: SIMD4<Double>
    /// 1, east, north, up → row, before division.
    let row: SIMD4<Double>
    /// 1, east, north, up → divisor; its first is 1.
    let divisor: SIMD4<Double>

    var isPerspective: Bool { divisor != [1, 0, 0, 0] }

    /// What the linear forms are divided by at a place.
    func divisor(at place: SIMD3<Double>) -> Double {
        (divisor * SIMD4(1, place.x, place.y, place.z)).sum()
    }

    func pixel(of place: SIMD3<Double>) -> Position {
        let terms = SIMD4(1, place.x, place.y, place.z)
        let below = divisor(at: place)
        return Position(x: (column * terms).sum() / below, y: (row * terms).sum() / below)
    }

    /// East and north of what is seen in a pixel at a height; nil where the line of sight runs level.
    func ground(under pixel: Position, height: Double) -> Position? {
        let (a, b) = (column - pixel.x * divisor, row - pixel.y * divisor)
        let determinant = a.y * b.z - a.z * b.y
        guard abs(determinant) > 1e-15 else { return nil }
        let (c, d) = (-a.x - a.w * height, -b.x - b.w * height)
        return Position(
            x: (c * b.z - a.z * d) / determinant, y: (a.y * d - c * b.y) / determinant)
    }
}

/// Places and the pixels they are seen in.
struct Sights {
    let places: [SIMD3<Double>]
    let pixels: [Position]
    /// What brings places and pixels to about 1.
    private let centre: SIMD3<Double>
    private let span: Double
    private let middle: Position
    private let reach: Double

    init(places: [SIMD3<Double>], pixels: [Position]) {
        (self.places, self.pixels) = (places, pixels)
        let count = Double(max(1, places.count))
        let centre = places.reduce(.zero, +) / count
        self.centre = centre
        span = max(1, places.map { ($0 - centre).max() - ($0 - centre).min() }.max() ?? 1)
        let middle = Position(
            x: pixels.map(\.x).reduce(0, +) / count, y: pixels.map(\.y).reduce(0, +) / count)
        self.middle = middle
        reach = max(1, pixels.map { max(abs($0.x - middle.x), abs($0.y - middle.y)) }.max() ?? 1)
    }

    /// The perspective camera where it foretells points that it was not fitted to better than the affine one; else that.
    func best() -> LinearCamera? {
        guard let affine = fitted(perspective: false) else { return nil }
        guard places.count >= 8, let perspective = fitted(perspective: true),
            foretold(perspective: true) < 0.9 * foretold(perspective: false)
        else { return affine }
        return perspective
    }

    /// Distances in pixels between points and where a camera has them.
    func misses(_ camera: LinearCamera) -> [Double] {
        zip(places, pixels).map { place, pixel in
            let seen = camera.pixel(of: place)
            let (x, y) = (seen.x - pixel.x, seen.y - pixel.y)
            return (x * x + y * y).squareRoot()
        }
    }

    /// The spread of misses by their median; 0.02 px at least.
    func scale(_ misses: [Double]) -> Double {
        let sorted = misses.sorted()
        return max(0.02, 1.4826 * (sorted.isEmpty ? 0 : sorted[sorted.count / 2]))
    }

    /// The median miss of points, each by a camera fitted to the others.
    func foretold(perspective: Bool) -> Double {
        let step = max(1, places.count / 40)
        let misses = stride(from: 0, to: places.count, by: step).map { left -> Double in
            let rest = places.indices.filter { $0 != left }
            let others = Sights(places: rest.map { places[$0] }, pixels: rest.map { pixels[$0] })
            guard let camera = others.fitted(perspective: perspective) else { return .infinity }
            return Sights(places: [places[left]], pixels: [pixels[left]]).misses(camera)[0]
        }.sorted()
        return max(0.01, misses[misses.count / 2])
    }

    /// A camera by weighted least squares, weights from the misses of the camera before; nil where points do not fix it.
    ///
    /// With less than half as many points again as it takes, all count alike: among those, any could be called false.
    func fitted(perspective: Bool) -> LinearCamera? {
        let isRobust = places.count >= (perspective ? 9 : 7)
        var weights = [Double](repeating: 1, count: places.count)
        var camera: LinearCamera?
        for _ in 0..<30 {
            guard let found = solve(perspective, weights) else { return nil }
            let misses = misses(found)
            let scale = 3 * scale(misses)
            weights = zip(places, misses).map { place, miss in
                let ratio = isRobust ? miss / scale : 0
                let below = found.divisor(at: place)
                // An equation was multiplied by its divisor.
                return 1 / ((1 + ratio * ratio) * (1 + ratio * ratio) * below * below)
            }
            camera = found
        }
        return camera
    }

    private func solve(_ perspective: Bool, _ weights: [Double]) -> LinearCamera? {
        var (rows, values, each): ([[Double]], [Double], [Double]) = ([], [], [])
        for (index, place) in places.enumerated() {
            let p = (place - centre) / span
            let terms = [1, p.x, p.y, p.z]
            let none = [0.0, 0, 0, 0]
            let x = (pixels[index].x - middle.x) / reach
            let y = (pixels[index].y - middle.y) / reach
            func divided(_ value: Double) -> [Double] {
                perspective ? [-value * p.x, -value * p.y, -value * p.z] : []
            }
            rows += [terms + none + divided(x), none + terms + divided(y)]
            values += [x, y]
            each += [weights[index], weights[index]]
        }
        guard let f = LeastSquares.solve(rows, values, weights: each) else { return nil }
        let divisor = perspective ? SIMD4(1, f[8], f[9], f[10]) : SIMD4(1, 0, 0, 0)
        return scaled(
            column: SIMD4(f[0], f[1], f[2], f[3]), row: SIMD4(f[4], f[5], f[6], f[7]), divisor)
    }

    /// The camera in metres and pixels.
    private func scaled(
        column: SIMD4<Double>, row: SIMD4<Double>, _ divisor: SIMD4<Double>
    ) -> LinearCamera? {
        func inMetres(_ form: SIMD4<Double>) -> SIMD4<Double> {
            let slope = SIMD3(form.y, form.z, form.w) / span
            return SIMD4(form.x - (slope * centre).sum(), slope.x, slope.y, slope.z)
        }
        let below = inMetres(divisor)
        guard abs(below.x) > 1e-6 else { return nil }
        return LinearCamera(
            column: (inMetres(column * reach) + middle.x * below) / below.x,
            row: (inMetres(row * reach) + middle.y * below) / below.x, divisor: below / below.x)
    }
}
