import Tensors
import Testing

@Suite(.serialized) struct OptimizerTests {
    enum Case: String, CaseIterable {
        case sgd, momentum, nesterov, adam, adamw

        func make(_ parameter: Tensor) -> any Optimizer {
            let named = [("p", parameter)]
            return switch self {
            case .sgd: SGD(named, learningRate: 0.05)
            case .momentum: SGD(named, learningRate: 0.05, momentum: 0.9, weightDecay: 0.01)
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
}
