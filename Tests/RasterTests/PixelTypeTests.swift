import Geo
import Raster
import Testing

/// Every type of pixel under every kernel: equal to GDAL's warper, with gaps, and for any number of threads.
@Suite struct PixelTypeTests {
    private struct Slope: ShiftField {
        func shift(atColumn column: Double, row: Double) -> (columns: Double, rows: Double) {
            (0.3 + column * 0.001, -0.7 + row * 0.002)
        }
    }

    /// Hills of a type, and a gap of 9 × 7 pixels and single ones in them.
    private func hills<Pixel: RasterPixel>(
        _ size: PixelSize, nodata: Pixel, _ make: (Double) -> Pixel
    ) -> RasterBuffer<Pixel> {
        var image = Fixture.hills(size).map { make(Double($0)) }
        for row in 40..<47 { for column in 60..<69 { image[0, row, column] = nodata } }
        for place in [(20, 30), (80, 15), (81, 120), (100, 101)] {
            image[0, place.0, place.1] = nodata
        }
        return image
    }

    private func target(of grid: GeoGrid) throws -> GeoGrid {
        try GeoGrid(
            size: PixelSize(width: 150, height: 120),
            transform: AffineTransform(originX: 500_043.7, originY: 5_799_951.2, resolution: 10),
            crs: grid.crs)
    }

    /// Pixels that differ by more than `tolerance`, of those whose surroundings are valid in both.
    private func differences<Pixel: RasterPixel>(
        _ ours: Resampled<Pixel>, _ theirs: RasterBuffer<Pixel>, nodata: Pixel, tolerance: Double
    ) -> (compared: Int, wrong: Int) {
        let size = theirs.size
        var (compared, wrong) = (0, 0)
        for row in 3..<size.height - 3 {
            for column in 3..<size.width - 3 {
                let isInside = (-3...3).allSatisfy { dy in
                    (-3...3).allSatisfy { dx in
                        theirs[0, row + dy, column + dx] != nodata
                            && ours.valid[0, row + dy, column + dx] != 0
                    }
                }
                guard isInside else { continue }
                compared += 1
                let distance = ours.image[0, row, column].double - theirs[0, row, column].double
                if abs(distance) > tolerance { wrong += 1 }
            }
        }
        return (compared, wrong)
    }

    private func check<Pixel: RasterPixel>(
        _ kernel: ResamplingKernel, nodata: Pixel, tolerance: Double, _ make: (Double) -> Pixel
    ) throws {
        let grid = try Fixture.grid(width: 180, height: 150)
        let image = hills(grid.size, nodata: nodata, make)
        let target = try target(of: grid)
        let warp = try Warp(from: grid, onto: target)
        let ours = try warp.resample(image, nodata: nodata, kernel: kernel)
        let theirs = GDALReference.warp(
            image, from: grid, onto: target, kernel: kernel, nodata: nodata)
        let (compared, wrong) = differences(ours, theirs, nodata: nodata, tolerance: tolerance)
        #expect(compared > 9000 && wrong == 0, "\(wrong) of \(compared) pixels differ")
        for (pixel, isValid) in zip(ours.image.pixels, ours.valid.pixels) {
            #expect((pixel == nodata) == (isValid == 0))
        }
        try checkThreadsAndBands(image, grid, nodata, kernel)
    }

    /// The same bits for any number of threads, and for a band alone or among five.
    private func checkThreadsAndBands<Pixel: RasterPixel>(
        _ image: RasterBuffer<Pixel>, _ grid: GeoGrid, _ nodata: Pixel, _ kernel: ResamplingKernel
    ) throws {
        let warp = try Warp(from: grid, onto: grid, shift: Slope())
        let one = try warp.resample(image, nodata: nodata, kernel: kernel)
        let many = try RasterBuffer(stacking: [image, image, image, image, image])
        for threads in [2, 8] {
            let result = try warp.resample(many, nodata: nodata, kernel: kernel, threads: threads)
            #expect(result.valid == one.valid)
            for band in 0..<5 { #expect(result.image.only(band: band) == one.image) }
        }
        let mask = try RasterBuffer<UInt8>(
            size: grid.size, pixels: image.pixels.map { $0 == nodata ? 0 : 200 })
        let masked = try warp.resample(image, valid: mask, nodata: nodata, kernel: kernel)
        #expect(masked.image == one.image && masked.valid == one.valid)
    }

    @Test(arguments: ResamplingKernel.allCases) func bytes(kernel: ResamplingKernel) throws {
        try check(kernel, nodata: UInt8(0), tolerance: 1) { UInt8($0 / 40) }
        // A result must not become "no data" by chance, not even at the end of the range.
        try check(kernel, nodata: UInt8(255), tolerance: 1) { UInt8(min($0 / 30, 254)) }
    }

    @Test(arguments: ResamplingKernel.allCases) func wholeNumbers(kernel: ResamplingKernel) throws {
        try check(kernel, nodata: UInt16(0), tolerance: 1) { UInt16($0) }
    }

    @Test(arguments: ResamplingKernel.allCases)
    func signedNumbers(kernel: ResamplingKernel) throws {
        try check(kernel, nodata: Int16(-32768), tolerance: 1) { Int16($0 - 5000) }
    }

    @Test(arguments: ResamplingKernel.allCases)
    func floatingPoint(kernel: ResamplingKernel) throws {
        // 9000 in steps of 2⁻¹⁰: four of them.
        try check(kernel, nodata: Float(-9999), tolerance: 0.004) { Float($0) }
    }

    @Test func whatIsNoNumberIsNoData() throws {
        let grid = try Fixture.grid(width: 40, height: 40)
        var image = RasterBuffer<Float>(size: grid.size, filledWith: 7)
        image[0, 20, 20] = .nan
        let warp = try Warp(from: grid, onto: grid, shift: ConstantShift(columns: 0.3, rows: 0.4))
        for kernel in [ResamplingKernel.bilinear, .cubic, .lanczos] {
            let result = try warp.resample(image, kernel: kernel, fill: .nan)
            for (value, isValid) in zip(result.image.pixels, result.valid.pixels) {
                #expect(isValid == 1 ? abs(value - 7) < 1e-5 : value.isNaN)
            }
            #expect(result.valid.pixels.count { $0 == 0 } == 1)
        }
    }
}
