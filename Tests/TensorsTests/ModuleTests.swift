import Tensors
import Testing

@Suite(.serialized) struct ModuleTests {
    /// In a process of its own: the generator is one for all, and other tests draw from it.
    @Test func initialisersDrawAsPyTorch() async {
        await #expect(processExitsWith: .success) {
            let stored = try Fixture.read("optimisers.safetensors")
            Torch.setSeed(11)
            let convolution = Conv2d(3, 4, kernelSize: 3)
            let linear = Linear(5, 2)
            let normal = Tensor.zeros([4, 3, 3, 3])
            Initialise.kaimingNormal(normal, fan: .output)
            #expect(convolution.hostState()["weight"] == stored["init.conv.weight"])
            #expect(convolution.hostState()["bias"] == stored["init.conv.bias"])
            #expect(linear.hostState()["weight"] == stored["init.linear.weight"])
            #expect(linear.hostState()["bias"] == stored["init.linear.bias"])
            #expect(normal.hostArray() == stored["init.kaiming_normal"])
        }
    }

    @Test func batchNormKeepsRunningStatistics() throws {
        let stored = try Fixture.read("optimisers.safetensors")
        let input = Tensor(try #require(stored["norm.input"]))
        func difference(_ tensor: Tensor, _ name: String) throws -> Float {
            (tensor - Tensor(try #require(stored[name]))).abs().max().item()
        }
        let norm = BatchNorm2d(2)
        #expect(try difference(norm(input), "norm.train") < 1e-6)
        norm.setTraining(false)
        #expect(try difference(norm(input), "norm.eval") < 1e-6)
        #expect(try difference(norm.runningMean, "norm.running_mean") < 1e-6)
        #expect(try difference(norm.runningVariance, "norm.running_var") < 1e-6)
        #expect(norm.batchesTracked.item(as: Int.self) == 1)
    }

    private func network() -> Sequential {
        Sequential([
            Conv2d(2, 3, kernelSize: 3, bias: false), BatchNorm2d(3), ReLU(),
            Sequential([Conv2d(3, 1, kernelSize: 1)]),
        ])
    }

    @Test func namesAreThoseOfPyTorch() {
        #expect(
            network().namedState.map(\.0) == [
                "0.weight", "1.weight", "1.bias", "1.running_mean", "1.running_var",
                "1.num_batches_tracked", "3.0.weight", "3.0.bias",
            ])
    }

    @Test func stateTravels() throws {
        let (first, second) = (network(), network())
        let input = Tensor.random([1, 2, 5, 5])
        try second.load(first.hostState())
        #expect(first(input).bytes() == second(input).bytes())
        #expect(second.namedParameters.allSatisfy { $0.1.requiresGradient })
    }

    @Test func otherNetworksWeightsAreRefusedByName() {
        let module = network()
        var state = module.hostState()
        state["0.weight"] = HostArray([Float](repeating: 0, count: 9), shape: [3, 3])
        state["extra"] = state.removeValue(forKey: "3.0.bias")
        let before = module.hostState()
        let error = #expect(throws: TorchError.self) { try module.load(state) }
        let text = error?.description ?? ""
        #expect(text.contains("missing 3.0.bias"))
        #expect(text.contains("unexpected extra"))
        #expect(text.contains("0.weight [3, 3] ≠ [3, 2, 3, 3]"))
        #expect(module.hostState() == before)
    }
}
