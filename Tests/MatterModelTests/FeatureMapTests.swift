import Geo
import Manifests
import MatterModel
import Raster
import Store
import Tensors
import TestSupport
import Testing

/// What `embed` says of pixels without data, and what it calls the bands.
struct FeatureMapTests {
    private static let id = "east/0_0/2020-02-01T10:00:00Z"

    /// The tile of `id`, with clouds in its lower right quarter and on its first pixel.
    private static func cloudy(_ folder: TemporaryFolder) throws {
        var sample = try SampleStore(folder.path("tiles/store"), for: .reading).sample(id)
        let valid = (0..<48 * 48).map { pixel -> UInt8 in
            pixel > 0 && (pixel / 48 < 24 || pixel % 48 < 24) ? 1 : 0
        }
        sample["valid"] = HostArray(valid, shape: [48, 48])
        try SampleStore(folder.path("cloudy/store"), for: .writing).put(sample, for: id)
        let manifest = try WholeFile.read(folder.path("tiles/manifest.jsonl"))
        try AtomicFile.write(manifest, to: folder.path("cloudy/manifest.jsonl"))
    }

    @Test(arguments: [1, 5])
    func whatIsNotClearHasNoFeatures(_ stride: Int) throws {
        let folder = try WordsTests.fixture()
        try Self.cloudy(folder)
        func pixels(_ tiles: String) throws -> [Float] {
            let plan = EmbedPlan(
                tiles: folder.path(tiles), encoder: folder.path("run/encoder.safetensors"),
                ids: [Self.id], stride: stride, output: folder.path("\(tiles)-features"))
            try EmbedRun(plan).run { _ in }
            let file = try RasterFile(
                reading: folder.path("\(tiles)-features/\(Self.id).tif"), drivers: [.geoTIFF])
            #expect(file.nodata?.isNaN == true)
            #expect(file.bandDescriptions == (0..<file.bandCount).map { "feature \($0)" })
            return try file.read(as: Float.self).pixels
        }
        let (clear, found) = (try pixels("tiles"), try pixels("cloudy"))
        #expect(clear.allSatisfy(\.isFinite) && clear.count == found.count)
        let side = (48 + stride - 1) / stride
        for index in found.indices {
            let (row, column) = (index / side % side * stride, index % side * stride)
            let isClear = row + column > 0 && (row < 24 || column < 24)
            #expect(isClear ? found[index] == clear[index] : found[index].isNaN, "\(row) \(column)")
        }
    }

    /// A mean of what there is; nothing where there is nothing.
    @Test func overviewsPassOverWhatIsMissing() throws {
        var values = [Float](repeating: 2, count: 600 * 520)
        (values[0], values[1], values[520], values[521]) = (.nan, .nan, .nan, .nan)
        (values[2], values[3]) = (.nan, 8)
        let folder = try TemporaryFolder()
        let map = Tensor(values, shape: [1, 600, 520])
        let bytes = FeatureTIFF(map, transform: [0, 1, 0, 0, 0, -1], crs: "EPSG:4326").bytes()
        try AtomicFile.write(bytes, to: folder.path("map.tif"))
        let file = try RasterFile(reading: folder.path("map.tif"), drivers: [.geoTIFF])
        let half = try PixelSize(width: 260, height: 300)
        let small = try file.read(as: Float.self, scaledTo: half).pixels
        #expect(small[0].isNaN && small[1] == 4 && small[2] == 2)
        #expect(small.dropFirst(2).allSatisfy { $0 == 2 })
    }
}
