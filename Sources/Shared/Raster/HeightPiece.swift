import Geo

/// Heights read from one raster, laid where they are wanted: a raster in degrees may lie a whole turn away.
struct HeightPiece {
    let grid: GeoGrid
    /// Metres; `HeightPatch.void` where there are none.
    let pixels: RasterBuffer<Float>

    /// What a raster has around places (x is longitude): nothing, one piece, or two where its degrees go round.
    static func pieces(
        of file: borrowing RasterFile, around places: [Position], named name: String
    ) throws -> [HeightPiece] {
        guard let whole = file.grid else {
            throw RasterError(.invalid, path: name, "heights without georeference")
        }
        let ground = try CoordinateTransform(from: .wgs84, to: whole.crs).map(places)
            .compactMap(\.self)
        guard whole.goesRound, let first = ground.first else {
            return try [piece(of: file, whole, under: ground, named: name)].compactMap(\.self)
        }
        var pieces: [HeightPiece] = []
        for turn in [0.0, 360, -360] {
            let there = ground.map {
                Position(x: $0.x.longitude(near: first.x) + turn, y: $0.y)
            }
            if let piece = try piece(of: file, whole, under: there, named: name) {
                pieces.append(try piece.moved(by: -turn))
            }
        }
        return pieces
    }

    /// The heights around places in the raster's own coordinates; nil if none of them lies on it.
    private static func piece(
        of file: borrowing RasterFile, _ whole: GeoGrid, under ground: [Position],
        named name: String
    ) throws -> HeightPiece? {
        let toPixel = try whole.transform.inverse()
        let positions = ground.map { toPixel.map(column: $0.x, row: $0.y) }
        guard let area = MapBounds(around: positions.filter { abs($0.x) < 1e9 && abs($0.y) < 1e9 }),
            let window = try window(area, in: whole.size)
        else { return nil }
        try refuseTooMany(window.size, named: name)
        return HeightPiece(
            grid: try whole.cropped(to: window), pixels: try read(file, window, named: name))
    }

    private func moved(by degrees: Double) throws -> HeightPiece {
        guard degrees != 0 else { return self }
        var numbers = grid.transform.gdal
        numbers[0] += degrees
        return HeightPiece(
            grid: GeoGrid(
                size: grid.size, transform: try AffineTransform(gdal: numbers), crs: grid.crs),
            pixels: pixels)
    }

    private static func refuseTooMany(_ size: PixelSize, named name: String) throws(RasterError) {
        guard size.count <= HeightPatch.largest else {
            throw RasterError(
                .invalid, path: name,
                "has \(size) heights under the image; at most \(HeightPatch.largest) are read, give coarser ones"
            )
        }
    }

    private static func window(_ area: MapBounds, in size: PixelSize) throws -> PixelWindow? {
        let margin = HeightPatch.margin
        let (left, top) = (Int(area.left.rounded(.down)), Int(area.bottom.rounded(.down)))
        let (right, bottom) = (Int(area.right.rounded(.up)), Int(area.top.rounded(.up)))
        let wanted = try PixelWindow(
            column: left - margin, row: top - margin, width: right - left + 2 * margin,
            height: bottom - top + 2 * margin)
        return size.window.intersection(wanted)
    }

    /// Reads heights; every message of GDAL's counts, also those of the tiles behind a virtual raster.
    private static func read(
        _ file: borrowing RasterFile, _ window: PixelWindow, named name: String
    ) throws -> RasterBuffer<Float> {
        let nodata = file.nodata.map { Float($0) }
        do {
            var heights = try file.read(window, bands: [0], as: Float.self)
            for index in heights.pixels.indices {
                let height = heights.pixels[index]
                // A NaN is in no range.
                if height == nodata || !HeightPatch.plausible.contains(height) {
                    heights.pixels[index] = HeightPatch.void
                }
            }
            return heights
        } catch let error as RasterError {
            let isMissing = error.messages.contains {
                $0.contains("No such file") || $0.contains("does not exist")
            }
            throw RasterError(
                isMissing ? .missing : .unreadable, path: name,
                messages: [
                    isMissing
                        ? "a tile of the heights under the image is missing"
                        : "the heights under the image cannot be read"
                ] + error.messages.dropFirst())
        }
    }
}

// MARK: Joining

extension HeightPiece {
    /// One piece as it is, several on one grid of the finest pixels among them, by the nearest pixel; nil without any.
    ///
    /// Where pieces overlap, the first that has a height counts; where there is none, there is no height.
    static func joined(_ pieces: [HeightPiece], named name: String) throws -> HeightPiece? {
        guard let first = pieces.first, pieces.count > 1 else { return pieces.first }
        let (transforms, boxes) = (pieces.map(\.grid.transform), pieces.map(\.grid.bounds))
        let width = transforms.map { abs($0.pixelWidth) }.reduce(.infinity, min)
        let height = transforms.map { abs($0.pixelHeight) }.reduce(.infinity, min)
        let (left, right) = (
            boxes.map(\.left).reduce(.infinity, min), boxes.map(\.right).reduce(-.infinity, max)
        )
        let (bottom, top) = (
            boxes.map(\.bottom).reduce(.infinity, min), boxes.map(\.top).reduce(-.infinity, max)
        )
        let size = try PixelSize(
            width: Int(((right - left) / width).rounded()),
            height: Int(((top - bottom) / height).rounded()))
        try refuseTooMany(size, named: name)
        let grid = GeoGrid(
            size: size, transform: try AffineTransform(gdal: [left, width, 0, top, 0, -height]),
            crs: first.grid.crs)
        var heights = RasterBuffer<Float>(size: size, filledWith: HeightPatch.void)
        for piece in pieces { piece.fillVoids(of: &heights, on: grid) }
        return HeightPiece(grid: grid, pixels: heights)
    }

    private func fillVoids(of heights: inout RasterBuffer<Float>, on wanted: GeoGrid) {
        let own = grid.transform
        let columns = (0..<wanted.size.width).map { column in
            let x = wanted.centre(column: column, row: 0).x
            return Self.index((x - own.originX) / own.pixelWidth, below: grid.size.width)
        }
        for row in 0..<wanted.size.height {
            let y = wanted.centre(column: 0, row: row).y
            let from = Self.index((y - own.originY) / own.pixelHeight, below: grid.size.height)
            guard let from else { continue }
            for (column, source) in columns.enumerated() {
                let index = row * wanted.size.width + column
                guard let source, heights.pixels[index] == HeightPatch.void else { continue }
                heights.pixels[index] = pixels.pixels[from * grid.size.width + source]
            }
        }
    }

    /// The pixel in which a place lies along a side; nil outside.
    private static func index(_ place: Double, below count: Int) -> Int? {
        place >= 0 && place < Double(count) ? Int(place) : nil
    }
}

extension GeoGrid {
    /// Whether x is longitude on WGS 84 and the raster is upright, so that 360° more are the same place.
    var goesRound: Bool {
        transform.isAxisAligned && CoordinateTransform.isSame(crs, .wgs84)
    }
}
