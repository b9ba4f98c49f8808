import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import Testing
import TestSupport

@Suite struct SimulatedSceneTests {
    /// The same seed gives the same pixels, another seed others.
    @Test func imagesAreAFunctionOfTheSeed() {
        func pixels(_ seed: UInt64) -> [UInt16]? {
            let scene = SimulatedScene.make(seed: seed, size: 120)
            let date = scene.acquisition(day: SimulatedDay(2021, 6, 8), index: 0)
            return scene.image(date)[.b04]?.values
        }
        #expect(pixels(3) == pixels(3))
        #expect(pixels(3) != pixels(4))
    }

    /// A whole-pixel shift moves the content by exactly that, up to noise.
    @Test func shiftMovesContentAsSaid() throws {
        var scene = SimulatedPair.render(seed: 5, size: 240, shift: (2, -1), days: Self.sameDay)
        let moved = Self.difference(scene, rows: 2, columns: -1)
        let other = Self.difference(scene, rows: -2, columns: 1)
        #expect(moved < 0.25 * other)
        scene = SimulatedPair.render(seed: 5, size: 240, shift: (0, 0), days: Self.sameDay)
        #expect(Self.difference(scene, rows: 0, columns: 0) < 15)
    }

    private static let sameDay = (SimulatedDay(2021, 6, 8), SimulatedDay(2021, 6, 8))

    /// Mean absolute difference, in digital numbers, between the reference and the target moved back.
    private static func difference(_ pair: SimulatedPair, rows: Int, columns: Int) -> Double {
        let width = pair.size.width
        var sum = 0
        for row in 10..<(pair.size.height - 10) {
            for column in 10..<(width - 10) {
                let here = Int(pair.reference[row * width + column])
                let there = Int(pair.target[(row + rows) * width + column + columns])
                sum += abs(here - there)
            }
        }
        return Double(sum) / Double((width - 20) * (pair.size.height - 20))
    }

    /// The field's mean is the global shift, and the way back leads back.
    @Test func shiftFieldIsConsistent() {
        let field = TrueShiftField(rows: 1.3, columns: -0.6, warp: 2, size: 300, seed: 8)
        var sum = (rows: 0.0, columns: 0.0)
        for row in stride(from: 2.5, to: 300, by: 5) {
            for column in stride(from: 2.5, to: 300, by: 5) {
                let shift = field(row: row, column: column)
                sum.rows += shift.rows / 3600
                sum.columns += shift.columns / 3600
                #expect(abs(shift.rows - 1.3) < 3 && abs(shift.columns + 0.6) < 3)
                let back = field.referencePosition(
                    row: row + shift.rows, column: column + shift.columns)
                #expect(abs(back.row - row) < 1e-3 && abs(back.column - column) < 1e-3)
            }
        }
        #expect(abs(sum.rows - 1.3) < 1e-3 && abs(sum.columns + 0.6) < 1e-3)
    }

    /// Changes are few, begin with their date, and nothing changes between a date and itself.
    @Test func changeMaskFollowsTheDates() {
        let scene = SimulatedScene.make(
            seed: 2, size: 300, options: .city(0), dates: 2, changedFraction: 0.04)
        let changed = scene.changeMask(from: 0, to: 1).count { $0 == 1 }
        #expect(Set(scene.changeMask(from: 1, to: 1)) == [0])
        #expect(changed > 300 * 300 / 100 && changed < 300 * 300 / 8)
    }

    /// Without any season a later date shows what the first day shows, to the bit; with half of it a day between.
    @Test func theSeasonCanBeTakenOut() {
        let scene = SimulatedScene.make(seed: 12, size: 60)
        var first = scene.acquisition(day: SimulatedDay(2021, 6, 8), index: 0)
        first.wetness = 0.8
        var later = scene.acquisition(day: SimulatedDay(2023, 10, 6), index: 1)
        func pixels(_ date: Acquisition) -> [UInt16]? {
            scene.image(date, bands: [.b08])[.b08]?.values
        }
        var same = scene.acquisition(day: SimulatedDay(2021, 6, 8), index: 1)
        same.wetness = 0.8
        #expect(pixels(later.season(0, since: first)) == pixels(same))
        #expect(pixels(later.season(1, since: first)) == pixels(later))
        #expect(pixels(later) != pixels(same))
        let half = later.season(0.5, since: first)
        #expect(half.dayOfYear == 219 && half.cropYear == 2022 && half.day == later.day)
        #expect(abs(half.wetness - 0.55) < 1e-6)
        later.snowLine = 10
        #expect(later.season(0, since: first).snowLine == nil)
        #expect(later.season(0.5, since: first).snowLine == 10)
    }

    /// Clouds cover about what was asked, and all of the scene when all was asked.
    @Test(arguments: [Float(0), 0.25, 1]) func cloudsCoverTheirPart(fraction: Float) {
        let scene = SimulatedScene.make(seed: 9, size: 240)
        var date = scene.acquisition(day: SimulatedDay(2021, 7, 1), index: 0)
        date.cloudFraction = fraction
        #expect(abs(scene.image(date, bands: [.b04]).cloudFraction - Double(fraction)) < 0.12)
    }
}

@Suite struct SimulationTests {
    private func plan(
        seed: UInt64 = 1, products: [SimulatedProduct] = SimulatedProduct.allCases
    ) throws -> SimulationPlan {
        try SimulationPlan(
            seed: seed, products: products, regions: 1, size: 120, dates: 3, cities: 2,
            citySize: 120, patches: 2, chips: 1, allCloudDate: true)
    }

    /// The same plan gives a byte-identical tree, also when the run was stopped in between.
    @Test func treeIsAFunctionOfThePlan() throws {
        let (first, second) = (try TemporaryFolder(), try TemporaryFolder())
        try Simulation(plan: plan()).run(to: first.path)
        struct Stop: Error {}
        var steps = 0
        #expect(throws: Stop.self) {
            try Simulation(plan: plan()).run(
                to: second.path,
                checkStop: {
                    steps += 1
                    if steps == 4 { throw Stop() }
                })
        }
        #expect(!FileManager.default.fileExists(atPath: second.path + "/run.json"))
        try Simulation(plan: plan()).run(to: second.path)
        #expect(try digests(first.path) == digests(second.path))
    }

    private func digests(_ root: String) throws -> [String: String] {
        var found: [String: String] = [:]
        for case let path as String in FileManager.default.enumerator(atPath: root) ?? .init() {
            var isFolder: ObjCBool = false
            let file = "\(root)/\(path)"
            _ = FileManager.default.fileExists(atPath: file, isDirectory: &isFolder)
            if !isFolder.boolValue { found[path] = try SHA256Digest(ofFile: file).hex }
        }
        return found
    }

    /// Version 2's table, maps and images tell of the same ground.
    @Test func referenceMapsFitTableAndImages() throws {
        let folder = try TemporaryFolder()
        let plan = try SimulationPlan(products: [.bigearthnetV2], patches: 10)
        try Simulation(plan: plan).run(to: folder.path)
        let root = folder.path("bigearthnet-v2")
        let rows = try WholeFile.readText("\(root)/metadata.csv").split(separator: "\n").dropFirst()
        var (parts, countries): (Set<String>, [String]) = ([], [])
        var (water, woods): ([Double], [Double]) = ([], [])
        for row in rows {
            let halves = row.split(separator: "\"", omittingEmptySubsequences: false)
            let name = String(halves[0].dropLast())
            let fields = halves[2].split(separator: ",").map(String.init)
            let scene = name.split(separator: "_").dropLast(2).joined(separator: "_")
            parts.insert(fields[0])
            countries.append(fields[1])
            func pixels(_ kind: String, _ suffix: String) throws -> [UInt16] {
                let path = "\(root)/\(kind)/\(scene)/\(name)/\(name)_\(suffix).tif"
                return try RasterFile(reading: path).read(as: UInt16.self).pixels
            }
            let codes = try pixels("Reference_Maps", "reference_map")
            let near = try pixels("BigEarthNet-S2", "B08")
            #expect(codes.count == 120 * 120 && near.count == 120 * 120)
            var counts: [Int: Int] = [:]
            for code in codes { counts[Self.classes[code] ?? -1, default: 0] += 1 }
            #expect(counts[-1] == nil, "\(name) has another code")
            let names = halves[1].split(separator: "'").enumerated().filter { $0.offset % 2 == 1 }
            #expect(names.count == counts.count { $0.key > 0 && $0.value >= 720 }, "\(row)")
            for (code, value) in zip(codes, near) {
                if code > 500 { water.append(Double(value)) }
                if code == 311 || code == 312 { woods.append(Double(value)) }
            }
        }
        #expect(rows.count == 10 && parts == ["train", "validation", "test"])
        #expect(countries.count { $0 == "France" } == 1)
        // Water is dark in the near infrared, woods are bright: the map lies on the image.
        #expect(water.count > 100 && woods.count > 100)
        let ofWater = water.reduce(0, +) / Double(water.count)
        let ofWoods = woods.reduce(0, +) / Double(woods.count)
        #expect(ofWater < 0.67 * ofWoods)
    }

    /// The codes that the simulated land has, as numbers of classes; 0 for what the 19 classes leave out.
    private static let classes: [UInt16: Int] = [
        112: 1, 121: 2, 122: 0, 211: 3, 221: 4, 231: 5, 311: 6, 312: 7, 322: 8, 324: 9, 511: 10,
        512: 10,
    ]

    /// Another plan in the same folder is refused with code 78.
    @Test func otherPlanIsRefused() throws {
        let folder = try TemporaryFolder()
        try Simulation(plan: plan(products: [.oscd])).run(to: folder.path)
        let error = #expect(throws: SimulationError.self) {
            try Simulation(plan: plan(seed: 2, products: [.oscd])).run(to: folder.path)
        }
        #expect(error?.exitCode == .configuration)
    }

    /// The products' dates stand under one sun without a season, and a plan with all of it is written as plans always were.
    @Test func aSeasonlessEarthHasOneSun() throws {
        func earth(_ season: Double) throws -> (plan: String, suns: Set<String>, second: String) {
            let folder = try TemporaryFolder()
            let plan = try SimulationPlan(
                products: [.l2a, .oscd], regions: 1, size: 60, dates: 2, cities: 2, citySize: 60,
                season: season)
            try Simulation(plan: plan).run(to: folder.path)
            let tiles = folder.files().filter { $0.hasSuffix("MTD_TL.xml") }
            let suns = try tiles.map { path in
                let text = try String(contentsOfFile: folder.path(path), encoding: .utf8)
                return String(text.split(separator: "Mean_Sun_Angle")[1])
            }
            #expect(suns.count == 2)
            let pair = try #require(
                folder.files().first { $0.hasSuffix("sim01/imgs_2_rect/B08.tif") })
            return (
                try String(contentsOfFile: folder.path("plan.json"), encoding: .utf8), Set(suns),
                try SHA256Digest(ofFile: folder.path(pair)).hex
            )
        }
        let (whole, none) = (try earth(1), try earth(0))
        #expect(!whole.plan.contains("season") && none.plan.contains("season"))
        #expect(whole.suns.count == 2 && none.suns.count == 1)
        #expect(whole.second != none.second)
    }

    /// There is no more than all of the season, and no less than none: 64.
    @Test(arguments: [-0.1, 1.1, Double.nan]) func seasonsHaveBounds(season: Double) {
        let error = #expect(throws: SimulationError.self) { try SimulationPlan(season: season) }
        #expect(error?.exitCode == .usage)
    }

    /// A size that does not fit the 60 m grid is refused with code 64 and a size that fits.
    @Test func sizeMustFitTheGrids() {
        let error = #expect(throws: SimulationError.self) { try SimulationPlan(size: 1300) }
        #expect(error?.exitCode == .usage)
        #expect(error?.description.contains("1296") == true)
    }
}
