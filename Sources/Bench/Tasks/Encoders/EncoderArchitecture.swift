import MatterModel
import Tensors

/// What an encoder is built like: enough to build it again without its file.
struct EncoderArchitecture: Codable, Hashable, Sendable {
    /// Of MATTER's encoder, all of its recipe; nil for a residual network.
    var recipe: Recipe?
    /// Which residual network.
    var depth = ResNet.Depth.resnet18
    /// How it begins.
    var stem = ResNet.Stem.torchvision
    /// Bands that it reads.
    var channels = 3
    /// The stride of each stage.
    var strides = [1, 2, 2, 2]

    /// "matter", or the residual network's name.
    var name: String { recipe == nil ? depth.rawValue : "matter" }

    /// The network with weights that mean nothing yet.
    func network() -> any ImageEncoder {
        guard let recipe else {
            return ResNetEncoder(ResNet(depth, stem: stem, channels: channels, strides: strides))
        }
        return MatterImageEncoder(MatterEncoder(recipe), features: recipe.encoder.features)
    }
}
