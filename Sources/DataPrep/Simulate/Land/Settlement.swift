import Foundation

/// A village, a town quarter or an industrial estate: a turned grid of streets, lots and roofs.
struct Settlement: Sendable {
    /// Where it ends.
    enum Shape: Sendable {
        /// A ragged disc.
        case disc(radius: Float)
        /// A rectangle along the street grid.
        case rectangle(halfWidth: Float, halfHeight: Float)
    }

    /// A roof in map metres: what the SpaceNet labels are made of.
    struct Roof: Sendable {
        let x, y, halfWidth, halfHeight: Float
    }

    let x, y: Float
    let shape: Shape
    let seed: UInt32
    /// Street directions.
    let cosine, sine: Float
    /// Whether it is all halls and yards.
    let isIndustrial: Bool

    private let blockWidth: Float
    private let blockHeight: Float
    private static let lotWidth: Float = 17

    init(x: Float, y: Float, shape: Shape, angle: Float, isIndustrial: Bool, seed: UInt64) {
        self.x = x
        self.y = y
        self.shape = shape
        self.seed = UInt32(truncatingIfNeeded: seed ^ (seed >> 32))
        self.isIndustrial = isIndustrial
        cosine = Float(cos(Double(angle)))
        sine = Float(sin(Double(angle)))
        blockWidth = isIndustrial ? 110 : 92
        blockHeight = isIndustrial ? 80 : 58
    }

    /// The greatest distance in metres from the centre to a point inside.
    var reach: Float {
        switch shape {
        case .disc(let radius): radius * 1.4
        case .rectangle(let width, let height): (width * width + height * height).squareRoot()
        }
    }

    /// What stands at (x, y), in metres, or nil outside.
    func surface(_ mapX: Float, _ mapY: Float, outline: LatticeNoise) -> Surface? {
        let (dx, dy) = (mapX - x, mapY - y)
        let u = cosine * dx + sine * dy
        let v = cosine * dy - sine * dx
        let density: Float
        switch shape {
        case .disc(let radius):
            let distance = (u * u + v * v).squareRoot() / radius
            let ragged = 1 + 0.4 * outline.fractal(mapX / 260, mapY / 260, octaves: 2)
            guard distance < ragged else { return nil }
            density = 0.95 - 0.45 * distance
        case .rectangle(let width, let height):
            guard abs(u) < width, abs(v) < height else { return nil }
            density = 0.97
        }
        return surface(u: u, v: v, density: density)
    }

    private func surface(u: Float, v: Float, density: Float) -> Surface {
        let block = block(at: u, v)
        let hash = LatticeNoise.hash(block.column, block.row, seed)
        let variant = UInt8((hash >> 20) & 63)
        if block.isStreet { return Surface(material: .asphalt, variant: variant, across: u) }
        let isHall = isIndustrial || hash & 15 < 2
        if hash & 0xF0 == 0x50, !isIndustrial {
            return Surface(material: .garden, variant: variant, across: u)
        }
        guard let roof = isHall ? hall(in: block, hash) : house(at: u, in: block, density: density)
        else { return garden(variant, u) }
        let inside =
            abs(u - roof.roof.x) < roof.roof.halfWidth
            && abs(v - roof.roof.y) < roof.roof.halfHeight
        if inside { return Surface(material: roof.material, variant: roof.variant, across: u) }
        return isHall
            ? Surface(material: .asphalt, variant: variant, across: u) : garden(variant, u)
    }

    private func garden(_ variant: UInt8, _ u: Float) -> Surface {
        Surface(material: variant & 1 == 0 ? .garden : .pasture, variant: variant, across: u)
    }

    private struct Block {
        let column, row: Int32
        let originU, originV: Float
        let isStreet: Bool
        let isUpper: Bool
    }

    private struct BuiltRoof {
        let roof: Roof
        let material: Material
        let variant: UInt8
    }

    private func block(at u: Float, _ v: Float) -> Block {
        let column = (u / blockWidth).rounded(.down)
        let row = (v / blockHeight).rounded(.down)
        let (originU, originV) = (column * blockWidth, row * blockHeight)
        let street = u - originU < 8 || v - originV < 8
        return Block(
            column: Int32(column), row: Int32(row), originU: originU, originV: originV,
            isStreet: street, isUpper: v - originV > 8 + (blockHeight - 8) / 2)
    }

    private func hall(in block: Block, _ hash: UInt32) -> BuiltRoof? {
        let (innerWidth, innerHeight) = (blockWidth - 8, blockHeight - 8)
        let halfWidth = innerWidth * (0.26 + 0.18 * LatticeNoise.unit(hash &* 0x9E37_79B1))
        let halfHeight = innerHeight * (0.26 + 0.18 * LatticeNoise.unit(hash &* 0x85EB_CA77))
        let roof = Roof(
            x: block.originU + 8 + innerWidth / 2, y: block.originV + 8 + innerHeight / 2,
            halfWidth: halfWidth, halfHeight: halfHeight)
        return BuiltRoof(
            roof: roof, material: hash & 0x300 == 0 ? .greyRoof : .brightRoof,
            variant: UInt8((hash >> 13) & 63))
    }

    private func house(at u: Float, in block: Block, density: Float) -> BuiltRoof? {
        let lot = Int32(((u - block.originU - 8) / Self.lotWidth).rounded(.down))
        let lotHash = LatticeNoise.hash(
            lot &* 2 &+ (block.isUpper ? 1 : 0), block.column &* 7919 &+ block.row, seed ^ 0xB5)
        let middle = block.originU + 8 + (Float(lot) + 0.5) * Self.lotWidth
        guard LatticeNoise.unit(lotHash) < density,
            lot < 4 || middle + 8 < block.originU + blockWidth
        else { return nil }
        let depth = (blockHeight - 8) / 2
        let centre = block.originV + 8 + (block.isUpper ? depth * 1.58 : depth * 0.42)
        let roof = Roof(
            x: middle, y: centre, halfWidth: 4.6 + Float(lotHash & 7) * 0.42,
            halfHeight: 4.8 + Float((lotHash >> 3) & 7) * 0.5)
        let kind = (lotHash >> 6) & 15
        return BuiltRoof(
            roof: roof, material: kind < 9 ? .redRoof : kind < 14 ? .greyRoof : .brightRoof,
            variant: UInt8((lotHash >> 10) & 63))
    }

    /// The corners, in map metres, of every roof whose middle is inside the settlement.
    func roofs(outline: LatticeNoise) -> [[(x: Float, y: Float)]] {
        let blocks = Int32(reach / min(blockWidth, blockHeight)) + 1
        var found: [[(x: Float, y: Float)]] = []
        for row in -blocks...blocks {
            for column in -blocks...blocks {
                for roof in roofs(column: column, row: row, outline: outline) {
                    found.append(corners(of: roof))
                }
            }
        }
        return found
    }

    private func roofs(column: Int32, row: Int32, outline: LatticeNoise) -> [Roof] {
        let originU = Float(column) * blockWidth
        let originV = Float(row) * blockHeight
        var candidates = [(originU + 8 + (blockWidth - 8) / 2, originV + 8 + (blockHeight - 8) / 2)]
        let depth = (blockHeight - 8) / 2
        for lot in 0..<Int((blockWidth - 8) / Self.lotWidth) {
            let middle = originU + 8 + (Float(lot) + 0.5) * Self.lotWidth
            candidates.append((middle, originV + 8 + depth * 0.42))
            candidates.append((middle, originV + 8 + depth * 1.58))
        }
        var roofs: [Roof] = []
        for (u, v) in candidates {
            guard let roof = roof(u, v, outline: outline) else { continue }
            let isNew = !roofs.contains { $0.x == roof.x && $0.y == roof.y }
            if isNew { roofs.append(roof) }
        }
        return roofs
    }

    /// The roof over (u, v) in street coordinates, when one is there.
    private func roof(_ u: Float, _ v: Float, outline: LatticeNoise) -> Roof? {
        let (mapX, mapY) = (x + cosine * u - sine * v, y + sine * u + cosine * v)
        guard let surface = surface(mapX, mapY, outline: outline),
            surface.material.landCover == .roof
        else { return nil }
        let block = block(at: u, v)
        let hash = LatticeNoise.hash(block.column, block.row, seed)
        let isHall = isIndustrial || hash & 15 < 2
        return (isHall ? hall(in: block, hash) : house(at: u, in: block, density: 1))?.roof
    }

    private func corners(of roof: Roof) -> [(x: Float, y: Float)] {
        [(-1, -1), (1, -1), (1, 1), (-1, 1)].map { (signU: Float, signV: Float) in
            let u = roof.x + signU * roof.halfWidth
            let v = roof.y + signV * roof.halfHeight
            return (x + cosine * u - sine * v, y + sine * u + cosine * v)
        }
    }
}
