import Geo
public import Tensors

/// MATTER's encoder (Akiva, Purri and Leotta, 2022): from the pixels around a place to a vector of its material and texture.
///
/// A 3×3 convolution over the whole image makes a map; TeRN refines it, guided by the image; patches are gathered from the refined
/// map and from the image at the same pixels, edges repeated; a ResNet reads them; its output, averaged over the patch, is projected
/// and expressed as a residual to learned centres. Averaging comes before the encoding, as the paper speaks of one
/// vector a patch, unless the recipe has each position encoded (`encoding.of`), as Deep-TEN does: then the residuals
/// are averaged.
/// An `ASPP` may take the projection's place; it stands before the average, where its dilations see a map. (In the official code the
/// average comes first, and all its branches see one pixel.)
public final class MatterEncoder: Module {
    let preConvolution: Conv2d
    let preNorm: BatchNorm2d
    let refinement: TextureRefinement
    package let trunk: ResNet
    let context: ASPP?
    let projection: Linear?
    let encoding: SurfaceEncoding?
    private let isOfPositions: Bool

    /// Builds the encoder of a recipe.
    public init(_ recipe: Recipe) {
        let bands = recipe.data.bands.count
        let channels = recipe.encoder.preChannels
        preConvolution = Conv2d(bands, channels, kernelSize: 3, padding: 1, bias: false)
        preNorm = BatchNorm2d(channels)
        refinement = TextureRefinement(recipe.tern)
        trunk = ResNet(
            recipe.encoder.backbone, stem: recipe.encoder.stem, channels: channels + bands,
            strides: recipe.encoder.strides)
        let dilations = recipe.encoder.aspp
        context =
            dilations.isEmpty
            ? nil : ASPP(trunk.outputChannels, recipe.encoder.features, dilations: dilations)
        projection =
            context == nil ? Linear(trunk.outputChannels, recipe.encoder.features) : nil
        encoding =
            recipe.encoding.enabled
            ? SurfaceEncoding(
                channels: recipe.encoder.features, clusters: recipe.encoding.clusters) : nil
        isOfPositions = recipe.encoding.isOfPositions
    }

    /// The layers by name; those of the trunk stand at the top, with torchvision's names.
    public var children: [(String, any Module)] {
        [("pre_conv", preConvolution), ("pre_bn", preNorm)] + trunk.children
            + (context.map { [("aspp", $0)] } ?? [])
            + (projection.map { [("project", $0)] } ?? [])
            + (encoding.map { [("encoding", $0)] } ?? [])
    }

    /// Feature vectors of patches.
    ///
    /// - Parameters:
    ///   - images: (batch, bands, height, width), standardised.
    ///   - positions: int64 (patches, 3): image, row and column of each centre.
    ///   - window: side of a patch, odd.
    /// - Returns: (patches, features).
    public func callAsFunction(_ images: Tensor, at positions: Tensor, window: Int) -> Tensor {
        features(ofPatches: refinedWithImage(images).patches(at: positions, window: window))
    }

    /// The refined map: (batch, channels, height, width).
    package func refined(_ images: Tensor) -> Tensor {
        refinement(preNorm(preConvolution(images)).relu(), guide: images)
    }

    /// The refined map and the images behind it: (batch, channels + bands, height, width).
    package func refinedWithImage(_ images: Tensor) -> Tensor {
        let map = refined(images)
        // Pixel by pixel, as patches are gathered.
        return Tensor.cat(
            [map.channelsLast(), images.to(map.dtype).channelsLast()], dimension: 1)
    }

    /// Feature vectors of patches, with convolutions computed in some precision.
    ///
    /// What comes behind them is computed in float32: the encoding takes differences of large numbers.
    ///
    /// - Parameters:
    ///   - images: as for `callAsFunction(_:at:window:)`.
    ///   - positions: as there.
    ///   - window: as there.
    ///   - precise: runs convolutions in their precision, as `autocast` does.
    /// - Returns: float32 (patches, features).
    package func features(
        _ images: Tensor, at positions: Tensor, window: Int,
        convolving precise: (() -> Tensor) -> Tensor
    ) -> Tensor {
        let maps = precise {
            self.maps(ofPatches: refinedWithImage(images).patches(at: positions, window: window))
        }
        return features(ofContext: maps.to(.float32))
    }

    /// Feature vectors of gathered patches: (patches, channels + bands, window, window) → (patches, features).
    func features(ofPatches patches: Tensor) -> Tensor {
        features(ofMaps: trunk(patches))
    }

    /// Feature vectors of the trunk's maps of patches: their mean, projected, as a residual to the centres.
    package func features(ofMaps map: Tensor) -> Tensor {
        features(ofContext: context?(map) ?? map)
    }

    /// The last maps of gathered patches: those of the `ASPP`, or else the trunk's.
    func maps(ofPatches patches: Tensor) -> Tensor {
        let map = trunk(patches)
        return context?(map) ?? map
    }

    /// Feature vectors of the last maps.
    func features(ofContext map: Tensor) -> Tensor {
        let vectors = vectors(ofContext: map)
        let features = encoding.map { $0(vectors.to(.float32)) } ?? vectors
        return isOfPositions ? features.mean([1]) : features
    }

    /// What the encoding expresses as residuals, projected: (patches, channels) of the mean of the last maps, or
    /// (patches, positions, channels) of each position.
    private func vectors(ofContext map: Tensor) -> Tensor {
        let pooled =
            isOfPositions
            ? map.reshaped([map.size(0), map.size(1), -1]).transposed(1, 2) : map.mean([2, 3])
        return projection?(pooled) ?? pooled
    }

    /// What each layer gives on the way to the features, in order: for whoever looks where a number was lost.
    func outputs(_ images: Tensor, at positions: Tensor, window: Int) -> [(String, Tensor)] {
        let convolved = preConvolution(images)
        let normed = preNorm(convolved).relu()
        let refined = refinement(normed, guide: images)
        let both = Tensor.cat([refined.channelsLast(), images.channelsLast()], dimension: 1)
        let stem = trunk.stemOutput(both.patches(at: positions, window: window))
        let stages = trunk.stageOutputs(afterStem: stem)
        let last = stages[stages.count - 1]
        let seen = context?(last) ?? last
        let vectors = vectors(ofContext: seen)
        return [("pre_conv", convolved), ("pre_bn", normed), ("TeRN", refined), ("bn1", stem)]
            + stages.enumerated().map { ("layer\($0.offset + 1)", $0.element) }
            + (context == nil ? [] : [("aspp", seen)])
            + (projection == nil ? [] : [("project", vectors)])
            + (encoding.map { [("encoding", $0(vectors))] } ?? [])
    }
}
