import Foundation
import Tensors
import Testing

@Suite(.serialized) struct LeakTests {
    /// Kilobytes of memory that this process holds.
    private func residentKilobytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        return (Int(text.split(separator: " ")[1]) ?? 0) * 4
    }

    /// Runs alone in a process of its own, so that other tests' tensors are not counted.
    @Test func tenThousandStepsKeepNothing() async {
        await #expect(processExitsWith: .success) {
            Torch.setThreads(1)
            let model = Sequential([Conv2d(2, 4, kernelSize: 3), BatchNorm2d(4), ReLU()])
            let optimizer = SGD(model.namedParameters, learningRate: 0.01, momentum: 0.9)
            let input = Tensor.random([2, 2, 6, 6])
            func steps(_ count: Int) {
                for step in 0..<count {
                    optimizer.zeroGradients()
                    model(input).square().mean().backward()
                    optimizer.step()
                    guard step % 100 == 0 else { continue }
                    _ = try? Torch.attempt { input.matmul(Tensor.zeros([3, 3])) }
                }
            }
            steps(1_000)
            let handles = Torch.liveHandles
            let memory = try LeakTests().residentKilobytes()
            steps(10_000)
            let grown = try LeakTests().residentKilobytes() - memory
            #expect(Torch.liveHandles == handles)
            #expect(grown < 2_048, "grew by \(grown) KB")
        }
    }
}
