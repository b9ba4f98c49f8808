import MatterModel
import Tensors
import Testing

/// What no recipe can change: the table that `info` prints, against what is computed.
struct FixedChoiceTests {
    static func number(_ name: String) throws -> Double {
        try #require(Double(FixedChoice.all.first { $0.name == name }?.value ?? ""), "\(name)")
    }

    @Test func everyChoiceSaysWhereItComesFrom() {
        let names = FixedChoice.all.map(\.name)
        #expect(Set(names).count == names.count)
        for choice in FixedChoice.all {
            #expect(["paper", "snapshot", "ours"].contains(choice.origin), "\(choice.name)")
            #expect(!choice.value.isEmpty && !choice.reason.isEmpty, "\(choice.name)")
        }
        let unnumbered = [
            "tern.cosine.variance", "tern.cosine.normalisation", "encoder.activation",
            "encoder.norm.batch", "encoder.pooling", "initial.projection",
        ]
        #expect(Set(names).isSuperset(of: unnumbered))
    }

    /// TeRN's weights as the table has them: small and tiny guides, where what is added to a variance or a length decides.
    @Test(arguments: TextureRefinement.Kernel.allCases, [1, 1e-2, 1e-7])
    func refinementAddsWhatItSays(_ kernel: TextureRefinement.Kernel, _ size: Double) throws {
        let (bands, height, width) = (2, 5, 6)
        let guide = Drawn.values("guide", bands * height * width).map { Double($0) * size }
        let network = TextureRefinement(kernel: kernel, layers: [[1, 2]], iterations: 1)
        let found = network.weights(
            of: Tensor(guide, shape: [1, bands, height, width]), dilations: [1, 2]
        ).values(as: Double.self)
        for pixel in 0..<height * width {
            let around = Self.neighbours(pixel, height, width)
            let pixels = (around + [pixel]).map { place in
                (0..<bands).map { guide[$0 * height * width + place] }
            }
            let expected = try Self.weights(of: pixels, kernel).sorted()
            let own = (0..<16).map { found[$0 * height * width + pixel] }.sorted()
            #expect(zip(own, expected).allSatisfy { abs($0 - $1) < 1e-5 }, "\(pixel)")
        }
    }

    /// The places of a pixel's neighbours under dilations 1 and 2, the edge repeated.
    private static func neighbours(_ pixel: Int, _ height: Int, _ width: Int) -> [Int] {
        [1, 2].flatMap { dilation in
            (0..<9).filter { $0 != 4 }.map { step in
                let row = pixel / width + (step / 3 - 1) * dilation
                let column = pixel % width + (step % 3 - 1) * dilation
                return min(max(row, 0), height - 1) * width + min(max(column, 0), width - 1)
            }
        }
    }

    /// The weights of a pixel's neighbours; the last of `pixels` is the pixel itself, whose variance counts it once a dilation.
    private static func weights(
        of pixels: [[Double]], _ kernel: TextureRefinement.Kernel
    ) throws -> [Double] {
        let own = pixels[pixels.count - 1]
        let variances = own.indices.map { band -> Double in
            let values = (pixels + [own]).map { $0[band] }
            let mean = values.reduce(0, +) / Double(values.count)
            return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
        }
        let logits = try pixels.dropLast().map { other in
            kernel == .pamr
                ? try pamr(own, other, variances) : try cosine(own, other, variances, kernel)
        }
        let highest = logits.max() ?? 0
        let powers = logits.map { Tensor($0 - highest).exp().item(as: Double.self) }
        return powers.map { $0 / powers.reduce(0, +) }
    }

    private static func pamr(
        _ own: [Double], _ other: [Double], _ variances: [Double]
    ) throws -> Double {
        let (scale, floor) = (try number("tern.pamr.scale"), try number("tern.pamr.floor"))
        let parts = own.indices.map {
            -abs(own[$0] - other[$0]) / (floor + scale * variances[$0].squareRoot())
        }
        return parts.reduce(0, +) / Double(own.count)
    }

    private static func cosine(
        _ own: [Double], _ other: [Double], _ variances: [Double],
        _ kernel: TextureRefinement.Kernel
    ) throws -> Double {
        func product(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).map(*).reduce(0, +) }
        let lengths = (product(own, own) * product(other, other)).squareRoot()
        let floor = try number("tern.cosine.floor")
        let variance = variances.reduce(0, +) / Double(variances.count) + floor
        let angle = product(own, other) / max(lengths, try number("tern.cosine.lengthFloor"))
        return (kernel == .cosineSimilar ? angle : -angle) / variance
    }

    @Test func normsAddWhatTheySay() throws {
        let norm = BatchNorm2d(1)
        _ = norm(Tensor([0, 2] as [Float], shape: [2, 1, 1, 1]))
        let mean: Float = norm.runningMean.item()
        #expect(abs(Double(mean) - (try Self.number("encoder.norm.momentum"))) < 1e-6)
        norm.setTraining(false)
        noGradient {
            norm.runningMean.copyInPlace(.zeros([1]))
            norm.runningVariance.copyInPlace(.zeros([1]))
        }
        let output: Float = norm(.ones([1, 1, 1, 1])).item()
        let epsilon = try Self.number("encoder.norm.epsilon")
        #expect(abs(1 / Double(output * output) / epsilon - 1) < 1e-4)
    }

    @Test func weightsBeginAsTheTableSays() throws {
        let model = MatterEncoder(.example)
        model.initialise(seed: 3)
        let project = try #require(model.parameter("project.weight"))
        let bound = 1 / Float(project.size(1)).squareRoot()
        let largest: Float = project.abs().max().item()
        #expect(largest <= bound && largest > 0.9 * bound)
        let scales = try #require(model.parameter("encoding.scale")).values(as: Float.self)
        #expect(scales.allSatisfy { (-1...0).contains($0) })
        let centres = try #require(model.parameter("encoding.clusters"))
        let farthest: Float = centres.abs().max().item()
        #expect(farthest <= 1 / Float(centres.count).squareRoot())
    }

    /// A feature that is all but nothing is not made one long.
    @Test func shortFeaturesStayShort() throws {
        var recipe = Recipe.example.loss
        (recipe.kind, recipe.normalise, recipe.temperature) = (.infoNCE, true, 1)
        let floor = try Self.number("loss.lengthFloor")
        let loss: Float = Contrast(recipe).loss(
            anchors: Tensor([Float(floor / 2), 0], shape: [2, 1]),
            positives: Tensor([1, 0] as [Float], shape: [2, 1]), mask: .zeros([2, 2])
        ).item()
        // Similarities 1/2 and 0 of the first anchor, 0 and 0 of the second.
        #expect(abs(loss - (0.474_077 + 0.693_147) / 2) < 1e-5)
    }

    /// Where a weight is after some gradients.
    private func moved(_ rule: OptimizerRule, from start: Float, by gradients: [Double]) -> Double {
        let weight = Parameter(Tensor([start])).value
        let optimizer = rule.optimizer(
            of: [ParameterGroup([("p", weight)])], learningRate: 1, momentum: 0, weightDecay: 0)
        for gradient in gradients {
            optimizer.zeroGradients()
            (weight * gradient).sum().backward()
            optimizer.step()
        }
        return Double(weight.detached().item(as: Float.self))
    }

    @Test(arguments: [OptimizerRule.adam, .adamw])
    func adamsSecondBetaAndEpsilon(_ rule: OptimizerRule) throws {
        let (beta, epsilon) = (
            try Self.number("optimiser.beta2"), try Self.number("optimiser.epsilon")
        )
        let second = 2 / ((beta + 4) / (1 + beta)).squareRoot()
        #expect(abs(moved(rule, from: 0, by: [1, 2]) + 1 + second) < 1e-5)
        #expect(abs(moved(rule, from: 0, by: [epsilon]) + 0.5) < 1e-4)
    }

    @Test func trustOfLARS() throws {
        let trust = try Self.number("optimiser.trust")
        #expect(abs((2 - moved(.lars, from: 2, by: [1])) / 2 - trust) < 1e-6)
    }
}
