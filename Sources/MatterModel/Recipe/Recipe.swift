public import Geo

/// Everything that is chosen about a pretraining run, read from a TOML file in which each value says where it comes from.
public struct Recipe: Codable, Hashable, Sendable {
    /// Which pixels are shown, and how.
    public struct Data: Codable, Hashable, Sendable {
        /// Where means and deviations come from.
        public enum Standardisation: String, Codable, Hashable, Sendable, CaseIterable {
            /// One mean and deviation a band, over all tiles of the store.
            case store
            /// One mean and deviation a band, of each image by itself.
            case image
        }

        /// Bands in the order of the channels.
        public var bands: [String]
        /// Where means and deviations come from.
        public var standardise: Standardisation
        /// Side of a crop in pixels.
        public var crop: Int
        /// Crops a step, each at two dates.
        public var batch: Int
        /// The least part of a crop that is clear on both dates, 0…1.
        public var minimumValidFraction: Double
        /// Whether crops are flipped and turned by quarters, both dates alike.
        public var augment: Bool
    }

    /// The patches that are compared.
    public struct Patches: Codable, Hashable, Sendable {
        /// Side of a patch in pixels, odd.
        public var window: Int
        /// Patches a crop.
        public var perImage: Int
    }

    /// The texture refinement network.
    public struct Refinement: Codable, Hashable, Sendable {
        /// How a neighbour's weight follows from the guide.
        public var kernel: TextureRefinement.Kernel
        /// The dilations of each layer.
        public var layers: [[Int]]
        /// Side of the neighbourhood before dilation, odd.
        public var kernelSize: Int
        /// Whether a pixel is among its own neighbours.
        public var centre: Bool
        /// How often each layer is applied with the same weights; 0 for no refinement.
        public var iterations: Int
    }

    /// The convolutional network.
    public struct Encoder: Codable, Hashable, Sendable {
        /// Which ResNet.
        public var backbone: ResNet.Depth
        /// How the network begins.
        public var stem: ResNet.Stem
        /// Channels of the map that is refined.
        public var preChannels: Int
        /// The stride of each stage; as many stages as strides, at most four.
        public var strides: [Int]
        /// Length of a patch's feature vector.
        public var features: Int
    }

    /// The surface residual encoder.
    public struct Encoding: Codable, Hashable, Sendable {
        /// Learned centres.
        public var clusters: Int
        /// Whether features are residuals to the centres (false: the projection itself).
        public var enabled: Bool
    }

    /// What is minimised.
    public struct Loss: Codable, Hashable, Sendable {
        /// The loss's form.
        public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
            /// −log of the positive's share among all candidates.
            case infoNCE
        }

        /// The loss's form.
        public var kind: Kind
        /// What similarities are divided by.
        public var temperature: Double
        /// Whether features are scaled to unit length first.
        public var normalise: Bool
        /// Which patches of the batch are an anchor's negatives.
        public var negatives: Negatives
    }

    /// How the weights move.
    public struct Optimiser: Codable, Hashable, Sendable {
        /// The rule.
        public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
            /// Stochastic gradient descent with momentum.
            case sgd
            /// Adam with decoupled weight decay.
            case adamw
        }

        /// The rule.
        public var kind: Kind
        /// The highest learning rate, after warm-up.
        public var learningRate: Double
        /// Momentum of SGD, first beta of AdamW.
        public var momentum: Double
        /// Weight decay.
        public var weightDecay: Double
        /// Steps of linear warm-up; a cosine to zero follows.
        public var warmUp: Int
    }

    /// How long, and what is kept.
    public struct Run: Codable, Hashable, Sendable {
        /// Optimiser steps.
        public var steps: Int
        /// Steps between snapshots of the encoder.
        public var snapshotEvery: Int
        /// Steps between checkpoints.
        public var checkpointEvery: Int
    }

    /// The recipe's name.
    public var name: String
    /// Which pixels are shown, and how.
    public var data: Data
    /// The patches that are compared.
    public var patches: Patches
    /// The texture refinement network.
    public var tern: Refinement
    /// The convolutional network.
    public var encoder: Encoder
    /// The surface residual encoder.
    public var encoding: Encoding
    /// What is minimised.
    public var loss: Loss
    /// How the weights move.
    public var optimiser: Optimiser
    /// How long, and what is kept.
    public var run: Run
}

extension Recipe {
    /// A small recipe whose keys and kinds of values are those of every recipe; tests train it.
    package static let example = Recipe(
        name: "example",
        data: .init(
            bands: ["B02", "B03", "B04"], standardise: .store, crop: 16, batch: 4,
            minimumValidFraction: 0.5, augment: true),
        patches: .init(window: 5, perImage: 4),
        tern: .init(kernel: .pamr, layers: [[1, 2]], kernelSize: 3, centre: false, iterations: 1),
        encoder: .init(
            backbone: .resnet18, stem: .method, preChannels: 8, strides: [2], features: 8),
        encoding: .init(clusters: 4, enabled: true),
        loss: .init(kind: .infoNCE, temperature: 0.5, normalise: true, negatives: .places),
        optimiser: .init(
            kind: .adamw, learningRate: 0.01, momentum: 0.9, weightDecay: 0.0001, warmUp: 2),
        run: .init(steps: 6, snapshotEvery: 3, checkpointEvery: 2))

    /// What cannot work, as (key, reason), or nil.
    var problem: (key: String, reason: String)? {
        let checks: [(String, Bool, String)] = [
            (
                "data.bands", bands?.count == data.bands.count && !data.bands.isEmpty,
                "must name distinct bands of Sentinel-2, as in [\"B02\", \"B8A\"]"
            ),
            ("data.crop", (8...4096).contains(data.crop), "must be 8…4096"),
            ("data.batch", (1...4096).contains(data.batch), "must be 1…4096"),
            (
                "data.minimumValidFraction", (0...1).contains(data.minimumValidFraction),
                "must be 0…1"
            ),
            (
                "patches.window", isOdd(patches.window) && patches.window <= data.crop,
                "must be odd and no larger than data.crop"
            ),
            ("patches.perImage", (1...65536).contains(patches.perImage), "must be 1…65536"),
            (
                "tern.layers",
                !tern.layers.isEmpty
                    && tern.layers.allSatisfy { layer in
                        !layer.isEmpty && layer.allSatisfy { (1...256).contains($0) }
                    }, "must hold lists of dilations 1…256, as in [[1, 2, 4]]"
            ),
            (
                "tern.kernelSize", isOdd(tern.kernelSize) && (3...15).contains(tern.kernelSize),
                "must be odd, 3…15"
            ),
            ("tern.iterations", (0...1000).contains(tern.iterations), "must be 0…1000"),
            ("encoder.preChannels", (1...4096).contains(encoder.preChannels), "must be 1…4096"),
            (
                "encoder.strides",
                (1...4).contains(encoder.strides.count)
                    && encoder.strides.allSatisfy { (1...4).contains($0) },
                "must hold one to four strides of 1…4"
            ),
            ("encoder.features", (1...65536).contains(encoder.features), "must be 1…65536"),
            ("encoding.clusters", (1...65536).contains(encoding.clusters), "must be 1…65536"),
            ("loss.temperature", loss.temperature > 0, "must be positive"),
            ("optimiser.learningRate", optimiser.learningRate > 0, "must be positive"),
            ("optimiser.momentum", (0..<1).contains(optimiser.momentum), "must be 0…1, without 1"),
            ("optimiser.weightDecay", optimiser.weightDecay >= 0, "must not be negative"),
            ("optimiser.warmUp", optimiser.warmUp >= 0, "must not be negative"),
            ("run.steps", (1...1_000_000_000).contains(run.steps), "must be positive"),
            ("run.snapshotEvery", run.snapshotEvery > 0, "must be positive"),
            ("run.checkpointEvery", run.checkpointEvery > 0, "must be positive"),
        ]
        return checks.first { !$0.1 }.map { ($0.0, $0.2) }
    }

    /// The bands as values; nil if a name is none or is there twice.
    public var bands: [Sentinel2Band]? {
        let found = data.bands.compactMap(Sentinel2Band.init(name:))
        return found.count == data.bands.count && Set(found).count == found.count ? found : nil
    }
}

private func isOdd(_ value: Int) -> Bool { value > 0 && value % 2 == 1 }
