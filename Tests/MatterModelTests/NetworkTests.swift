import Geo
import MatterModel
import Tensors
import Testing

/// The networks against PyTorch and torchvision; numbers by script/reference/matter_fixtures.py.
struct NetworkTests {
    @Test(arguments: ResNet.Depth.allCases, ResNet.Stem.allCases)
    func resNetAgreesWithTorchvision(_ depth: ResNet.Depth, _ stem: ResNet.Stem) throws {
        let fixture = try Fixture("resnet")
        let bands = stem == .torchvision ? 3 : 9
        let network = ResNet(depth, stem: stem, channels: bands)
        try network.fill()
        network.setTraining(false)
        let input = Drawn.tensor("input.\(stem.rawValue)", [2, bands, 32, 32])
        let key = "\(depth.rawValue.dropFirst("resnet".count)).\(stem.rawValue)"
        for (index, map) in noGradient({ network.stageOutputs(input) }).enumerated() {
            let deviation = Operator("aten::std")(map, true)
            let scaled = map.mean([2, 3]) / deviation
            #expect(try fixture.distance("\(key).layer\(index + 1)", scaled) < 1e-5)
        }
    }

    @Test func resNetHasTorchvisionsNames() {
        let names = Set(ResNet(.resnet18, stem: .torchvision, channels: 3).hostState().keys)
        #expect(names.count == 120)
        let some = [
            "conv1.weight", "bn1.running_var", "bn1.num_batches_tracked", "layer1.0.conv1.weight",
            "layer2.0.downsample.0.weight", "layer2.0.downsample.1.bias", "layer4.1.bn2.weight",
        ]
        #expect(names.isSuperset(of: some))
    }

    @Test(arguments: [
        (TextureRefinement.Kernel.pamr, [[1, 2]]), (.cosineSimilar, [[1], [2]]),
        (.cosinePrinted, [[1], [2]]),
    ])
    func matterAgreesWithPyTorch(_ kernel: TextureRefinement.Kernel, _ layers: [[Int]]) throws {
        let fixture = try Fixture("matter")
        let model = MatterEncoder(Self.recipe(kernel, layers))
        try model.fill()
        model.setTraining(true)
        let images = Tensor.cat(["a", "b"].map { Drawn.tensor("images.\($0)", [3, 9, 16, 16]) })
        let places: [(Int64, Int64, Int64)] = [
            (0, 0, 0), (0, 8, 11), (1, 5, 5), (1, 15, 15), (2, 3, 12), (2, 9, 0),
        ]
        let both = (places + places.map { ($0.0 + 3, $0.1, $0.2) }).flatMap { [$0.0, $0.1, $0.2] }
        let features = model(images, at: Tensor(both, shape: [12, 3]), window: 9)
        let key = kernel.rawValue
        #expect(try fixture.distance("\(key).features", features) < 1e-5)
        let loss = Contrast(Self.recipe(kernel, layers).loss).loss(
            anchors: features.narrow(0, start: 0, length: 6),
            positives: features.narrow(0, start: 6, length: 6),
            mask: Tensor(Self.mask([0, 0, 1, 1, 2, 2]), shape: [6, 6]))
        #expect(try fixture.distance("\(key).loss", loss.reshaped([1])) < 1e-5)
        loss.backward()
        for name in ["pre_conv.weight", "bn1.weight", "encoding.clusters", "encoding.scale"] {
            let gradient = try #require(model.parameter(name)?.gradient)
            #expect(try fixture.distance("\(key).gradient.\(name)", gradient) < 1e-5)
        }
        let refined = model.refined(images).narrow(0, start: 0, length: 1)
            .narrow(1, start: 0, length: 8)
        #expect(try fixture.distance("\(key).refined", refined) < 1e-5)
    }

    /// Residuals are differences of large numbers here: in bfloat16 nothing would be left of them.
    @Test func whatFollowsTheConvolutionsStaysInFloat32() throws {
        let model = MatterEncoder(Self.recipe(.pamr, [[1, 2]]))
        try model.fill()
        model.setTraining(false)
        let images = Drawn.tensor("images.a", [3, 9, 16, 16])
        let places: [(Int64, Int64, Int64)] = [
            (0, 4, 4), (0, 9, 8), (1, 5, 5), (1, 11, 3), (2, 3, 12), (2, 9, 6),
        ]
        let positions = Tensor(places.flatMap { [$0.0, $0.1, $0.2] }, shape: [6, 3])
        func features(_ precise: (() -> Tensor) -> Tensor) -> Tensor {
            noGradient { model.features(images, at: positions, window: 9, convolving: precise) }
        }
        let spread = features { $0() }.standardDeviation([0, 1]).item(as: Float.self)
        for name in ["project.bias", "encoding.clusters"] {
            let parameter = try #require(model.parameter(name))
            // Eight centres: vectors spread eight times as far as residuals.
            _ = noGradient { parameter.copyInPlace(parameter + Double(200 * 8 * spread)) }
        }
        let whole = features { $0() }
        let mixed = features { autocast(to: .bfloat16, on: .cpu, $0) }
        #expect(mixed.dtype == .float32)
        #expect(largest(mixed - whole) > 0)
        #expect(largest(mixed - whole) < 0.3 * spread)
    }

    static func recipe(_ kernel: TextureRefinement.Kernel, _ layers: [[Int]]) -> Recipe {
        var recipe = Recipe.example
        recipe.data.bands = ["B02", "B03", "B04", "B05", "B06", "B07", "B08", "B11", "B12"]
        recipe.patches.window = 9
        recipe.tern.kernel = kernel
        recipe.tern.layers = layers
        recipe.tern.centre = kernel != .pamr
        recipe.tern.iterations = 2
        recipe.encoder.preChannels = 64
        recipe.encoder.strides = [1, 2]
        recipe.encoder.features = 32
        recipe.encoding.clusters = 8
        return recipe
    }

    static func mask(_ regions: [Int]) -> [Float] {
        let grounds = regions.map { PatchGround(region: "\($0)", place: $0, row: 0, column: 0) }
        return Contrast.mask(grounds, negatives: .regions, window: 9)
    }

    @Test func encodingWeightsSumToOneAndOneCentreIsADifference() throws {
        let encoding = SurfaceEncoding(channels: 6, clusters: 5)
        try encoding.fill()
        let vectors = Drawn.tensor("vectors", [7, 6])
        #expect(largest(encoding.weights(vectors).sum([1]) - 1) < 1e-6)
        let single = SurfaceEncoding(channels: 6, clusters: 1)
        try single.fill()
        let centre = try #require(single.parameter("clusters"))
        #expect(largest(single(vectors) - (vectors - centre)) < 1e-6)
    }

    /// The slow form, with everything of size patches × vectors × centres × channels.
    static func slowCodes(_ z: Tensor, _ centres: Tensor, _ scale: Tensor) -> Tensor {
        let residual = z.unsqueezed(2) - centres
        let theta = (scale * residual.square().sum([3])).softmax(2)
        return (theta.unsqueezed(3) * residual).sum([1])
    }

    @Test(arguments: [(3, 5, 6, 4), (1, 1, 8, 1), (7, 2, 3, 9)])
    func codesAgreeWithTheSlowForm(_ size: (Int, Int, Int, Int)) throws {
        let (patches, count, channels, centres) = size
        let encoding = SurfaceEncoding(channels: channels, clusters: centres)
        try encoding.fill()
        let (q, s) = (
            try #require(encoding.parameter("clusters")), try #require(encoding.parameter("scale"))
        )
        let drawn = Drawn.tensor("vectors", [patches, count, channels])
        let upstream = Drawn.tensor("upstream", [patches, centres, channels])
        func gradients(_ codes: (Tensor) -> Tensor) throws -> [Tensor] {
            let z = leaf(drawn)
            (q.gradient, s.gradient) = (nil, nil)
            let value = codes(z)
            (value * upstream).sum().backward()
            return [value] + (try [z, q, s].map { try #require($0.gradient).clone() })
        }
        let own = try gradients { encoding.codes($0) }
        let slow = try gradients { Self.slowCodes($0, q, s) }
        for (one, other) in zip(own, slow) { #expect(largest(one - other) < 1e-5) }
        let sums = encoding(drawn).sum([1])
        #expect(largest(sums - own[0].mean([1])) < 1e-5)
    }

    /// A patch of many vectors is the mean of their residuals, which Deep-TEN's codes hold too; of one, what it was.
    @Test(arguments: [false, true])
    func positionsAreEncodedByThemselves(_ hasASPP: Bool) throws {
        var recipe = Self.recipe(.pamr, [[1]])
        recipe.encoder.aspp = hasASPP ? [1, 2] : []
        let mean = MatterEncoder(recipe)
        recipe.encoding.of = .positions
        let model = MatterEncoder(recipe)
        for each in [mean, model] {
            try each.fill()
            // So that no centre takes all, however far the vectors are.
            let scale = try #require(each.parameter("encoding.scale"))
            _ = noGradient { scale.copyInPlace(scale * 0.02) }
            // With the batch's own moments, the vectors are of about the centres' size.
            each.setTraining(true)
        }
        let patches = Drawn.tensor("patches", [5, 73, 9, 9])
        try noGradient {
            let features = model.features(ofMaps: model.trunk(patches))
            #expect(features.shape == [5, 32])
            #expect(largest(features - mean.features(ofMaps: mean.trunk(patches))) > 3e-5)
            let one = model.trunk(patches).mean([2, 3], keepingDimensions: true)
            if !hasASPP {
                let vectors = model.trunk(patches).reshaped([5, -1, 25]).transposed(1, 2)
                let (weight, bias) = (
                    try #require(model.parameter("project.weight")),
                    try #require(model.parameter("project.bias"))
                )
                let slow = Self.slowCodes(
                    vectors.matmul(weight.transposed(0, 1)) + bias,
                    try #require(model.parameter("encoding.clusters")),
                    try #require(model.parameter("encoding.scale")))
                #expect(largest(features - slow.mean([1]) * (1 / 25.0)) < 1e-5)
            }
            #expect(largest(model.features(ofMaps: one) - mean.features(ofMaps: one)) < 1e-5)
        }
    }

    @Test func codesAgreeWithFiniteDifferences() throws {
        let encoding = SurfaceEncoding(channels: 3, clusters: 4)
        try encoding.fill()
        let upstream = Drawn.tensor("upstream", [5, 3])
        let values = Drawn.values("vectors", 15)
        let z = leaf(Tensor(values, shape: [5, 3]))
        (encoding(z) * upstream).sum().backward()
        let gradient = try #require(z.gradient).values(as: Float.self)
        func loss(_ values: [Float]) -> Double {
            Double((encoding(Tensor(values, shape: [5, 3])) * upstream).sum().item(as: Float.self))
        }
        for index in values.indices {
            var (up, down) = (values, values)
            up[index] += 0.01
            down[index] -= 0.01
            #expect(abs((loss(up) - loss(down)) / 0.02 - Double(gradient[index])) < 1e-3)
        }
    }

    @Test func asppAgreesWithTorchvision() throws {
        let fixture = try Fixture("aspp")
        let network = ASPP(24, 8, dilations: [1, 2, 5])
        try network.fill()
        network.setTraining(false)
        let output = noGradient { network(Drawn.tensor("input", [2, 24, 7, 5])) }
        #expect(try fixture.distance("output", output) < 1e-5)
        let names = Set(network.hostState().keys)
        #expect(
            names.isSuperset(of: ["convs.0.0.weight", "convs.4.1.weight", "project.1.running_var"]))
    }

    @Test func asppStandsBeforeTheMeanOverThePatch() throws {
        var recipe = Self.recipe(.pamr, [[1]])
        recipe.encoder.aspp = [1, 2]
        let model = MatterEncoder(recipe)
        try model.fill()
        model.setTraining(false)
        let names = model.hostState().keys
        #expect(names.contains("aspp.convs.2.0.weight") && !names.contains("project.weight"))
        let positions = Tensor([0, 3, 3, 0, 9, 2] as [Int64], shape: [2, 3])
        let features = noGradient {
            model(Drawn.tensor("images", [1, 9, 16, 16]), at: positions, window: 9)
        }
        #expect(features.shape == [2, 32])
    }

    @Test func negativesKeepTheirDistance() {
        let grounds = [
            PatchGround(region: "a", place: 0, row: 10, column: 10),
            PatchGround(region: "a", place: 0, row: 14, column: 18),
            PatchGround(region: "a", place: 0, row: 19, column: 10),
            PatchGround(region: "b", place: 1, row: 10, column: 10),
        ]
        func candidates(_ negatives: Negatives) -> [Bool] {
            Contrast.mask(grounds, negatives: negatives, window: 9).prefix(4).map { $0 == 0 }
        }
        #expect(candidates(.regions) == [true, false, false, true])
        #expect(candidates(.places) == [true, false, true, true])
    }
}
