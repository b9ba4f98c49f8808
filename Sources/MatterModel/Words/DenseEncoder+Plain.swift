import Tensors

extension DenseEncoder {
    /// A trained encoder whose texture refinement and residual encoder are left out, though its weights were trained with them.
    /// - Throws: as `init(encoderFile:device:)`.
    init(plainEncoderFile path: String, device: Device) throws {
        let file = try EncoderFile(path: path)
        try device.require()
        var recipe = file.recipe
        recipe.tern.iterations = 0
        recipe.encoding.enabled = false
        let model = MatterEncoder(recipe)
        do {
            try model.load(file.weights.filter { !$0.key.hasPrefix("encoding.") })
        } catch {
            throw TrainingError.badEncoder(path: path, reason: "\(error)")
        }
        try Torch.attempt { model.move(to: device) }
        self.init(
            model: model, recipe: recipe, statistics: file.statistics, step: file.step,
            device: device)
    }
}
