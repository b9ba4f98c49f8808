import Foundation
import MatterModel
import Tensors

/// Our side of the torch-step benchmark: the peer's ResNet-34 training step through `Tensors`.
///
/// Usage: `bench-torch-step fp32|bf16 THREADS WARMUP STEPS`; prints the seconds of each step, then the last loss.
@main struct TorchStep {
    private let trunk = ResNet(.resnet34, stem: .torchvision, channels: 13)
    private let classifier = Linear(512, 19)
    private let optimizer: SGD
    private let images = Tensor.randomNormal([32, 13, 96, 96])
    private let labels = (Tensor.random([32]) * 19).to(.int64)

    private init() {
        optimizer = SGD(
            trunk.namedParameters + classifier.namedParameters, learningRate: 0.01, momentum: 0.9,
            weightDecay: 1e-4)
    }

    private func loss() -> Tensor {
        classifier(trunk(images).mean([2, 3])).crossEntropy(labels)
    }

    private func step(inBfloat16: Bool) -> Float {
        let loss = inBfloat16 ? autocast { self.loss() } : self.loss()
        optimizer.zeroGradients()
        loss.backward()
        optimizer.step()
        return loss.item()
    }

    static func main() {
        let words = CommandLine.arguments
        let numbers = words.dropFirst(2).compactMap { Int($0) }
        guard words.count == 5, ["fp32", "bf16"].contains(words[1]), numbers.count == 3 else {
            FileHandle.standardError.write(
                Data("usage: \(words[0]) fp32|bf16 THREADS WARMUP STEPS\n".utf8))
            exit(64)
        }
        Torch.setThreads(numbers[0])
        Torch.retainFreedMemory()
        Torch.setSeed(1)
        let training = TorchStep()
        var loss: Float = 0
        for index in 0..<numbers[1] + numbers[2] {
            let time = ContinuousClock().measure {
                loss = training.step(inBfloat16: words[1] == "bf16")
            }
            if index >= numbers[1] { print(time / .seconds(1)) }
        }
        print("loss", loss)
    }
}
