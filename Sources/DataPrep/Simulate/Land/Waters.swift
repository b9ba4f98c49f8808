import Foundation
import Geo

/// A river and some lakes.
struct Waters: Sendable {
    private struct Lake {
        let x, y, radius: Float
    }

    private let lakes: [Lake]
    private let shore: LatticeNoise
    private let extent: Float
    private let along: (x: Float, y: Float)
    private let offset, phase: Float
    private let halfWidth: Float

    init(seed: UInt64, extent: Float, lakeFraction: Float, riverHalfWidth: Float) {
        var random = SplitMix64(seed: seed)
        self.extent = extent
        shore = LatticeNoise(seed: seed ^ 0x51)
        let angle = random.nextUniform() * .pi
        along = (Float(cos(angle)), Float(sin(angle)))
        offset = Float(random.nextUniform() - 0.5) * extent * 0.4
        phase = Float(random.nextUniform()) * 6.28
        halfWidth = riverHalfWidth
        var lakes: [Lake] = []
        var area: Float = 0
        while area < lakeFraction * extent * extent {
            let radius = (0.012 + 0.05 * Float(random.nextUniform())) * extent + 40
            lakes.append(
                Lake(
                    x: Float(random.nextUniform()) * extent,
                    y: Float(random.nextUniform()) * extent,
                    radius: radius))
            area += radius * radius * 3
        }
        self.lakes = lakes
    }

    /// Metres from (x, y) to the river's bank: negative in the river.
    func distanceToRiver(_ x: Float, _ y: Float) -> Float {
        let (dx, dy) = (x - extent / 2, y - extent / 2)
        let run = along.x * dx + along.y * dy
        let side = along.x * dy - along.y * dx - offset
        guard abs(side) < 900 else { return abs(side) - 600 }
        let bend = shore.value(run / 1500 + phase, 0.5) * 420 + shore.value(run / 420, 9.5) * 90
        return abs(side - bend) * 0.8 - halfWidth * (1 + 0.3 * shore.value(run / 300, 3.5))
    }

    /// Whether (x, y), in metres, lies in a lake.
    func isLake(_ x: Float, _ y: Float) -> Bool {
        for lake in lakes {
            let (dx, dy) = (x - lake.x, y - lake.y)
            let squared = dx * dx + dy * dy
            guard squared < lake.radius * lake.radius * 2 else { continue }
            let ragged = 1 + 0.35 * shore.fractal(x / 240, y / 240, octaves: 3)
            if squared < lake.radius * lake.radius * ragged * ragged { return true }
        }
        return false
    }

    /// A point on the river's middle line; `t` in 0 … 1 runs through the scene.
    func riverPoint(_ t: Float) -> (x: Float, y: Float) {
        let run = (t - 0.5) * extent
        let bend = shore.value(run / 1500 + phase, 0.5) * 420 + shore.value(run / 420, 9.5) * 90
        let side = bend + offset
        return (
            extent / 2 + along.x * run - along.y * side, extent / 2 + along.y * run + along.x * side
        )
    }
}

/// Straight and slightly bent roads through the whole scene.
struct Roads: Sendable {
    private struct Road {
        let x, y, directionX, directionY, halfWidth, bendCell: Float
        let seed: Int
    }

    private let roads: [Road]
    private let bend: LatticeNoise

    init(seed: UInt64, extent: Float, count: Int) {
        var random = SplitMix64(seed: seed)
        bend = LatticeNoise(seed: seed)
        roads = (0..<count).map { index in
            let angle = random.nextUniform() * .pi
            return Road(
                x: Float(0.15 + 0.7 * random.nextUniform()) * extent,
                y: Float(0.15 + 0.7 * random.nextUniform()) * extent,
                directionX: Float(cos(angle)), directionY: Float(sin(angle)),
                halfWidth: index == 0 ? 11 : 4.5, bendCell: 700, seed: index)
        }
    }

    /// Whether (x, y), in metres, lies on a road.
    func contains(_ x: Float, _ y: Float) -> Bool {
        for road in roads {
            let (dx, dy) = (x - road.x, y - road.y)
            let side = road.directionX * dy - road.directionY * dx
            guard abs(side) < 200 else { continue }
            let run = road.directionX * dx + road.directionY * dy
            let middle = 150 * bend.value(run / road.bendCell, Float(road.seed) * 7.3)
            if abs(side - middle) < road.halfWidth { return true }
        }
        return false
    }
}
