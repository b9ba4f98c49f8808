import Foundation
import Geo

/// A pushbroom camera far away: a turned parallel projection in which high ground leans sideways.
///
/// Land positions are metres east (x) and south (y) of the scene's corner, heights metres.
struct SensorCamera: Sendable {
    /// Side of the image in pixels of 10 m.
    let size: Int
    /// Metres of displacement per metre of height, east and south: tangents of the view angle.
    let lean: (x: Double, y: Double) = (0.36, 0.08)
    /// Angle of the flight path against north.
    let heading = 12 * Double.pi / 180
    /// Height that is seen in place.
    let datum: Double

    private var middle: Double { Double(size) * 5 }

    /// The image (row, column) under which a point of the land is seen, in pixels.
    func image(x: Double, y: Double, height: Double) -> (row: Double, column: Double) {
        let u = x + lean.x * (height - datum) - middle
        let v = y + lean.y * (height - datum) - middle
        return (
            (sin(heading) * u + cos(heading) * v + middle) / 10,
            (cos(heading) * u - sin(heading) * v + middle) / 10
        )
    }

    /// The point of the terrain that is seen at (row, column).
    func land(row: Double, column: Double, terrain: Terrain) -> (x: Double, y: Double) {
        let (down, right) = (row * 10 - middle, column * 10 - middle)
        let u = cos(heading) * right + sin(heading) * down + middle
        let v = cos(heading) * down - sin(heading) * right + middle
        var (x, y) = (u, v)
        for _ in 0..<12 {
            let height = Double(terrain.heights(Float(x), Float(y))) - datum
            (x, y) = (u - lean.x * height, v - lean.y * height)
        }
        return (x, y)
    }
}
