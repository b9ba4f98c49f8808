extension Recipe {
    /// The convolutional network.
    public struct Encoder: RecipeSection {
        /// Which ResNet.
        public var backbone: ResNet.Depth
        /// How the network begins.
        public var stem: ResNet.Stem
        /// Channels of the map that is refined.
        public var preChannels: Int
        /// The stride of each stage; as many stages as strides, at most four.
        public var strides: [Int]
        /// Dilations of an `ASPP` between the network and the mean over the patch; without any, a linear projection of the mean.
        public var aspp: [Int]
        /// Length of a patch's feature vector.
        public var features: Int

        static let example = Encoder(
            backbone: .resnet18, stem: .method, preChannels: 8, strides: [2], aspp: [],
            features: 8)

        static let choices = [
            Choice("backbone", of: ResNet.Depth.self),
            Choice("stem", of: ResNet.Stem.self),
        ]

        var rules: [RecipeRule] {
            [
                rule("preChannels", (1...4096).contains(preChannels), "must be 1…4096"),
                rule(
                    "strides",
                    (1...4).contains(strides.count) && strides.allSatisfy { (1...4).contains($0) },
                    "must hold one to four strides of 1…4"),
                rule(
                    "aspp", aspp.allSatisfy { (1...256).contains($0) },
                    "must hold dilations of 1…256, or nothing"),
                rule("features", (1...65536).contains(features), "must be 1…65536"),
            ]
        }
    }
}
