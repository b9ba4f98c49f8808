import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

@Suite struct OrthorectificationTests {
    private static let folder = SharedData.path("dem/ortho-baviaans")

    /// A QuickBird scene over steep ground, against Sentinel-2 of the same place: nearer than a pixel of 10 m with control
    /// points and heights above the ellipsoid, farther without either.
    @Test(.enabled(if: folder != nil, "needs the shared scene of Baviaanskloof"))
    func layQuickBirdOntoSentinel2() throws {
        let best = try #require(try Self.residual(withHeights: true, controls: nil))
        let plain = try #require(try Self.residual(withHeights: true, controls: []))
        let flat = try #require(try Self.residual(withHeights: false, controls: nil))
        #expect(best < 1)
        #expect(plain > 1.2 && flat > 3)
    }

    /// The same scene without its camera model: control points on the hills and the heights make one, which lays it better than
    /// the polynomial through the same points does.
    @Test(.enabled(if: folder != nil, "needs the shared scene of Baviaanskloof"))
    func laysAnImageByControlPointsAndHeights() throws {
        let folder = try #require(Self.folder)
        let bare = try TemporaryFolder()
        let file = try RasterFile(reading: "\(folder)/rpc/qb2_basic1b.tif")
        let (size, carried) = (file.size, file.rpc)
        let rpc = try #require(carried)
        let places = (0..<36).map { index in
            (
                rpc.longitude.offset + (Double(index % 6) / 3 - 0.8) * rpc.longitude.scale,
                rpc.latitude.offset + (Double(index / 6) / 3 - 0.8) * rpc.latitude.scale
            )
        }
        let heights = try ElevationModel(path: "\(folder)/ngi/dem.tif").heights(
            longitudes: places.map(\.0), latitudes: places.map(\.1))
        let points = zip(places, heights).compactMap { place, height in
            height.map {
                GroundControlPoint(
                    pixel: rpc.pixel(longitude: place.0, latitude: place.1, height: $0),
                    longitude: place.0, latitude: place.1, height: $0)
            }
        }
        try RasterWriter.write(
            file.read(as: UInt16.self), grid: nil, as: .geoTIFF(), nodata: 0,
            to: bare.path("bare.tif"))
        let laid = try [true, false].map { withHeights in
            try #require(
                try Self.residual(
                    withHeights: withHeights, controls: points, image: bare.path("bare.tif")))
        }
        // The camera model itself, without its bias taken out, lies 1.2 to 2.5 px off.
        #expect(laid[0] < 2 && laid[1] > 3)
        let camera = try #require(try ControlCamera(points, size: size))
        #expect(camera.foretold < 1 && camera.outliers == 0)
    }

    /// Median distance of the windows that answer, in pixels of 10 m.
    private static func residual(
        withHeights: Bool, controls: [GroundControlPoint]?, image: String? = nil
    ) throws -> Double? {
        let folder = try #require(Self.folder)
        let output = try TemporaryFolder()
        let file = try RasterFile(reading: "\(folder)/reference/sentinel2_b432_byte.tif")
        let optionalGrid = file.grid
        let grid = try #require(optionalGrid)
        var work = Orthorectification(
            image: image ?? "\(folder)/rpc/qb2_basic1b.tif",
            elevation: withHeights ? ElevationModel(path: "\(folder)/ngi/dem.tif") : nil,
            crs: grid.crs, resolution: 10)
        work.controls = controls
        work.findsHeightOffset = withHeights && (controls == nil || image != nil)
        let outcome = try work.write(to: output.path("ortho.tif"))
        #expect(outcome.controlPoints == (controls?.count ?? 5))
        let ortho = try RasterFile(reading: output.path("ortho.tif"))
        let laid = ortho.grid
        let pixels = try Warp(from: #require(laid), onto: grid)
            .resample(ortho.read(as: UInt16.self), nodata: 0)
        let survey = try ShiftEstimator().survey(
            reference: picture(try file.read(bands: [1], as: UInt16.self)),
            moving: picture(pixels.image))
        let lengths = survey.answers.map(\.shift.length).sorted()
        return lengths.isEmpty ? nil : lengths[lengths.count / 2]
    }

    private static func picture(_ buffer: RasterBuffer<UInt16>) -> AlignmentImage {
        AlignmentImage(
            width: buffer.size.width, height: buffer.size.height, pixels: buffer.pixels)
    }

    /// Files of control points: read in both forms, refused by line or feature.
    @Test func readsControlPoints() throws {
        let folder = try TemporaryFolder()
        func read(_ text: String) throws -> [GroundControlPoint] {
            try AtomicFile.write(Array(text.utf8), to: folder.path("points"))
            return try GroundControlFile.read(folder.path("points"))
        }
        let header = "column,row,longitude,latitude,height\n"
        let point = GroundControlPoint(
            pixel: Position(x: 1.5, y: 2.5), longitude: 15, latitude: -33, height: 200)
        #expect(try read(header + "1.5,2.5,15,-33,200\n\n") == [point])
        let feature = """
            {"features": [{"properties": {"ji": [1.5, 2.5]}, "geometry": {"coordinates": [15, -33, 200]}}]}
            """
        #expect(try read(feature) == [point])
        for (text, place) in [
            ("", "line 1"), (header, "no control point"), (header + "1,2,3,4\n", "line 2"),
            (header + "1,2,300,4,5\n", "line 2"), (#"{"features": [{}]}"#, "feature 1"),
        ] {
            let error = #expect(throws: PrepError.self) { try read(text) }
            #expect(error?.description.contains(place) == true && error?.exitCode == .badData)
        }
        let error = #expect(throws: PrepError.self) { try GroundControlFile.read("/no/such") }
        #expect(error?.exitCode == .inputMissing)
    }
}
