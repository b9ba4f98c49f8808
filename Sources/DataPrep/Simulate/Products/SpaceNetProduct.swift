import Foundation
import Geo
import Manifests
import Raster

/// Writes chips in the form of SpaceNet-2: 650 × 650 pixels of 0.3 m, 8 bands and RGB, and roofs.
///
/// The roofs' outlines are GeoJSON. Images are in longitude and latitude, as published.
struct SpaceNetProduct {
    let plan: SimulationPlan

    private static let side = 650
    private static let pixelSize: Float = 0.3
    private static let area = "AOI_2_Sim"
    /// Band of the 13 (two where averaged) that stands for each of WorldView's eight.
    private static let bands = [(0, 0), (1, 1), (2, 2), (2, 3), (3, 3), (5, 5), (7, 7), (9, 9)]

    /// Writes what is not there yet below `<root>/spacenet/AOI_2_Sim_Train`.
    func write(to root: String, finished: (String) throws -> Void) throws {
        let folder = FolderWriter(root: "\(root)/spacenet/\(Self.area)_Train")
        for chip in 0..<plan.chips {
            let name = "\(Self.area)_img\(chip + 1)"
            let last = "RGB-PanSharpen/RGB-PanSharpen_\(name).tif"
            // The last file of a chip says that the others are there.
            if !FileManager.default.fileExists(atPath: folder.path(last)) {
                try write(chip, name, last, to: folder)
            }
            try finished("spacenet/\(name)")
        }
    }

    private func write(
        _ chip: Int, _ name: String, _ last: String, to folder: FolderWriter
    ) throws {
        let scene = SimulatedScene.make(
            seed: SplitMix64.derive(seed: plan.seed, 40, UInt64(chip)), size: 180,
            options: .city(chip))
        let window = Window(scene, chip: chip)
        let pixels = Self.render(scene, window)
        let grid = try window.grid(side: Self.side)
        let size = grid.size
        let eight = Self.bands.flatMap { pair in
            (0..<size.count).map { at in
                let value =
                    (pixels[pair.0 * size.count + at] + pixels[pair.1 * size.count + at]) / 2
                return UInt16(min(max(value * 2047 * 1.4 + 1, 1), 2047))
            }
        }
        let roofs = window.roofs(of: scene.land)
        try folder.write(
            Self.outlines(roofs), to: "geojson/buildings/buildings_\(name).geojson")
        let multispectral = try RasterBuffer(size: size, bands: 8, pixels: eight)
        try folder.write(
            RasterWriter.encode(multispectral, grid: grid, as: .geoTIFF()),
            to: "MUL-PanSharpen/MUL-PanSharpen_\(name).tif")
        let visible = try RasterBuffer(
            stacking: [4, 2, 1].map { multispectral.only(band: $0) })
        try folder.write(RasterWriter.encode(visible, grid: grid, as: .geoTIFF()), to: last)
    }

    private static func render(_ scene: SimulatedScene, _ window: Window) -> [Float] {
        var date = scene.acquisition(day: SimulatedDay(2016, 6, 20), index: 0)
        date.isTopOfAtmosphere = true
        let view = ViewGeometry(
            width: side, height: side, margin: Optics.reach, pixelSize: pixelSize, step: 10
        ) { row, column in
            (
                Double(window.x) + column * Double(pixelSize),
                Double(window.y) + row * Double(pixelSize)
            )
        }
        return SurfaceRenderer(land: scene.land, acquisition: date, textureSeed: scene.landSeed)
            .render(width: side, height: side, margin: 0, view: view)
    }

    private static func outlines(_ roofs: [[Position]]) -> JSONValue {
        let features = roofs.map { ring -> JSONValue in
            let points = (ring + ring.prefix(1)).map { point -> JSONValue in
                .array([.number(point.x), .number(point.y)])
            }
            return [
                "type": "Feature", "properties": .object([:]),
                "geometry": ["type": "Polygon", "coordinates": .array([.array(points)])],
            ]
        }
        return [
            "type": "FeatureCollection",
            "crs": [
                "type": "name",
                "properties": ["name": "urn:ogc:def:crs:OGC:1.3:CRS84"],
            ],
            "features": .array(features),
        ]
    }

    /// The part of a scene that a chip shows, laid on a net of longitudes and latitudes.
    private struct Window: Sendable {
        /// Upper left corner in metres of the scene.
        let x, y: Float
        private let longitude, latitude: Double
        private static let degree = 111_320.0
        private var extent: Float { Float(SpaceNetProduct.side) * SpaceNetProduct.pixelSize }

        init(_ scene: SimulatedScene, chip: Int) {
            let town = scene.land.settlements.first
            let limit = scene.land.extent - Float(side) * pixelSize
            x = min(max((town?.x ?? 0) - 97, 0), limit)
            y = min(max((town?.y ?? 0) - 97, 0), limit)
            longitude = 13 + 0.01 * Double(chip)
            latitude = 52
        }

        private var perMetre: (x: Double, y: Double) {
            (1 / (Self.degree * cos(latitude * .pi / 180)), 1 / Self.degree)
        }

        func grid(side: Int) throws -> GeoGrid {
            let size = Double(SpaceNetProduct.pixelSize)
            return GeoGrid(
                size: try PixelSize(width: side, height: side),
                transform: try AffineTransform(
                    gdal: [longitude, size * perMetre.x, 0, latitude, 0, -size * perMetre.y]),
                crs: CRS(epsg: 4326))
        }

        /// The visible roofs, cut at the chip's edge, as longitudes and latitudes.
        func roofs(of land: Land) -> [[Position]] {
            land.settlements.flatMap { $0.roofs(outline: land.outline) }.compactMap { corners in
                let middle = (
                    x: (corners[0].x + corners[2].x) / 2, y: (corners[0].y + corners[2].y) / 2
                )
                let seen = land.surface(middle.x, middle.y, date: 0, year: 2016).material
                guard seen.landCover == .roof else { return nil }
                let inside = clipped(corners.map { Position(x: Double($0.x), y: Double($0.y)) })
                guard inside.count > 2 else { return nil }
                return inside.map { point in
                    Position(
                        x: longitude + (point.x - Double(x)) * perMetre.x,
                        y: latitude - (point.y - Double(y)) * perMetre.y)
                }
            }
        }

        /// Cuts a convex outline at the four edges (Sutherland and Hodgman, CACM 17, 1974).
        private func clipped(_ outline: [Position]) -> [Position] {
            let (left, top, side) = (Double(x), Double(y), Double(extent))
            let edges: [(Position) -> Double] = [
                { $0.x - left }, { left + side - $0.x }, { $0.y - top }, { top + side - $0.y },
            ]
            return edges.reduce(outline) { points, inside in
                zip(points, points.dropFirst() + points.prefix(1)).flatMap { from, to in
                    let (start, end) = (inside(from), inside(to))
                    var kept = start >= 0 ? [from] : []
                    if (start >= 0) != (end >= 0) {
                        let part = start / (start - end)
                        kept.append(
                            Position(
                                x: from.x + part * (to.x - from.x),
                                y: from.y + part * (to.y - from.y)))
                    }
                    return kept
                }
            }
        }
    }
}
