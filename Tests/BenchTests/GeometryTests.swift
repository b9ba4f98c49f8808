import Bench
import Foundation
import Geo
import Manifests
import Testing
import TestSupport

/// Polygons to pixels, against what rasterio 1.4.4 (GDAL 3.10.3) and shapely 2.2.0 say.
@Suite struct GeometryTests {
    @Test func theReferenceIsThere() throws {
        let reference = try #require(FootprintReference.all)
        #expect(reference.cases.count == 11)
        #expect(reference.real.count == 12)
    }

    @Test(arguments: FootprintReference.all?.cases ?? [])
    func masksEqualThoseOfRasterio(sample: FootprintReference.Case) throws {
        let size = try PixelSize(width: sample.width, height: sample.height)
        let grid = GeoGrid(
            size: size, transform: try AffineTransform(gdal: sample.transform), crs: .wgs84)
        let collection = try GeoJSONFootprints.read(sample.document(), path: sample.name)
        let features = try GroundToPixels().features(of: collection, on: grid, path: sample.name)
        let outlines = features.flatMap { feature in
            feature.polygons.map { BuildingOutline(feature: feature.index, rings: $0) }
        }
        let t = grid.transform
        let isMirrored = t.pixelWidth * t.pixelHeight - t.rowRotation * t.columnRotation < 0
        let rasterizer = PolygonRasterizer(size)
        for (rule, expected) in [
            (RasterizeRule.centres, sample.centres), (.allTouched, sample.allTouched),
        ] {
            let mask = rasterizer.mask(
                of: outlines, size: size, rule: rule, isMirrored: isMirrored)
            let wanted = FootprintReference.Case.pixels(expected)
            let different = zip(mask, wanted).enumerated().filter { $0.element.0 != $0.element.1 }
                .map { "(\($0.offset % size.width), \($0.offset / size.width))" }
            #expect(mask.count == wanted.count)
            #expect(different.isEmpty, "\(rule): \(different.prefix(10))")
        }
        // A pixel's centre decides for an area that differs at most along the outline.
        let count = rasterizer.mask(
            of: outlines, size: size, rule: .centres, isMirrored: isMirrored
        )
        .count { $0 == 1 }
        #expect(abs(Double(count) - sample.area) <= 0.75 * sample.length + 1)
    }

    /// Each outline by itself, over the edges and along centres of pixels too, and nothing left over for the next.
    @Test func pixelsOfOutlinesAreThoseOfTheirMasks() throws {
        let size = try PixelSize(width: 13, height: 9)
        let rings: [[(Double, Double)]] = [
            [(1.5, 1.5), (6.5, 1.5), (6.5, 4.5), (1.5, 4.5)],
            [(6.5, 4.5), (1.5, 4.5), (1.5, 1.5), (6.5, 1.5)],
            [(-4, -3), (5, 2), (0, 7)], [(9, 3), (30, 5), (11, 40)],
            [(2.2, 2.2), (2.4, 2.2), (2.3, 2.4)], [(20, 20), (25, 20), (25, 25)],
            [(-2, -2), (15, -2), (15, 11), (-2, 11)], [(0, 0), (13, 9), (13, 0), (0, 9)],
        ]
        let outlines = rings.enumerated().map { number, ring in
            BuildingOutline(feature: number, rings: [ring.map { Position(x: $0.0, y: $0.1) }])
        }
        for isMirrored in [true, false] {
            let expected = outlines.map { outline in
                let mask = PolygonRasterizer(size).mask(
                    of: [outline], size: size, rule: .centres, isMirrored: isMirrored)
                return mask.indices.filter { mask[$0] != 0 }
            }
            #expect(expected.count { $0.isEmpty } == 2)
            let found = PolygonRasterizer(size).pixels(
                of: outlines, size: size, isMirrored: isMirrored)
            #expect(found == expected)
        }
    }

    @Test func crossingRingsHaveTheAreaThatShapelyMakesValid() throws {
        for sample in try #require(FootprintReference.all).crossing {
            let ring = sample.ring.map { Position(x: $0[0], y: $0[1]) }
            var budget = WorkBudget()
            let crossings = try RingGeometry.crossings(of: ring, budget: &budget)
            #expect(!crossings.isEmpty)
            let area = try RingGeometry.evenOddArea(of: ring, crossings: crossings, budget: &budget)
            #expect(abs(area - sample.area) < 1e-9)
            #expect(abs(abs(RingGeometry.signedArea(ring)) - sample.signed) < 1e-9)
        }
    }

    @Test func runsUnpackToTheMaskTheyWereMadeOf() throws {
        var random = SplitMix64(seed: 3)
        for (width, height) in [(1, 1), (7, 3), (650, 11)] {
            let size = try PixelSize(width: width, height: height)
            for share in [0, 1, 50, 99, 100] {
                let mask = (0..<size.count).map { _ in
                    UInt8(random.nextInt(below: 100) < share ? 1 : 0)
                }
                let packed = mask.withUnsafeBufferPointer { RunLengthMask($0, size: size) }
                #expect(RunLengthMask(serialized: packed.serialized) == packed)
                var other = [UInt8](repeating: 9, count: size.count)
                other.withUnsafeMutableBufferPointer { packed.unpack(into: $0) }
                #expect(other == mask)
                var damaged = packed.serialized
                damaged[random.nextInt(below: damaged.count)] ^= 4
                #expect(RunLengthMask(serialized: damaged) == nil)
                #expect(RunLengthMask(serialized: Array(packed.serialized.dropLast())) == nil)
            }
        }
    }

    @Test func numbersAreThoseOfTheStandardLibrary() throws {
        var random = SplitMix64(seed: 9)
        var texts = [
            "0", "-0", "1e308", "4.9e-324", "0.1", "123456789012345678", "9007199254740993.0",
            "-43.682251739800002", "1e-7", "12E+3", "0.000000000000000000000123",
        ]
        for _ in 0..<2000 {
            let digits = random.nextInt(below: 18) + 1
            let fraction = (0..<digits).map { _ in String(random.nextInt(below: 10)) }.joined()
            texts.append("\(random.nextInt(below: 400) - 200).\(fraction)")
        }
        for text in texts {
            let document =
                #"{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [[[\#(text), 1]]]}}]}"#
            let read = try GeoJSONFootprints.read(Array(document.utf8), path: "x.geojson")
            #expect(read.features[0].polygons[0][0][0].x == Double(text), "\(text)")
        }
    }

    // MARK: Leaks

    @Test func leaksAreThoseOfAComparisonOfAllPairs() {
        var random = SplitMix64(seed: 5)
        var footprints: [(index: Int, footprint: Footprint)] = []
        for index in 0..<400 {
            let side = index % 50 == 0 ? 900.0 : Double(5 + random.nextInt(below: 10))
            let (x, y) = (
                Double(random.nextInt(below: 600)) - 300, Double(random.nextInt(below: 600))
            )
            footprints.append(
                (
                    index,
                    Footprint(crs: index % 3 == 0 ? "a" : "b", bounds: [x, y, x + side, y + side])
                ))
        }
        let splits = footprints.map { $0.index % 7 == 0 ? 1 : $0.index % 11 == 0 ? -1 : 0 }
        var expected: Set<[Int]> = []
        for (one, first) in footprints {
            for (two, second) in footprints where one < two {
                guard first.crs == second.crs, splits[one] >= 0, splits[two] >= 0,
                    splits[one] != splits[two],
                    first.bounds[0] < second.bounds[2], second.bounds[0] < first.bounds[2],
                    first.bounds[1] < second.bounds[3], second.bounds[1] < first.bounds[3]
                else { continue }
                expected.insert([one, two])
            }
        }
        let pairs = LeakSearch(footprints, splits: splits).pairs
        #expect(pairs.count == expected.count)
        #expect(Set(pairs.map { [$0.first, $0.second] }) == expected)
    }

    @Test func halfAMillionBoxesAreSearchedInBoundedTime() {
        let footprints = (0..<480_000).map { index in
            let (x, y) = (Double(index % 700) * 1200, Double(index / 700) * 1200)
            return (index, Footprint(crs: "EPSG:32633", bounds: [x, y, x + 1200, y + 1200]))
        }
        let start = ContinuousClock.now
        let splits = (0..<480_000).map { $0 % 3 }
        #expect(LeakSearch(footprints, splits: splits).pairs.isEmpty)
        #expect(ContinuousClock.now - start < .seconds(60))
    }
}
