import MatterModel
import Tensors
import Testing

/// TeRN against PyTorch (unfolded), against the form from tensor operations, and its properties.
struct TextureRefinementTests {
    struct Case: Sendable, CustomStringConvertible {
        let name: String
        let layers: [[Int]]
        let size, height, width: Int
        var description: String { name }
    }

    static let cases = [
        Case(name: "a", layers: [[1, 2]], size: 3, height: 7, width: 5),
        Case(name: "b", layers: [[1], [2], [4]], size: 3, height: 9, width: 13),
        Case(name: "c", layers: [[2]], size: 5, height: 6, width: 8),
    ]

    static func network(
        _ kernel: TextureRefinement.Kernel, _ layers: [[Int]], _ size: Int = 3,
        iterations: Int = 2
    ) -> TextureRefinement {
        TextureRefinement(
            kernel: kernel, layers: layers, kernelSize: size, includesCentre: kernel != .pamr,
            iterations: iterations)
    }

    @Test(arguments: cases, TextureRefinement.Kernel.allCases)
    func agreesWithPyTorch(_ example: Case, _ kernel: TextureRefinement.Kernel) throws {
        let fixture = try Fixture("tern")
        let guide = Drawn.tensor("guide.\(example.name)", [2, 4, example.height, example.width])
        let map = Drawn.tensor("map.\(example.name)", [2, 3, example.height, example.width])
        map.requiresGradient = true
        let network = Self.network(kernel, example.layers, example.size)
        let refined = network(map, guide: guide)
        refined.backward(gradient: Drawn.tensor("upstream.\(example.name)", refined.shape))
        let key = "\(example.name).\(kernel.rawValue)"
        #expect(try fixture.distance("\(key).out", refined) < 1e-5)
        #expect(try fixture.distance("\(key).gradient", #require(map.gradient)) < 1e-5)
    }

    struct Form: Sendable, CustomStringConvertible {
        let dilations: [Int]
        var size = 3
        let height, width: Int
        var bands = 3
        var channels = 5
        var hasCentre = false
        var description: String {
            "\(dilations) \(size)×\(size)\(hasCentre ? "+centre" : "") \(height)×\(width)×\(channels)"
        }
    }

    /// Images smaller than the neighbourhood, ragged ones, one and many vectors of channels.
    static let forms = [
        Form(dilations: [1, 1, 3, 8], height: 1, width: 1),
        Form(dilations: [1, 1, 3, 8], height: 1, width: 9, hasCentre: true),
        Form(dilations: [1, 1, 3, 8], height: 5, width: 1, channels: 16),
        Form(
            dilations: [1, 1, 3, 8], height: 3, width: 40, bands: 1, channels: 17, hasCentre: true),
        Form(dilations: [1, 1, 2, 4, 6, 8], height: 37, width: 21, bands: 13, channels: 64),
        Form(dilations: [5], height: 9, width: 31, channels: 1, hasCentre: true),
        Form(dilations: [1, 2], size: 5, height: 18, width: 16, channels: 73),
        Form(dilations: [2], size: 7, height: 15, width: 33, channels: 128, hasCentre: true),
    ]

    @Test(arguments: forms, TextureRefinement.Kernel.allCases)
    func fusedAgreesWithComposed(_ form: Form, _ kernel: TextureRefinement.Kernel) throws {
        let network = TextureRefinement(
            kernel: kernel, layers: [form.dilations], kernelSize: form.size,
            includesCentre: form.hasCentre, iterations: 3)
        let guide = Drawn.tensor("guide", [2, form.bands, form.height, form.width])
        let weights = network.weights(of: guide, dilations: form.dilations)
        let composed = Operator("matter::tern_weights_composed")(
            guide, form.dilations, form.size, form.hasCentre, StaticString.name(kernel))
        #expect(largest(weights - composed) < 1e-5)
        let map = Drawn.tensor("map", [2, form.channels, form.height, form.width])
        let (own, other) = (leaf(map), leaf(map))
        let upstream = Drawn.tensor("upstream", map.shape)
        let refined = network.propagate(own, weights, dilations: form.dilations)
        let slow = Operator("matter::tern_propagate_composed")(
            other, weights, form.dilations, form.size, form.hasCentre, network.iterations)
        #expect(largest(refined - slow) < 1e-5)
        refined.backward(gradient: upstream)
        slow.backward(gradient: upstream)
        #expect(try largest(#require(own.gradient) - #require(other.gradient)) < 1e-5)
    }

    /// Reflectances of thousands with small contrasts: the variance is that of differences, and keeps its digits.
    @Test(arguments: TextureRefinement.Kernel.allCases)
    func brightGuidesKeepTheirDigits(_ kernel: TextureRefinement.Kernel) {
        let guide = Drawn.tensor("guide", [1, 3, 12, 19]) * 0.25 + 4096
        let fused = Self.network(kernel, [[1, 4]]).weights(of: guide, dilations: [1, 4])
        let exact = Operator("matter::tern_weights_composed")(
            guide.to(.float64), [1, 4], 3, kernel != .pamr, StaticString.name(kernel))
        #expect(largest(fused - exact) < 1e-5)
    }

    @Test(arguments: TextureRefinement.Kernel.allCases)
    func gradientAgreesWithFiniteDifferences(_ kernel: TextureRefinement.Kernel) throws {
        let network = Self.network(kernel, [[1, 2], [3]])
        let guide = Drawn.tensor("guide", [1, 2, 4, 6]).to(.float64)
        let values = Drawn.values("map", 48).map(Double.init)
        let upstream = Drawn.tensor("upstream", [1, 2, 4, 6]).to(.float64)
        func loss(_ values: [Double]) -> Double {
            let map = Tensor(values, shape: [1, 2, 4, 6])
            return (network(map, guide: guide) * upstream).sum().item(as: Double.self)
        }
        let map = leaf(Tensor(values, shape: [1, 2, 4, 6]))
        (network(map, guide: guide) * upstream).sum().backward()
        let gradient = try #require(map.gradient).values(as: Double.self)
        for index in stride(from: 0, to: values.count, by: 5) {
            var (up, down) = (values, values)
            up[index] += 1e-4
            down[index] -= 1e-4
            #expect(abs((loss(up) - loss(down)) / 2e-4 - gradient[index]) < 1e-8)
        }
    }

    @Test(arguments: TextureRefinement.Kernel.allCases)
    func keepsConstantsAndRange(_ kernel: TextureRefinement.Kernel) {
        let network = Self.network(kernel, [[1, 2]], iterations: 5)
        let guide = Drawn.tensor("guide", [1, 4, 11, 8])
        let sums = network.weights(of: guide, dilations: [1, 2]).sum([1])
        #expect(largest(sums - 1) < 1e-6)
        let constant = Tensor([Float](repeating: 3, count: 88), shape: [1, 1, 11, 8])
        #expect(largest(network(constant, guide: guide) - constant) < 1e-5)
        let map = Drawn.values("map", 88)
        let refined = network(Tensor(map, shape: [1, 1, 11, 8]), guide: guide)
            .values(as: Float.self)
        let (low, high) = (map.min() ?? 0, map.max() ?? 0)
        #expect(refined.allSatisfy { low - 1e-6 <= $0 && $0 <= high + 1e-6 })
    }

    @Test func guideWithoutContrastGivesEvenWeights() {
        let guide = Tensor([Float](repeating: 2, count: 3 * 25), shape: [1, 3, 5, 5])
        for kernel in TextureRefinement.Kernel.allCases {
            let weights = Self.network(kernel, [[1]]).weights(of: guide, dilations: [1])
            #expect(largest(weights - 1 / Double(weights.size(1))) < 1e-6)
        }
    }

    @Test func sameForAnyThreadCount() {
        let network = Self.network(.pamr, [[1, 2, 4]])
        let guide = Drawn.tensor("guide", [1, 4, 33, 29])
        let map = leaf(Drawn.tensor("map", [1, 8, 33, 29]))
        let threads = Torch.threads
        defer { Torch.setThreads(threads) }
        let results = [1, 2, 3].map { count -> [[UInt8]] in
            Torch.setThreads(count)
            map.gradient = nil
            let refined = network(map, guide: guide)
            refined.backward(gradient: Drawn.tensor("upstream", refined.shape))
            return [refined.detached().bytes(), map.gradient?.bytes() ?? []]
        }
        #expect(results[0] == results[1] && results[0] == results[2])
    }

    @Test func unfitWeightsAreNamed() throws {
        let network = Self.network(.pamr, [[1]])
        let guide = Drawn.tensor("guide", [1, 4, 6, 6])
        let map = Drawn.tensor("map", [1, 4, 6, 7])
        let error = #expect(throws: TorchError.self) {
            try Torch.attempt { network(map, guide: guide) }
        }
        #expect(error?.description.contains("[1, 4, 6, 7]") == true)
    }

    @Test(arguments: [1, 3, 5, 11])
    func patchesRepeatTheEdgeAndGradientsReturn(_ window: Int) throws {
        let map = leaf(Drawn.tensor("map", [2, 3, 5, 4]))
        let copy = leaf(map.detached())
        let positions = Tensor([0, 0, 0, 1, 4, 3, 0, 2, 1, 0, 2, 1] as [Int64], shape: [4, 3])
        let patches = map.patches(at: positions, window: window)
        let slow = Operator("matter::gather_patches_composed")(copy, positions, window)
        #expect(patches.detached().bytes() == slow.detached().contiguous().bytes())
        let upstream = Drawn.tensor("upstream", patches.shape)
        patches.backward(gradient: upstream)
        slow.backward(gradient: upstream)
        #expect(try largest(#require(map.gradient) - #require(copy.gradient)) < 1e-6)
    }
}

extension StaticString {
    /// The operators' name of a kernel.
    static func name(_ kernel: TextureRefinement.Kernel) -> StaticString {
        switch kernel {
        case .pamr: "pamr"
        case .cosineSimilar: "cosine-similar"
        case .cosinePrinted: "cosine-printed"
        }
    }
}

/// A copy that collects gradients.
func leaf(_ tensor: Tensor) -> Tensor {
    let copy = tensor.detached() * 1
    copy.requiresGradient = true
    return copy
}

/// The largest absolute value.
func largest(_ tensor: Tensor) -> Float {
    tensor.detached().values(as: Float.self).map(abs).max() ?? 0
}
