import Tensors
import Testing

@Suite struct AutogradTests {
    /// The largest difference between autograd and central differences, in double precision.
    private func worstDifference(
        at point: Tensor, step: Double = 1e-5, _ function: (Tensor) -> Tensor
    ) -> Double {
        let leaf = point.clone()
        leaf.requiresGradient = true
        function(leaf).backward()
        let exact = leaf.gradient?.values(as: Double.self) ?? []
        let values = point.values(as: Double.self)
        return values.indices.map { index in
            func shifted(_ by: Double) -> Double {
                var moved = values
                moved[index] += by
                return function(Tensor(moved, shape: point.shape)).item(as: Double.self)
            }
            return abs((shifted(step) - shifted(-step)) / (2 * step) - exact[index])
        }.max() ?? .infinity
    }

    private func ramp(_ shape: [Int]) -> Tensor {
        let count = shape.reduce(1, *)
        return Tensor((0..<count).map { Double(($0 * 7 + 3) % 11) / 5 - 1.07 }, shape: shape)
    }

    @Test func convolution() {
        let weight = ramp([2, 3, 3, 3])
        let worst = worstDifference(at: ramp([2, 3, 5, 5])) {
            $0.conv2d(weight: weight, stride: [2], padding: [1]).square().sum()
        }
        #expect(worst < 1e-6)
    }

    @Test func normalisationSoftmaxAndPooling() {
        let mixture = ramp([3, 2, 1, 2])
        let worst = worstDifference(at: ramp([3, 2, 4, 5])) {
            let normal = $0.batchNorm(
                weight: nil, bias: nil, runningMean: nil, runningVariance: nil, training: true)
            return (normal.averagePool2d([4, 2]).softmax(1) * mixture).sum()
        }
        #expect(worst < 1e-6)
    }

    @Test func matrixProductAndLogSumExp() {
        let other = ramp([4, 3])
        let worst = worstDifference(at: ramp([5, 4])) { $0.matmul(other).logSumExp([1]).mean() }
        #expect(worst < 1e-7)
    }

    @Test func gradientsOfGradients() {
        let x = Tensor([2] as [Double])
        x.requiresGradient = true
        let first = gradients(of: x.pow(3).sum(), by: [x], recording: true)[0]
        let second = first.flatMap { gradients(of: $0.sum(), by: [x])[0] }
        #expect(first?.item(as: Double.self) == 12)
        #expect(second?.item(as: Double.self) == 12)
        #expect(x.gradient == nil)
    }

    @Test func noGradientRecordsNothing() {
        let x = Tensor([2] as [Double])
        x.requiresGradient = true
        #expect(!noGradient { x * 2 }.requiresGradient)
        #expect((x * 2).requiresGradient)
        #expect(!(x * 2).detached().requiresGradient)
    }

    @Test func autocastComputesInBfloat16() {
        let matrix = Tensor.ones([4, 4])
        #expect(autocast { matrix.matmul(matrix) }.dtype == .bfloat16)
        #expect(autocast { autocast { matrix }.matmul(matrix) }.dtype == .bfloat16)
        #expect(matrix.matmul(matrix).dtype == .float32)
    }

    /// In a process of its own: the generator is one for all, and other tests draw from it.
    @Test func seedsRepeatAndStatesResume() async {
        await #expect(processExitsWith: .success) {
            Torch.setSeed(7)
            let first = Tensor.randomNormal([5]).values()
            let state = Torch.randomState
            let second = Tensor.random([5]).values()
            Torch.randomState = state
            #expect(Tensor.random([5]).values() == second)
            Torch.setSeed(7)
            #expect(Tensor.randomNormal([5]).values() == first)
        }
    }
}
