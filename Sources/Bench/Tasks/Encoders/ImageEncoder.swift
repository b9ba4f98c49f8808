package import MatterModel
package import Tensors

/// A network that makes maps of images: what heads of tasks stand on.
package protocol ImageEncoder: Module {
    /// Channels of the maps, finest first: of the stem, then of each stage.
    var mapChannels: [Int] { get }
    /// Length of an image's vector.
    ///
    /// - Parameter features: which vector.
    /// - Returns: the number of features.
    func vectorLength(_ features: TaskEncoder.Features) -> Int
    /// The maps of images, finest first.
    ///
    /// - Parameter images: (batch, bands, height, width), standardised.
    /// - Returns: for each of `mapChannels` a map (batch, channels, height', width').
    func maps(_ images: Tensor) -> [Tensor]
    /// One vector an image: (batch, bands, height, width) → (batch, `vectorLength`).
    func vectors(_ images: Tensor, _ features: TaskEncoder.Features) -> Tensor
    /// Which stage a parameter belongs to, the stem being 0; for rates that differ by layer.
    func stage(of parameter: String) -> Int
}

/// By torchvision's names: "layer3.0.conv1.weight" is of stage 3; all else is of the stem.
private func stageOfResNet(_ parameter: String) -> Int {
    guard parameter.hasPrefix("layer") else { return 0 }
    return parameter.dropFirst("layer".count).first?.wholeNumberValue ?? 0
}

/// A residual network as it is.
package final class ResNetEncoder: ImageEncoder {
    private let network: ResNet

    /// Takes a network.
    package init(_ network: ResNet) {
        self.network = network
    }

    /// torchvision's names.
    package var children: [(String, any Module)] { network.children }
    /// 64, then those of the stages.
    package var mapChannels: [Int] { [64] + network.stageChannels }
    /// By torchvision's names.
    package func stage(of parameter: String) -> Int { stageOfResNet(parameter) }
    /// The channels of the last stage.
    package func vectorLength(_ features: TaskEncoder.Features) -> Int { network.outputChannels }

    /// The stem's map and those of the stages.
    package func maps(_ images: Tensor) -> [Tensor] {
        let stem = network.stemOutput(images)
        return [stem] + network.stageOutputs(afterStem: stem)
    }

    /// The mean of the last stage's map.
    package func vectors(_ images: Tensor, _ features: TaskEncoder.Features) -> Tensor {
        network(images).mean([2, 3])
    }
}

/// MATTER's encoder over whole images.
///
/// It was trained on patches around places. Here, which is ours as no source says it, the same layers run over the whole image as
/// a fully convolutional network: the first convolution, texture refinement guided by the image, the refined map and the
/// image into the residual network. `residual` vectors treat an image as one large patch.
package final class MatterImageEncoder: ImageEncoder {
    private let model: MatterEncoder
    private let features: Int

    /// Takes an encoder whose vectors have a length.
    package init(_ model: MatterEncoder, features: Int) {
        (self.model, self.features) = (model, features)
    }

    /// The names of `matter-model pretrain`.
    package var children: [(String, any Module)] { model.children }
    /// 64, then those of the stages.
    package var mapChannels: [Int] { [64] + model.trunk.stageChannels }

    /// The channels of the last stage, or the encoder's features.
    package func vectorLength(_ features: TaskEncoder.Features) -> Int {
        features == .pooled ? model.trunk.outputChannels : self.features
    }

    /// As of the trunk; what follows it is of the last stage.
    package func stage(of parameter: String) -> Int {
        if ["aspp.", "project.", "encoding."].contains(where: parameter.hasPrefix) {
            return model.trunk.stageChannels.count
        }
        return stageOfResNet(parameter)
    }

    /// The stem's map and those of the stages, after refinement.
    package func maps(_ images: Tensor) -> [Tensor] {
        let stem = model.trunk.stemOutput(model.refinedWithImage(images))
        return [stem] + model.trunk.stageOutputs(afterStem: stem)
    }

    /// The mean of the last stage's map, or the residual vector that it makes.
    package func vectors(_ images: Tensor, _ features: TaskEncoder.Features) -> Tensor {
        let map = model.trunk(model.refinedWithImage(images))
        return features == .pooled ? map.mean([2, 3]) : model.features(ofMaps: map)
    }
}
