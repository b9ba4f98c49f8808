public import Geo

/// A warp from a scene in sensor geometry of which the positions are made a stripe of target rows at a time.
///
/// The same pixels as a `Warp` gives, but where hills ask for each pixel's position (16 bytes), one stripe's are held.
public struct StripedWarp: Sendable {
    /// Which pixels are made.
    public let target: GeoGrid
    private let size: PixelSize
    private let view: View

    /// Target rows of a stripe, unless told otherwise.
    public static let rows = 1024

    private enum View: Sendable {
        case camera(RPCModel, HeightPatch?)
        case points([GroundControlPoint])
    }

    /// From a scene with a camera model, over heights or at the model's mean height.
    public init(from rpc: RPCModel, size: PixelSize, heights: HeightPatch?, onto target: GeoGrid) {
        (self.target, self.size, view) = (target, size, .camera(rpc, heights))
    }

    /// From a scene of which only control points are known, by a polynomial through them.
    public init(from points: [GroundControlPoint], size: PixelSize, onto target: GeoGrid) {
        (self.target, self.size, view) = (target, size, .points(points))
    }

    /// Resamples all bands of the whole scene, as `Warp` does.
    ///
    /// - Parameters:
    ///   - image: The scene.
    ///   - nodata: Pixels with this value in any band are invalid, and invalid pixels of the result have it.
    ///   - kernel: How to interpolate.
    ///   - threads: How many to use.
    ///   - rows: Target rows of a stripe.
    /// - Returns: Pixels and validity on the target grid.
    /// - Throws: `RasterError` if model or points cannot be used, or the target's system has no way to degrees.
    public func resample<Pixel: RasterPixel>(
        _ image: RasterBuffer<Pixel>, nodata: Pixel, kernel: ResamplingKernel = .cubic,
        threads: Int = 1, rows: Int = StripedWarp.rows
    ) throws -> Resampled<Pixel> {
        let source = ResamplingSource(
            image: image, origin: PixelOffset(column: 0, row: 0),
            mask: Warp.mask(of: image, nil, nodata), kernel: kernel, nodata: nodata, fill: nodata,
            threads: threads)
        let target = target
        let coordinates = try CoordinateTransform(from: target.crs, to: .wgs84)
        switch view {
        case .camera(let model, let heights):
            let projection = try RPCProjection(model, heights: heights)
            return resample(source, stripe: rows) { places in
                let degrees = coordinates.degrees(under: places, of: target)
                return projection.pixels(
                    longitudes: degrees.map(\.x), latitudes: degrees.map(\.y))
            }
        case .points(let points):
            let projection = try ControlProjection(points)
            return resample(source, stripe: rows) { places in
                let degrees = coordinates.degrees(under: places, of: target)
                return projection.pixels(
                    longitudes: degrees.map(\.x), latitudes: degrees.map(\.y))
            }
        }
    }

    /// Stripe by stripe; the distance between nodes and the kernel's width are those of the whole target.
    private func resample<Pixel: RasterPixel>(
        _ source: ResamplingSource<Pixel>, stripe: Int, exact: ([Position]) -> [Position]
    ) -> Resampled<Pixel> {
        let whole = target.size
        let distance = PositionLattice.step(over: whole, exact: exact)
        let step = Warp.step(over: whole) { row in
            .lattice(
                PositionLattice(
                    over: whole, step: distance, under: Int(row)..<Int(row) + 2, exact: exact))
        }
        var pixels = RasterBuffer(size: whole, bands: source.image.bands, filledWith: source.fill)
        var isValid = RasterBuffer<UInt8>(size: whole, filledWith: 0)
        for first in stride(from: 0, to: whole.height, by: max(1, stripe)) {
            let rows = first..<min(whole.height, first + max(1, stripe))
            let positions = PositionLattice(
                over: whole, step: distance, under: rows, exact: exact)
            Warp(part: .lattice(positions), of: size, onto: target, step: step)
                .fill(rows, of: &pixels, &isValid, from: source)
        }
        return Resampled(image: pixels, valid: isValid)
    }
}
