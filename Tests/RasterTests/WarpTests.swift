import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// A shift that changes from place to place.
private struct Slope: ShiftField {
    func shift(atColumn column: Double, row: Double) -> (columns: Double, rows: Double) {
        (0.3 + column * 0.001, -0.7 + row * 0.002)
    }
}

@Suite struct WarpTests {
    /// Largest difference between ours and GDAL's, away from the edges of what is valid in both.
    private func difference(
        _ ours: Resampled<UInt16>, _ theirs: RasterBuffer<UInt16>, valid wanted: Int
    ) -> Int {
        let size = theirs.size
        var worst = 0
        var count = 0
        for row in 3..<size.height - 3 {
            for column in 3..<size.width - 3 {
                let isInside = [-3, 0, 3].allSatisfy { dy in
                    [-3, 0, 3].allSatisfy { dx in
                        theirs[0, row + dy, column + dx] != 0
                            && ours.valid[0, row + dy, column + dx] != 0
                    }
                }
                guard isInside else { continue }
                count += 1
                let (a, b) = (ours.image[0, row, column], theirs[0, row, column])
                worst = max(worst, abs(Int(a) - Int(b)))
            }
        }
        #expect(count > wanted, "only \(count) pixels compared")
        return worst
    }

    @Test(arguments: [ResamplingKernel.bilinear, .cubic, .lanczos])
    func agreesWithGDALOnAShiftedGrid(kernel: ResamplingKernel) throws {
        let grid = try Fixture.grid(width: 180, height: 150)
        let image = Fixture.hills(grid.size)
        let target = try GeoGrid(
            size: PixelSize(width: 150, height: 120),
            transform: AffineTransform(originX: 500_043.7, originY: 5_799_951.2, resolution: 10),
            crs: grid.crs)
        let ours = try Warp(from: grid, onto: target).resample(image, nodata: 0, kernel: kernel)
        let theirs = GDALReference.warp(image, from: grid, onto: target, kernel: kernel)
        #expect(difference(ours, theirs, valid: 10_000) <= 1)
    }

    @Test func agreesWithGDALOnATurnedGrid() throws {
        let grid = try Fixture.turnedGrid(width: 180, height: 150)
        let image = Fixture.hills(grid.size)
        let target = try GeoGrid(
            size: PixelSize(width: 120, height: 110),
            transform: AffineTransform(originX: 500_300, originY: 5_799_900, resolution: 9),
            crs: grid.crs)
        let ours = try Warp(from: grid, onto: target).resample(image, nodata: 0)
        // GDAL would guess a scale from the bounding boxes, which a turned grid makes too large.
        let theirs = GDALReference.warp(
            image, from: grid, onto: target, options: ["-wo", "XSCALE=1", "-wo", "YSCALE=1"])
        #expect(difference(ours, theirs, valid: 5_000) <= 1)
    }

    @Test func agreesWithGDALAcrossSystems() throws {
        let grid = try Fixture.grid(width: 180, height: 150)
        let image = Fixture.hills(grid.size)
        let toZone32 = try CoordinateTransform(from: grid.crs, to: CRS(epsg: 32632))
        let bounds = try #require(MapBounds(around: toZone32.map(grid.corners).compactMap(\.self)))
        let target = try GeoGrid(covering: bounds, resolution: 10, crs: CRS(epsg: 32632))
        let ours = try Warp(from: grid, onto: target).resample(image, nodata: 0)
        let theirs = GDALReference.warp(image, from: grid, onto: target)
        // 0.005 pixels on slopes of up to 700 a pixel are up to 4 DN.
        #expect(difference(ours, theirs, valid: 10_000) <= 4)
    }

    /// On slopes as scenes have them, of up to 106 DN a pixel, 0.005 pixels are half a DN.
    @Test func isWithinOneOfGDALAcrossSystems() throws {
        let grid = try Fixture.grid(width: 180, height: 150)
        let image = Fixture.hills(grid.size).map { $0 / 7 }
        let toZone32 = try CoordinateTransform(from: grid.crs, to: CRS(epsg: 32632))
        let bounds = try #require(MapBounds(around: toZone32.map(grid.corners).compactMap(\.self)))
        let target = try GeoGrid(covering: bounds, resolution: 10, crs: CRS(epsg: 32632))
        let ours = try Warp(from: grid, onto: target).resample(image, nodata: 0)
        let theirs = GDALReference.warp(
            image, from: grid, onto: target, options: ["-wo", "XSCALE=1", "-wo", "YSCALE=1"])
        #expect(difference(ours, theirs, valid: 10_000) <= 1)
    }

    @Test func isTheSameForAnyNumberOfThreads() throws {
        let grid = try Fixture.grid(width: 210, height: 190)
        let image = Fixture.hills(grid.size)
        let warp = try Warp(from: grid, onto: grid, shift: Slope())
        let one = try warp.resample(image, nodata: 0)
        for threads in [2, 4, 7] {
            let many = try warp.resample(image, nodata: 0, threads: threads)
            #expect(many.image == one.image)
            #expect(many.valid == one.valid)
        }
    }

    @Test func copiesWhereNothingMoves() throws {
        let grid = try Fixture.turnedGrid(width: 60, height: 50)
        let image = Fixture.coordinates(grid.size, bands: 2)
        let warp = try Warp(from: grid, onto: grid)
        #expect(warp.isCopy)
        #expect(try warp.resample(image).image == image)

        let window = try PixelWindow(column: -4, row: 7, width: 30, height: 30)
        let part = try Warp(from: grid, onto: grid.cropped(to: window))
        let moved = try part.resample(image)
        #expect(part.isCopy)
        #expect(moved.image[1, 2, 10] == image[1, 9, 6])
        #expect(moved.valid[0, 2, 3] == 0 && moved.valid[0, 2, 4] == 1)
    }

    @Test func samplesAtTargetPlusShift() throws {
        let grid = try Fixture.grid(width: 40, height: 40)
        let image = Fixture.coordinates(grid.size)
        let whole = try Warp(from: grid, onto: grid, shift: ConstantShift(columns: 3, rows: -2))
        #expect(whole.isCopy)
        #expect(try whole.resample(image).image[0, 10, 10] == image[0, 8, 13])
        // The image is linear, so that cubic interpolation is exact: 1 + 100·row + column.
        let half = try Warp(from: grid, onto: grid, shift: ConstantShift(columns: 0, rows: 0.25))
        #expect(try half.resample(image).image[0, 10, 10] == 1 + 1025 + 10)
    }

    @Test func weighsOnlyValidPixels() throws {
        let grid = try Fixture.grid(width: 40, height: 40)
        var image = RasterBuffer<UInt16>(size: grid.size, filledWith: 700)
        for row in 0..<40 { image[0, row, 20] = 0 }
        let warp = try Warp(from: grid, onto: grid, shift: ConstantShift(columns: 0.3, rows: 0.4))
        let result = try warp.resample(image, nodata: 0)
        for (value, isValid) in zip(result.image.pixels, result.valid.pixels) {
            #expect(value == (isValid == 1 ? 700 : 0))
        }
        #expect(result.valid.pixels.reduce(0) { $0 + Int($1) } == 40 * 40 - 40)
    }

    @Test func averagesWhenItShrinks() throws {
        let grid = try Fixture.grid(width: 120, height: 120)
        var image = RasterBuffer<UInt16>(size: grid.size, filledWith: 1000)
        for row in 0..<120 {
            for column in 0..<120 where (row + column) % 2 == 0 { image[0, row, column] = 3000 }
        }
        let target = try Fixture.grid(width: 20, height: 20, resolution: 60)
        let result = try Warp(from: grid, onto: target).resample(image)
        #expect(result.image[0, 10, 10] == 2000)
    }

    @Test func needsOnlyAWindow() throws {
        let grid = try Fixture.grid(width: 200, height: 200)
        let image = Fixture.hills(grid.size)
        let target = try grid.cropped(to: PixelWindow(column: 90, row: 60, width: 30, height: 20))
        let warp = try Warp(from: grid, onto: target, shift: ConstantShift(columns: 0.4, rows: 1.3))
        let window = try #require(warp.sourceWindow())
        let part = try warp.resample(image.cropped(to: window), origin: window.offset)
        #expect(try part.image == warp.resample(image).image)
        let far = try grid.cropped(to: PixelWindow(column: 900, row: 0, width: 9, height: 9))
        #expect(try Warp(from: grid, onto: far).sourceWindow() == nil)
    }

    @Test(arguments: [false, true]) func agreesWithGDALThroughACamera(hasHeights: Bool) throws {
        let folder = try TemporaryFolder()
        let model = try Fixture.camera()
        let size = try PixelSize(width: 180, height: 150)
        let image = Fixture.hills(size)
        let utm = try CoordinateTransform(from: .wgs84, to: CRS(epsg: 32633))
        let middle = try #require(utm.map([Position(x: 15, y: 52)])[0])
        let target = try GeoGrid(
            size: PixelSize(width: 130, height: 110),
            transform: AffineTransform(
                originX: middle.x - 650, originY: middle.y + 550, resolution: 10),
            crs: CRS(epsg: 32633))
        let heights = try heights(around: target, in: folder)
        let ours = try Warp(
            from: model, size: size, elevation: hasHeights ? ElevationModel(path: heights) : nil,
            onto: target
        ).resample(image, nodata: 0)
        let option = hasHeights ? "RPC_DEM=\(heights)" : "RPC_HEIGHT=100"
        let theirs = GDALReference.warp(
            image, from: nil, rpc: model, onto: target, options: ["-rpc", "-to", option])
        #expect(difference(ours, theirs, valid: 5_000) <= 4)
    }

    private func heights(around target: GeoGrid, in folder: TemporaryFolder) throws -> String {
        let grid = try target.padded(by: 100).zoomed(by: 3)
        var buffer = RasterBuffer<Float>(size: grid.size, filledWith: 0)
        for row in 0..<grid.size.height {
            for column in 0..<grid.size.width {
                buffer[0, row, column] = 100 + Float(column) * 1.5 + Float(row % 20) * 2
            }
        }
        try RasterWriter.write(buffer, grid: grid, as: .geoTIFF(), to: folder.path("dem.tif"))
        return folder.path("dem.tif")
    }

    // MARK: Ground without heights

    /// A target around the camera's middle, and heights of 100 m under it, without those at its centre if asked for.
    private func ground(
        _ side: Double, width: Int, height: Int, hasHole: Bool
    ) throws -> (target: GeoGrid, heights: HeightPatch) {
        let folder = try TemporaryFolder()
        let utm = try CoordinateTransform(from: .wgs84, to: CRS(epsg: 32633))
        let middle = try #require(utm.map([Position(x: 15, y: 52)])[0])
        let target = try GeoGrid(
            size: PixelSize(width: width, height: height),
            transform: AffineTransform(
                originX: middle.x - Double(width) * side / 2,
                originY: middle.y + Double(height) * side / 2, resolution: side),
            crs: CRS(epsg: 32633))
        let grid = try target.padded(by: 100).zoomed(by: 20 / side)
        var buffer = RasterBuffer<Float>(size: grid.size, filledWith: 100)
        for row in 0..<grid.size.height {
            for column in 0..<grid.size.width {
                let (down, right) = (
                    2 * row + 1 - grid.size.height, 2 * column + 1 - grid.size.width
                )
                if hasHole, max(abs(down), abs(right)) < 10 { buffer[0, row, column] = -32_768 }
            }
        }
        try RasterWriter.write(buffer, grid: grid, as: .geoTIFF(), to: folder.path("dem.tif"))
        return (
            target, try HeightPatch(ElevationModel(path: folder.path("dem.tif")), under: target)
        )
    }

    /// What is lost around a hole in the heights is the same on all its sides.
    @Test func losesNoMoreThanTheHole() throws {
        let (target, heights) = try ground(10, width: 130, height: 110, hasHole: true)
        let size = try PixelSize(width: 180, height: 150)
        let warp = try Warp(from: Fixture.camera(), size: size, heights: heights, onto: target)
        let columns = (0..<130).filter {
            warp.sourcePosition(column: Double($0) + 0.5, row: 55.5).x.isNaN
        }
        let rows = (0..<110).filter {
            warp.sourcePosition(column: 65.5, row: Double($0) + 0.5).x.isNaN
        }
        #expect(columns.count > 10 && columns.count < 30)
        #expect((columns.first ?? 0) + (columns.last ?? 0) == 129)
        #expect((rows.first ?? 0) + (rows.last ?? 0) == 109)
    }

    /// A coarse target averages even where its own centre has no height.
    @Test func averagesAroundAHole() throws {
        let size = try PixelSize(width: 180, height: 150)
        let board = try RasterBuffer<UInt16>(
            size: size,
            pixels: (0..<size.count).map { ($0 / 180 + $0 % 180) % 2 == 0 ? 500 : 1500 })
        let images = try [false, true].map { hasHole in
            let (target, heights) = try ground(40, width: 30, height: 24, hasHole: hasHole)
            return try Warp(from: Fixture.camera(), size: size, heights: heights, onto: target)
                .resample(board, kernel: .lanczos)
        }
        var compared = 0
        for row in 0..<24 {
            for column in 0..<30 where images[1].valid[0, row, column] == 1 {
                compared += 1
                let (a, b) = (images[0].image[0, row, column], images[1].image[0, row, column])
                #expect(abs(Int(a) - Int(b)) <= 50)
            }
        }
        #expect(compared > 500)
    }

    /// The same ground has the same values in any tile, however far a kernel reaches.
    @Test func needsAWiderWindowOntoCoarsePixels() throws {
        let grid = try Fixture.grid(width: 400, height: 400, resolution: 1)
        var random = SplitMix64(seed: 7)
        let image = try RasterBuffer<UInt16>(
            size: grid.size,
            pixels: (0..<grid.size.count).map { _ in UInt16(1000 + random.nextInt(below: 3000)) })
        let target = try Fixture.grid(width: 40, height: 40, resolution: 10)
        let whole = try Warp(from: grid, onto: target).resample(image, kernel: .lanczos).image
        let place = try PixelWindow(column: 10, row: 12, width: 12, height: 12)
        let warp = try Warp(from: grid, onto: target.cropped(to: place))
        let window = try #require(warp.sourceWindow(margin: warp.margin(for: .lanczos)))
        #expect(window.size.width < 200)
        let part = try warp.resample(
            image.cropped(to: window), origin: window.offset, kernel: .lanczos)
        for (a, b) in zip(part.image.pixels, try whole.cropped(to: place).pixels) {
            #expect(abs(Int(a) - Int(b)) <= 1)
        }
        #expect(try Warp(from: grid, onto: grid).margin(for: .lanczos) == 16)
    }
}
