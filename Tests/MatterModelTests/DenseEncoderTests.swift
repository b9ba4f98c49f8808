import MatterModel
import Tensors
import Testing

/// Dense features against the encoder on one window after another, norms and all.
struct DenseEncoderTests {
    struct Form: Sendable, CustomStringConvertible {
        var backbone = ResNet.Depth.resnet18
        var stem = ResNet.Stem.method
        var strides = [1, 2, 2, 2]
        var aspp: [Int] = []
        var window = 7
        var stride = 1
        var of: Recipe.Encoding.Vectors?
        var description: String {
            "\(backbone) \(stem) \(strides) \(aspp) \(window) \(stride) \(of?.rawValue ?? "")"
        }

        var recipe: Recipe {
            var recipe = NetworkTests.recipe(.pamr, [[1, 2]])
            recipe.encoder.backbone = backbone
            recipe.encoder.stem = stem
            recipe.encoder.strides = strides
            recipe.encoder.aspp = aspp
            recipe.patches.window = window
            recipe.data.standardise = .store
            recipe.encoding.of = of
            return recipe
        }
    }

    static let forms = [
        Form(), Form(strides: [2, 2]), Form(backbone: .resnet34, window: 5, stride: 1),
        Form(strides: [2, 2], window: 9, stride: 3), Form(strides: [1, 2], window: 7, stride: 4),
        Form(backbone: .resnet50, strides: [1, 2, 2]), Form(stem: .torchvision, window: 13),
        Form(strides: [2], aspp: [1, 2], window: 3), Form(strides: [1], window: 1),
        Form(strides: [2, 2], window: 9, stride: 3, of: .positions),
    ]

    static func encoder(_ form: Form) throws -> (MatterEncoder, DenseEncoder) {
        let model = MatterEncoder(form.recipe)
        try model.fill()
        let statistics = BandStatistics(
            means: .init(repeating: 0, count: 9), deviations: .init(repeating: 1, count: 9))
        return (model, DenseEncoder(model: model, recipe: form.recipe, statistics: statistics))
    }

    /// Features relative to their spread.
    static func difference(_ dense: Tensor, _ single: Tensor) -> Float {
        largest(dense - single) / single.standardDeviation([0, 1, 2]).item(as: Float.self)
    }

    @Test(arguments: forms)
    func denseFeaturesAreThoseOfSingleWindows(_ form: Form) throws {
        var (model, encoder) = try Self.encoder(form)
        encoder.patchesABatch = 50
        encoder.bytesATile = 1 << 21
        let image = Drawn.tensor("image", [1, 9, 19, 14])
        let dense = try encoder.features(of: image, stride: form.stride)
        let rows = stride(from: 0, to: 19, by: form.stride).map { Int64($0) }
        let columns = stride(from: 0, to: 14, by: form.stride).map { Int64($0) }
        let positions = rows.flatMap { row in columns.flatMap { [Int64(0), row, $0] } }
        let single = noGradient {
            model(
                image, at: Tensor(positions, shape: [positions.count / 3, 3]), window: form.window)
        }.transposed(0, 1).reshaped([32, rows.count, columns.count])
        #expect(dense.shape == single.shape)
        #expect(Self.difference(dense, single) < 1e-5)
    }

    /// A recipe may ask for another window than that of its training.
    @Test func inferenceHasItsOwnWindow() throws {
        var recipe = Form(strides: [2, 2], window: 9).recipe
        let (model, encoder) = try Self.encoder(Form(strides: [2, 2], window: 9))
        recipe.patches.window = 5
        recipe.patches.inferenceWindow = 9
        let statistics = BandStatistics(
            means: .init(repeating: 0, count: 9), deviations: .init(repeating: 1, count: 9))
        let other = DenseEncoder(model: model, recipe: recipe, statistics: statistics)
        #expect(other.window == 9)
        let image = Drawn.tensor("image", [1, 9, 12, 11])
        let features: [Float] = try encoder.features(of: image, stride: 2).values()
        #expect(try other.features(of: image, stride: 2).values(as: Float.self) == features)
    }

    @Test func tilesAndBatchesDoNotShow() throws {
        var (_, encoder) = try Self.encoder(Form(strides: [2, 2]))
        let image = Drawn.tensor("image", [1, 9, 60, 53])
        let whole = try encoder.features(of: image, stride: 1)
        encoder.bytesATile = 1
        encoder.bytesAMap = 1
        encoder.patchesABatch = 7
        #expect(Self.difference(try encoder.features(of: image, stride: 1), whole) < 1e-5)
    }

    @Test func costsAreThoseThatAreKnown() throws {
        // Multiplications that torchvision's documentation counts for 224 × 224 pixels, without the classifier, in 10⁹.
        let known: [(ResNet.Depth, Double)] = [
            (.resnet18, 1.8136), (.resnet34, 3.6632), (.resnet50, 4.0871), (.resnet101, 7.7994),
        ]
        for (depth, expected) in known {
            let count = ResNet(depth, stem: .torchvision, channels: 3).multiplications(side: 224)
            #expect(abs(Double(count) / 1e9 - expected) < 1e-3, "\(depth)")
        }
        let cost = EncoderCost(Form().recipe)
        let model = MatterEncoder(Form().recipe)
        #expect(cost.parameters == model.namedParameters.reduce(0) { $0 + $1.1.count })
        // The first convolution, and 16 neighbours of 64 channels and 9 bands, twice over the channels.
        #expect(cost.multiplicationsAPixel == 9 * 64 * 9 + 16 * (64 * 2 + 9))
    }
}
