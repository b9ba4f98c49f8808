import Geo
import Manifests
import Raster

/// Writes a scene in sensor geometry with its RPC, the DEM to rectify it with, and the truth: the same
/// date as a camera straight above the map would have seen it.
struct SensorProduct {
    let plan: SimulationPlan

    private static let bands: [Sentinel2Band] = [.b02, .b03, .b04, .b08]
    /// Metres by which the DEM reaches beyond the scene.
    private static let margin = 600.0

    /// Writes `<root>/sensor`, unless it is there.
    func write(to root: String, finished: (String) throws -> Void) throws {
        let scene = SimulatedScene.make(
            seed: SplitMix64.derive(seed: plan.seed, 50), size: plan.citySize, options: .region(1))
        let site = SeriesSite(region: 1)
        try ProductFolder(root + "/sensor").publish { folder in
            try write(scene, site, to: folder)
        }
        try finished("sensor")
    }

    private func write(
        _ scene: SimulatedScene, _ site: SeriesSite, to folder: FolderWriter
    ) throws {
        let date = scene.acquisition(day: SimulatedDay(2021, 6, 8), index: 0)
        let camera = SensorCamera(size: plan.citySize, datum: Double(scene.options.height))
        let terrain = scene.land.terrain
        let view = ViewGeometry(
            width: scene.size, height: scene.size, margin: Imager.viewMargin, pixelSize: 10, step: 1
        ) { row, column in camera.land(row: row, column: column, terrain: terrain) }
        let seen = scene.image(
            date, width: scene.size, height: scene.size, view: view, bands: Self.bands)
        let names = Self.bands.map(\.rawValue)
        let rpc = try RPCModel(through: try sights(scene, camera, site))
        try folder.write(
            RasterWriter.encode(
                try stack(seen), as: .geoTIFF(), nodata: 0, bandNames: names, rpc: rpc),
            to: "scene.tif")
        try folder.write(try elevation(scene, site), to: "dem.tif")
        let grid = try site.grid(width: scene.size, height: scene.size, resolution: 10)
        try folder.write(
            RasterWriter.encode(
                try stack(scene.image(date, bands: Self.bands)), grid: grid, as: .geoTIFF(),
                nodata: 0, bandNames: names), to: "truth/map.tif")
    }

    private func stack(_ image: SimulatedImage) throws -> RasterBuffer<UInt16> {
        try RasterBuffer(
            size: image.size, bands: image.bands.count, pixels: image.bands.flatMap(\.values))
    }

    private func elevation(_ scene: SimulatedScene, _ site: SeriesSite) throws -> [UInt8] {
        let spacing = Double(Terrain.spacing)
        let side = Int((Double(scene.land.extent) + 2 * Self.margin) / spacing)
        let heights = (0..<side * side).map { at in
            let x = (Double(at % side) + 0.5) * spacing - Self.margin
            let y = (Double(at / side) + 0.5) * spacing - Self.margin
            return scene.land.terrain.heights(Float(x), Float(y))
        }
        let grid = GeoGrid(
            size: try PixelSize(width: side, height: side),
            transform: try AffineTransform(
                originX: site.originX - Self.margin, originY: site.originY + Self.margin,
                resolution: spacing), crs: CRS(epsg: site.epsg))
        return try RasterWriter.encode(
            RasterBuffer(size: grid.size, pixels: heights), grid: grid, as: .geoTIFF(),
            bandNames: ["height in metres"])
    }

    private func sights(
        _ scene: SimulatedScene, _ camera: SensorCamera, _ site: SeriesSite
    ) throws -> [GroundControlPoint] {
        let steps = 9
        let (extent, heights) = (Double(scene.land.extent), scene.heights())
        let (low, high) = (Double(heights.min() ?? 0) - 60, Double(heights.max() ?? 1) + 60)
        var points: [(x: Double, y: Double, height: Double)] = []
        for level in 0..<5 {
            for at in 0..<steps * steps {
                func place(_ index: Int) -> Double {
                    (Double(index) / Double(steps - 1) * 1.3 - 0.15) * extent
                }
                points.append(
                    (
                        place(at % steps), place(at / steps),
                        low + Double(level) / 4 * (high - low)
                    ))
            }
        }
        let transform = try CoordinateTransform(
            from: CRS(epsg: site.epsg), to: CRS(epsg: 4326))
        let places = transform.map(
            points.map { Position(x: site.originX + $0.x, y: site.originY - $0.y) })
        return zip(points, places).compactMap { point, place in
            guard let place else { return nil }
            let seen = camera.image(x: point.x, y: point.y, height: point.height)
            return GroundControlPoint(
                pixel: Position(x: seen.column, y: seen.row), longitude: place.x,
                latitude: place.y, height: point.height)
        }
    }
}
