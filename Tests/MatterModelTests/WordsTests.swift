import Foundation
import Geo
import Manifests
import MatterModel
import Raster
import Store
import Tensors
import TestSupport
import Testing

/// Visual words: the numbers against scikit-learn, the parts by what must hold, and a whole run.
struct WordsTests {
    struct Case: Codable {
        let classes, groups: [Int]
        let homogeneity, completeness, vMeasure: Double
    }

    @Test func agreementIsScikitLearns() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fixtures/MatterModel/agreement.json").path
        for example in try decodeStrictJSON([Case].self, from: WholeFile.read(path)) {
            let found = ClusterAgreement(classes: example.classes, groups: example.groups)
            #expect(abs(found.homogeneity - example.homogeneity) < 1e-12)
            #expect(abs(found.completeness - example.completeness) < 1e-12)
            #expect(abs(found.vMeasure - example.vMeasure) < 1e-12)
        }
    }

    @Test func bordersAgreeToOnePlace() {
        func halves(_ edge: Int) -> [Int] { (0..<60).map { $0 % 10 < edge ? 0 : 1 } }
        for (edge, expected) in [(5, 1.0), (6, 1.0), (7, 0.0)] {
            let found = BoundaryAgreement(classes: halves(5), groups: halves(edge), width: 10)
            #expect(found.f1 == expected && found.precision == expected)
        }
        let none = BoundaryAgreement(
            classes: halves(5), groups: [Int](repeating: 3, count: 60), width: 10)
        #expect(none.f1 == 0 && none.recall == 0 && none.precision == nil)
        let neither = BoundaryAgreement(
            classes: halves(10), groups: halves(0), width: 10)
        #expect(neither.f1 == nil && neither.precision == nil && neither.recall == nil)
        // A border that only a cloud makes is none.
        let behind = BoundaryAgreement(
            classes: halves(5), groups: halves(9), width: 10, clear: (0..<60).map { $0 % 10 < 9 })
        #expect(behind.precision == nil && behind.recall == 0)
        let all = BoundaryAgreement(classes: halves(5), groups: Array(0..<60), width: 10)
        #expect(all.recall == 1 && (all.precision ?? 1) < 0.4)
    }

    @Test func meansFindWhatLiesApart() {
        let noise = Drawn.values("noise", 600)
        let points = (0..<300).flatMap { index -> [Float] in
            let middle = Float(index % 3 * 10)
            return [middle + noise[2 * index], noise[2 * index + 1]]
        }
        let tensor = Tensor(points, shape: [300, 2])
        let means = KMeans(tensor, k: 3, seed: 4)
        let labels = means.labels(tensor).values(as: Int64.self)
        let agreement = ClusterAgreement(
            classes: (0..<300).map { $0 % 3 }, groups: labels.map { Int($0) })
        #expect(agreement.vMeasure == 1)
        #expect(KMeans(tensor, k: 3, seed: 4).centres.bytes() == means.centres.bytes())
        // As many centres as points that differ, and more: nothing is not a number.
        let twice = Tensor([1, 1, 1, 2, 2, 2] as [Float], shape: [6, 1])
        #expect(KMeans(twice, k: 4, seed: 1).centres.isFinite().all().item(as: Bool.self))
    }

    struct Responses: Codable {
        let height, width: Int
        let places: [[Int]]
        let responses: [[Float]]
    }

    /// Scales, lengths, order and scaling of the bank: script/reference/textons.py.
    @Test func filtersAreThoseOfSciPy() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fixtures/MatterModel/mr8.json").path
        let fixture = try decodeStrictJSON(Responses.self, from: WholeFile.read(path))
        let (height, width) = (fixture.height, fixture.width)
        let image = (0..<height * width).map { place -> Float in
            let (row, column) = (Double(place / width), Double(place % width))
            let waves = sin(0.7 * column + 0.3 * row) + 0.5 * cos(0.11 * row * column)
            return Float(waves + (column > 12 ? 1 : 0))
        }
        let found: [Float] = TextureFilters()(Tensor(image, shape: [1, 1, height, width]))
            .contiguous().values()
        for (place, expected) in zip(fixture.places, fixture.responses) {
            for (filter, value) in expected.enumerated() {
                let index = (filter * height + place[0]) * width + place[1]
                #expect(abs(found[index] - value) < 1e-4, "filter \(filter) at \(place)")
            }
        }
    }

    @Test func filtersKnowNoDirectionAndNoBrightness() {
        let filters = TextureFilters()
        let image = Drawn.tensor("image", [1, 1, 30, 30])
        let turned = filters(image.rotated90(times: 1, dimensions: [2, 3]))
        let expected = filters(image).rotated90(times: 1, dimensions: [1, 2])
        #expect(largest(turned - expected) < 1e-4)
        #expect(largest(filters(image + 5) - filters(image)) < 1e-3)
        let even = Tensor([Float](repeating: 2, count: 900), shape: [1, 1, 30, 30])
        #expect(largest(filters(even)) < 1e-4)
    }

    /// A store of two dates with its manifest, a class map, and an encoder that was trained for a few steps.
    static func fixture() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try SyntheticStore.make(at: folder.path("tiles/store"))
        let digest = SHA256Digest(of: [UInt8]())
        let log = try JSONLinesWriter(appendingTo: folder.path("tiles/manifest.jsonl"))
        for date in 1...3 {
            let id = "east/0_0/2020-0\(date)-01T10:00:00Z"
            try log.append(
                TileRecord(
                    id: id, region: "east", column: 0, row: 0, date: "2020-0\(date)-01T10:00:00Z",
                    path: "tiles/\(id).tif", bytes: 0, sha256: digest, width: 48, height: 48,
                    bands: ["B02", "B03", "B04"], crs: "EPSG:32633",
                    transform: [600_000, 10, 0, 5_000_000, 0, -10], validFraction: 1,
                    cloudFraction: 0, shift: nil, aligned: true, reason: nil,
                    source: .init(name: "synthetic"), storeKey: id))
        }
        try log.synchronize()
        let size = try PixelSize(width: 300, height: 280)
        let classes = (0..<size.count).map { pixel -> UInt8 in
            let block = pixel % 300 / 12 + pixel / 300 / 12
            return UInt8(block % 5)
        }
        try RasterWriter.write(
            RasterBuffer(size: size, pixels: classes),
            grid: GeoGrid(
                size: size,
                transform: AffineTransform(
                    originX: 599_000, originY: 5_000_500, resolution: 10), crs: CRS(epsg: 32633)),
            as: .geoTIFF(), to: folder.path("classes.tif"))
        var plan = TrainerTests.plan(folder)
        plan.store = folder.path("tiles/store")
        _ = try Trainer(plan) { _ in }.run()
        return folder
    }

    static func plan(_ folder: TemporaryFolder, classes: Bool = true, _ name: String = "words")
        -> WordsPlan
    {
        WordsPlan(
            tiles: folder.path("tiles"), encoder: folder.path("run/encoder.safetensors"),
            place: nil, classes: classes ? folder.path("classes.tif") : nil, words: 5, stride: 3,
            seed: 1, output: folder.path(name), device: .cpu)
    }

    @Test func aRunWritesThePictureAndItsNumbers() throws {
        let folder = try Self.fixture()
        let report = try WordsRun(Self.plan(folder)).run()
        #expect(
            report.methods.map(\.name) == [
                "textons", "raw-patches", "matter-without-parts", "matter",
            ])
        #expect(report.clear == 1)
        #expect(report.place == "east/0_0" && report.tiles.count == 2)
        for method in report.methods {
            let classes = try #require(method.classes)
            #expect((0...1).contains(classes.vMeasure) && (0...1).contains(method.sameWord))
            #expect(method.borders != nil)
        }
        // Blocks of one material: words of raw patches must find much of them.
        let stored = try decodeStrictJSON(
            WordsReport.self, from: WholeFile.read(folder.path("words/words.json")))
        #expect(stored == report)
        let picture = try RasterFile(reading: folder.path("words/words.png"), drivers: [.png])
        #expect(picture.bandCount == 3 && picture.size.width > 6 * 192)
        _ = try WordsRun(Self.plan(folder, "again")).run()
        for name in ["words.png", "words.json", "run.json"] {
            #expect(
                try WholeFile.read(folder.path("words/\(name)"))
                    == WholeFile.read(folder.path("again/\(name)")))
        }
        let without = try WordsRun(Self.plan(folder, classes: false, "without")).run()
        #expect(without.methods.allSatisfy { $0.classes == nil })
    }

    /// A TIFF of 48×48 bytes at a place; the numbers of tags may lie.
    private static func tiff(_ numbers: [Int: Int], x: Double) -> [UInt8] {
        let plain = [256: 48, 257: 48, 258: 8, 259: 1, 273: 400, 279: 2304]
        func bytes(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        let tags = plain.merging(numbers) { $1 }.sorted { $0.key < $1.key }
        var file: [UInt8] = [0x49, 0x49, 42, 0] + bytes(8, 4) + bytes(tags.count + 2, 2)
        for (tag, value) in tags {
            file += bytes(tag, 2) + bytes(4, 2) + bytes(1, 4) + bytes(value, 4)
        }
        file += bytes(33550, 2) + bytes(12, 2) + bytes(3, 4) + bytes(300, 4)
        file += bytes(33922, 2) + bytes(12, 2) + bytes(6, 4) + bytes(324, 4)
        file += [UInt8](repeating: 0, count: 300 - file.count)
        for value in [10, 10, 0, 0, 0, 0, x, 5_000_000, 0] {
            file += bytes(Int(bitPattern: UInt(value.bitPattern)), 8)
        }
        return file + [UInt8](repeating: 0, count: 2704 - file.count)
    }

    /// Sizes that no product holds, corners that are no number, tiles larger than any memory.
    @Test func classMapsThatLieAreRefused() throws {
        let folder = try Self.fixture()
        let path = folder.path("classes.tif")
        try AtomicFile.write(Self.tiff([:], x: 600_000), to: path)
        #expect(try WordsRun(Self.plan(folder)).run().methods.count == 4)
        let cases: [([Int: Int], Double, String)] = [
            ([256: 4_294_967_295, 257: 4_294_967_295], 600_000, "no size"),
            ([:], 1e300, "does not cover"), ([:], .nan, "does not cover"),
            (
                [259: 8, 322: 65536, 323: 4_000_000_000, 324: 400, 325: 8], 600_000, "no blocks"
            ),
        ]
        for (numbers, x, reason) in cases {
            try AtomicFile.write(Self.tiff(numbers, x: x), to: path)
            let error = #expect(throws: ManifestError.self) {
                try WordsRun(Self.plan(folder)).run()
            }
            #expect(error?.exitCode == .badData && error?.message.contains(reason) == true)
        }
    }

    @Test func classMapsOfAnotherZoneAreRefused() throws {
        let folder = try Self.fixture()
        let path = folder.path("tiles/manifest.jsonl")
        let text = try WholeFile.readText(path)
        try #require(text.contains("EPSG:32633"))
        try AtomicFile.write(
            text.replacingOccurrences(of: "EPSG:32633", with: "EPSG:32632"), to: path)
        let error = #expect(throws: ManifestError.self) { try WordsRun(Self.plan(folder)).run() }
        #expect(error?.exitCode == .badData)
        #expect(error?.message.contains("is in EPSG:32633") == true)
    }

    /// Clouds are not judged: dates that are the same but for one have the same words.
    @Test func whatIsNotClearIsNotCompared() throws {
        let folder = try Self.fixture()
        let ids = (1...2).map { "east/0_0/2020-0\($0)-01T10:00:00Z" }
        var sample = try SampleStore(folder.path("tiles/store"), for: .reading).sample(ids[0])
        do {
            let cloudy = try SampleStore(folder.path("cloudy/store"), for: .writing)
            try cloudy.put(sample, for: ids[0])
            for (name, array) in sample {
                var pixels = Tensor(array).to(.int64).values(as: Int64.self)
                for index in pixels.indices where index / 48 >= 24 && index % 48 >= 24 {
                    pixels[index] = name == "valid" ? 0 : 9000
                }
                sample[name] = Tensor(pixels, shape: [48, 48]).to(array.dtype).hostArray()
            }
            try cloudy.put(sample, for: ids[1])
        }
        let manifest = try WholeFile.read(folder.path("tiles/manifest.jsonl"))
        try AtomicFile.write(manifest, to: folder.path("cloudy/manifest.jsonl"))
        var plan = Self.plan(folder)
        plan.tiles = folder.path("cloudy")
        let report = try WordsRun(plan).run()
        #expect(report.tiles == ids && report.clear == 0.75)
        let patches = try #require(report.methods.first { $0.name == "raw-patches" })
        #expect(patches.sameWord == 1 && patches.dates.vMeasure == 1)
    }

    /// With a backbone of its own, its column is that of the backbone as it was trained; another encoder is refused.
    @Test func aBackboneIsAnEncoderWithoutTheParts() throws {
        let folder = try Self.fixture()
        var train = TrainerTests.plan(folder, "plain")
        train.store = folder.path("tiles/store")
        train.recipe.tern.iterations = 0
        train.recipe.encoding.enabled = false
        _ = try Trainer(train) { _ in }.run()
        var plan = Self.plan(folder)
        plan.backbone = plan.encoder
        let other = #expect(throws: ManifestError.self) { try WordsRun(plan).run() }
        #expect(other?.exitCode == .badData && other?.path == plan.encoder)
        plan.backbone = "\(train.output)/encoder.safetensors"
        let found = try WordsRun(plan).run().methods[2]
        plan.encoder = "\(train.output)/encoder.safetensors"
        let itself = try WordsRun(plan).run().methods
        #expect(found.name == "backbone")
        #expect(found.sameWord == itself[3].sameWord && found.dates == itself[3].dates)
    }

    /// The filters and the pixels are looked at on the CPU, wherever the encoder is.
    @Test(.enabled(if: Device.cuda.isAvailable, "needs a GPU"))
    func wordsOfAGPUAreThoseOfTheCPU() throws {
        let folder = try Self.fixture()
        var plan = Self.plan(folder)
        let expected = try WordsRun(plan).run()
        (plan.device, plan.output) = (.cuda, folder.path("gpu"))
        let found = try WordsRun(plan).run()
        #expect(found.methods.prefix(2) == expected.methods.prefix(2))
        #expect(found.methods.map(\.name) == expected.methods.map(\.name))
    }

    @Test func whatDoesNotFitIsNamed() throws {
        let folder = try Self.fixture()
        var plan = Self.plan(folder)
        plan.place = "west/0_0"
        let place = #expect(throws: ManifestError.self) { try WordsRun(plan).run() }
        #expect(place?.message.contains("places with two: east/0_0") == true)
        plan = Self.plan(folder)
        plan.words = 5000
        #expect(throws: ManifestError.self) { try WordsRun(plan).run() }
        try AtomicFile.write("no tiff", to: folder.path("classes.tif"))
        let classes = #expect(throws: ManifestError.self) { try WordsRun(Self.plan(folder)).run() }
        #expect(classes?.exitCode == .badData)
    }

    @Test(arguments: [1, 3])
    func embeddedTilesAreReadByGDAL(_ stride: Int) throws {
        let folder = try Self.fixture()
        let id = "east/0_0/2020-02-01T10:00:00Z"
        let plan = EmbedPlan(
            tiles: folder.path("tiles"), encoder: folder.path("run/encoder.safetensors"),
            ids: [id], stride: stride, output: folder.path("features"))
        var paths: [String] = []
        for round in 0..<2 {
            #expect(try EmbedRun(plan).present == round)
            try EmbedRun(plan).run { paths.append($0) }
        }
        #expect(Set(paths) == [folder.path("features/\(id).tif")] && paths.count == 2)
        let file = try RasterFile(reading: paths[0], drivers: [.geoTIFF])
        let side = (48 + stride - 1) / stride
        #expect(file.size == (try PixelSize(width: side, height: side)))
        #expect(file.crs == CRS(epsg: 32633) && file.pixelType == .float32)
        let step = Double(stride)
        let corner = 600_000 + 10 * (1 - step) / 2
        #expect(
            file.transform?.gdal == [
                corner, 10 * step, 0, 5_000_000 - 10 * (1 - step) / 2, 0, -10 * step,
            ])
        let store = try SampleStore(folder.path("tiles/store"), for: .reading)
        let planes = try ["B02", "B03", "B04"].flatMap { name in
            try store.withSample(id) { try $0.pixels(name, as: UInt16.self) }
        }
        let image = Tensor(planes.map { Float($0) }, shape: [1, 3, 48, 48])
        let encoder = try DenseEncoder(encoderFile: folder.path("run/encoder.safetensors"))
        let features: [Float] = try encoder.features(of: image, stride: stride).values()
        #expect(try file.read(as: Float.self).pixels == features)
        var other = plan
        other.stride = 2
        let error = #expect(throws: ManifestError.self) { try EmbedRun(other).run { _ in } }
        #expect(error?.exitCode == .configuration)
    }

    /// A manifest that was cut off, or whose tiles make no sense, is refused before anything is written.
    @Test(arguments: [
        ("width", "48×48"), ("transform", "six numbers"), ("id", "no plain path"),
        ("height", "no pixels"),
    ])
    func manifestsThatDoNotFitAreRefused(_ key: String, _ reason: String) throws {
        let folder = try Self.fixture()
        let path = folder.path("tiles/manifest.jsonl")
        let records = try JSONLinesReader.read(TileRecord.self, from: path).records.map { record in
            var record = record
            switch key {
            case "width": record.width = 47
            case "transform": record.transform.removeLast()
            case "id": record.id = "../../\(record.date)"
            default: record.height = 0
            }
            return record
        }
        try AtomicFile.write(JSONLinesReader.bytes(of: records), to: path)
        let plan = EmbedPlan(
            tiles: folder.path("tiles"), encoder: folder.path("run/encoder.safetensors"),
            stride: 9, output: folder.path("a/b/features"))
        let error = #expect(throws: ManifestError.self) { try EmbedRun(plan).run { _ in } }
        #expect(error?.exitCode == .badData && error?.message.contains(reason) == true)
        #expect(throws: ManifestError.self) { try WordsRun(Self.plan(folder)).run() }
    }

    @Test func aManifestThatWasCutOffIsRefused() throws {
        let folder = try Self.fixture()
        let path = folder.path("tiles/manifest.jsonl")
        try AtomicFile.write(try WholeFile.read(path).dropLast(5), to: path)
        let embed = EmbedPlan(
            tiles: folder.path("tiles"), encoder: folder.path("run/encoder.safetensors"),
            output: folder.path("features"))
        var train = TrainerTests.plan(folder, "again")
        (train.store, train.manifest) = (folder.path("tiles/store"), path)
        let errors = [
            #expect(throws: ManifestError.self) { try EmbedRun(embed) },
            #expect(throws: ManifestError.self) { try WordsRun(Self.plan(folder)).run() },
            #expect(throws: ManifestError.self) { try Trainer(train) { _ in } },
        ]
        for error in errors {
            #expect(error?.exitCode == .badData)
            #expect(error?.message.contains("ends within a line") == true)
        }
    }

    @Test func overviewsAreMeans() throws {
        let map = Tensor(Drawn.values("map", 2 * 601 * 530), shape: [2, 601, 530])
        let folder = try TemporaryFolder()
        let bytes = FeatureTIFF(map, transform: [0, 1, 0, 0, 0, -1], crs: "EPSG:4326").bytes()
        try AtomicFile.write(bytes, to: folder.path("map.tif"))
        let file = try RasterFile(reading: folder.path("map.tif"), drivers: [.geoTIFF])
        #expect(try file.read(as: Float.self).pixels == map.values(as: Float.self))
        #expect(file.crs == CRS(epsg: 4326))
        let half = try PixelSize(width: 265, height: 301)
        let small: [Float] = try file.read(as: Float.self, scaledTo: half).pixels
        let means: [Float] = map.unsqueezed(0).padded([0, 0, 0, 1], mode: "replicate")
            .averagePool2d([2], stride: [2]).values()
        #expect(zip(small, means).allSatisfy { abs($0 - $1) < 1e-6 })
    }
}
