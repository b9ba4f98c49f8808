import Geo
import Raster

/// From reflectance at the top of the atmosphere to that of the ground, for one band over a granule.
///
/// y = (ρ − path) ÷ transmittance, ground = y ÷ (1 + albedo · y) (6S, Vermote et al. 1997), with path and transmittance
/// at nodes of the granule's angle grids and straight lines between them.
struct BandCorrection: Hashable, Sendable {
    let columns: Int
    let rows: Int
    /// The first node, in map coordinates of the granule.
    let origin: Position
    /// Distance of nodes in metres.
    let spacing: Double
    /// Reflectance of air and aerosol by node, row by row.
    var path: [Double]
    /// Transmittance from the sun to the ground and up again by node.
    let transmittance: [Double]
    /// The share of light from the ground that the air sends back to it.
    let albedo: Double

    /// Air without aerosol over a granule.
    init(air: MolecularAtmosphere, granule: GranuleMetadata, band: Sentinel2Band) {
        let sun = granule.sun
        let view = granule.views[band]
        let mean = granule.meanViews[band] ?? ViewAngle(zenith: 0, azimuth: 0)
        (columns, rows) = (sun.columns, sun.rows)
        (origin, spacing) = (sun.origin, sun.spacing)
        albedo = air.sphericalAlbedo
        let nodes = (0..<sun.rows * sun.columns).map { index -> (path: Double, through: Double) in
            let (row, column) = (index / sun.columns, index % sun.columns)
            let light = sun[row, column] ?? granule.meanSun
            let isShared = view.map { $0.rows == sun.rows && $0.columns == sun.columns } ?? false
            let look = (isShared ? view?[row, column] : nil) ?? mean
            return (
                air.pathReflectance(sun: light, view: look),
                air.transmittance(zenith: light.zenith) * air.transmittance(zenith: look.zenith)
            )
        }
        (path, transmittance) = (nodes.map(\.path), nodes.map(\.through))
    }

    /// The same with a haze whose reflectance is the same all over.
    func adding(haze: Double) -> BandCorrection {
        var hazy = self
        hazy.path = path.map { $0 + haze }
        return hazy
    }

    /// The path reflectance above what is corrected for, of ground of a reflectance that looks brighter.
    func haze(over ground: Double, seenAs found: Double) -> Double {
        let passed = transmittance.reduce(0, +) / Double(transmittance.count)
        return max(0, found / (1 - albedo * found) - ground / (1 - albedo * ground)) * passed
    }

    /// Corrects reflectance × 10000 on a grid in the granule's projection; 0 stays "no data", whatever else stays at least 1.
    func apply(to buffer: inout RasterBuffer<UInt16>, on grid: GeoGrid) {
        buffer.pixels.withUnsafeMutableBufferPointer { apply(to: $0, on: grid) }
    }

    /// The same in place: the pixels of one band, row by row.
    func apply(to pixels: UnsafeMutableBufferPointer<UInt16>, on grid: GeoGrid) {
        precondition(pixels.count == grid.size.count, "pixels of another grid")
        let width = grid.size.width
        for row in 0..<grid.size.height {
            let start = grid.centre(column: 0, row: row)
            let end = grid.centre(column: width - 1, row: row)
            let (paths, through) = (line(path, y: start.y), line(transmittance, y: start.y))
            let step = width > 1 ? (end.x - start.x) / Double(width - 1) : 0
            for column in 0..<width {
                let index = row * width + column
                guard pixels[index] != 0 else { continue }
                let (node, share) = place(
                    (start.x + step * Double(column) - origin.x) / spacing, count: columns)
                let path = paths[node] + (paths[node + 1] - paths[node]) * share
                let passed = through[node] + (through[node + 1] - through[node]) * share
                let value = (Double(pixels[index]) / 10000 - path) / passed
                let ground = value / (1 + albedo * value) * 10000
                pixels[index] = UInt16(min(max(ground.rounded(), 1), 65535))
            }
        }
    }

    /// Values along the nodes of a row between two of theirs.
    private func line(_ values: [Double], y: Double) -> [Double] {
        let (row, share) = place((origin.y - y) / spacing, count: rows)
        return (0..<columns).map { column in
            let (above, below) = (
                values[row * columns + column], values[(row + 1) * columns + column]
            )
            return above + (below - above) * share
        }
    }

    /// The node before a place and the share of the way to the next; what lies outside has the border's value.
    private func place(_ at: Double, count: Int) -> (Int, Double) {
        let inside = min(max(at, 0), Double(count - 1))
        let node = min(Int(inside), count - 2)
        return (node, inside - Double(node))
    }
}
