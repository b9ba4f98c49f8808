import Tensors
import Testing

@Suite(.serialized) struct OptimizerTests {
    enum Case: String, CaseIterable {
        case sgd, momentum, dampened, nesterov, lars, adam, adamw

        func make(_ parameter: Tensor) -> any Optimizer {
            let named = [("p", parameter)]
            return switch self {
            case .sgd: SGD(named, learningRate: 0.05)
            case .momentum: SGD(named, learningRate: 0.05, momentum: 0.9, weightDecay: 0.01)
            case .dampened:
                SGD(named, learningRate: 0.05, momentum: 0.9, dampening: 0.3, weightDecay: 0.01)
            case .lars:
                LARS(
                    groups: [ParameterGroup(named)], learningRate: 2, trust: 0.02, weightDecay: 0.1)
            case .nesterov:
                SGD(named, learningRate: 0.05, momentum: 0.9, weightDecay: 0.01, nesterov: true)
            case .adam: Adam(named, learningRate: 0.02, weightDecay: 0.01)
            case .adamw: Adam(named, learningRate: 0.02, weightDecay: 0.1, decoupled: true)
            }
        }
    }

    private func step(_ optimizer: any Optimizer, _ parameter: Tensor) {
        optimizer.zeroGradients()
        ((parameter - 1).square() * Tensor.linspace(-1, 2, 37)).sum().backward()
        optimizer.step()
    }

    @Test(arguments: Case.allCases)
    func agreesWithPyTorchStepByStep(_ which: Case) throws {
        let stored = try Fixture.read("optimisers.safetensors")
        let expected = Tensor(try #require(stored[which.rawValue]))
        let parameter = Parameter(Tensor(try #require(stored["start"]))).value
        let optimizer = which.make(parameter)
        for index in 0..<expected.size(0) {
            step(optimizer, parameter)
            let difference = (parameter.detached() - expected.select(0, index)).abs().max()
            #expect(difference.item() <= Float(1e-6), "step \(index)")
        }
    }

    @Test(arguments: Case.allCases)
    func resumesBitForBit(_ which: Case) throws {
        let stored = try Fixture.read("optimisers.safetensors")
        let start = Tensor(try #require(stored["start"]))
        let whole = Parameter(start.clone()).value
        let optimizer = which.make(whole)
        for _ in 0..<2 { step(optimizer, whole) }
        let half = Parameter(whole.detached().clone()).value
        let resumed = which.make(half)
        let saved = try Safetensors.parse(Safetensors.serialize(optimizer.hostState())).arrays
        try resumed.restore(saved)
        for _ in 0..<3 {
            step(optimizer, whole)
            step(resumed, half)
        }
        #expect(whole.bytes() == half.bytes())
    }

    @Test func foreignStateIsRefused() {
        let optimizer = SGD([("p", Parameter(.zeros([3])).value)], learningRate: 1, momentum: 0.9)
        let error = #expect(throws: TorchError.self) {
            try optimizer.restore([
                "momentum_buffer/q": HostArray([0, 0, 0] as [Float], shape: [3])
            ])
        }
        #expect(error?.description.contains("momentum_buffer/q") == true)
    }

    private func worst(_ groups: ([ParameterGroup]) -> any Optimizer, _ name: String, rate: Double)
        throws -> Float
    {
        let stored = try Fixture.read("optimisers.safetensors")
        let expected = Tensor(try #require(stored[name]))
        let start = Tensor(try #require(stored["start"]))
        let (first, second) = (Parameter(start.clone()).value, Parameter(start.clone()).value)
        let optimizer = groups([
            ParameterGroup([("a", first)], weightDecay: 0.1),
            ParameterGroup([("b", second)], weightDecay: 0, rateFactor: rate),
        ])
        return (0..<expected.size(0)).map { index in
            optimizer.zeroGradients()
            let weight = Tensor.linspace(-1, 2, 37)
            ((first - 1).square() * weight + (second - 1).square() * weight).sum().backward()
            optimizer.step()
            let reached = Tensor.stack([first.detached(), second.detached()])
            return (reached - expected.select(0, index)).abs().max().item()
        }.max() ?? .infinity
    }

    @Test func groupsHaveSettingsOfTheirOwn() throws {
        #expect(
            try worst(
                { SGD(groups: $0, learningRate: 0.05, momentum: 0.9) }, "groups.sgd", rate: 0.1)
                <= 1e-6)
        #expect(
            try worst(
                { Adam(groups: $0, learningRate: 0.02, decoupled: true) }, "groups.adamw",
                rate: 0.5) <= 1e-6)
    }

    @Test func vectorsAreSparedAndFrozenLayersLeftOut() {
        let layers = Sequential([
            Conv2d(2, 3, kernelSize: 1), BatchNorm2d(3), Conv2d(3, 1, kernelSize: 1),
        ])
        let groups = layers.parameterGroups { $0.hasPrefix("2") ? 0 : 0.5 }
        #expect(
            groups.map { $0.parameters.map(\.0) } == [
                ["0.weight"], ["0.bias", "1.weight", "1.bias"],
            ])
        #expect(groups.map(\.weightDecay) == [nil, 0])
        #expect(groups.map(\.isAdapted) == [true, false])
        #expect(groups.map(\.rateFactor) == [0.5, 0.5])
        #expect(layers.parameterGroups(decaysVectors: true).count == 1)
    }

    @Test func gradientsAreClippedAsInPyTorch() throws {
        let stored = try Fixture.read("optimisers.safetensors")
        for (name, limit) in [("clip.far", 1.5), ("clip.near", 1e3)] {
            let parameters = [[3, 5], [7]].map { shape in
                let parameter = Parameter(Tensor.zeros(shape)).value
                parameter.gradient = Tensor.linspace(-2, 3, parameter.count).reshaped(shape)
                return parameter
            }
            let norm = try #require(stored["\(name).norm"]).values(as: Float.self)[0]
            #expect(abs(Gradients.clip(parameters, to: limit) - Double(norm)) < 1e-5)
            for (index, parameter) in parameters.enumerated() {
                let expected = Tensor(try #require(stored["\(name).\(index)"]))
                let gradient = try #require(parameter.gradient)
                #expect((gradient - expected).abs().max().item() <= Float(1e-7))
            }
        }
        let broken = Parameter(Tensor.zeros([2])).value
        broken.gradient = Tensor([1, .nan] as [Float])
        #expect(Gradients.clip([broken], to: 1).isNaN)
    }

    @Test func theAverageFollowsAsInPyTorch() throws {
        let stored = try Fixture.read("optimisers.safetensors")
        let layer = Linear(3, 4)
        var average: WeightAverage?
        for step in 0..<3 {
            let weights = ["weight", "bias"].map { stored["average.\(step).\($0)"] }
            try layer.load([
                "weight": #require(weights[0]), "bias": #require(weights[1]),
            ])
            if let average {
                average.update()
            } else {
                average = WeightAverage(of: layer, decay: 0.9)
            }
        }
        let found = try #require(average)
        for name in ["weight", "bias"] {
            let expected = Tensor(try #require(stored["average.mean.\(name)"]))
            let mean = Tensor(try #require(found.hostState()[name]))
            #expect((mean - expected).abs().max().item() <= Float(1e-6))
            let own = layer.hostState()[name]
            let lent = found.applied { layer.hostState()[name] }
            #expect(lent == found.hostState()[name] && lent != own)
            #expect(layer.hostState()[name] == own)
        }
        let again = WeightAverage(of: layer, decay: 0.9)
        try again.restore(found.hostState())
        #expect(again.hostState() == found.hostState())
        #expect(throws: TorchError.self) { try again.restore([:]) }
    }

    @Test func schedulesAreThoseOfPyTorch() throws {
        let stored = try Fixture.read("optimisers.safetensors")
        let schedules: [(String, LearningRateSchedule)] = [
            (
                "rate.cosine",
                LearningRateSchedule(highest: 0.3, warmUp: 4, steps: 20, decay: .cosine(end: 0.01))
            ),
            (
                "rate.steps",
                LearningRateSchedule(
                    highest: 0.3, steps: 20, decay: .steps(at: [5, 5, 12], factor: 0.5))
            ),
            (
                "rate.constant",
                LearningRateSchedule(highest: 0.3, warmUp: 4, steps: 20, decay: .constant)
            ),
        ]
        for (name, schedule) in schedules {
            let expected = try #require(stored[name]).values(as: Double.self)
            for (step, rate) in expected.enumerated() {
                #expect(abs(schedule(step) - rate) < 1e-12, "\(name), step \(step)")
            }
        }
    }

    @Test func channelsLastChangesTheLayoutAlone() {
        let images = Tensor.random([2, 3, 5, 4])
        #expect(images.channelsLast().values() == images.values())
        let layer = Conv2d(3, 4, kernelSize: 3, padding: 1)
        let before = (layer.hostState(), layer(images).detached())
        layer.useChannelsLast()
        #expect(layer.hostState() == before.0)
        let output = layer(images.channelsLast())
        #expect((output - before.1).abs().max().item() < Float(1e-5))
        output.sum().backward()
        #expect(layer.weight.value.gradient?.shape == [4, 3, 3, 3])
    }
}
