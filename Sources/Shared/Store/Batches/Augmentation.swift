/// What is changed at random in each sample, anew in every epoch; nothing of it where all is as it begins.
///
/// Turns hold for all images and masks of a sample alike. Colour and spectrum hold for one image at a time, so that the two
/// dates of a pair differ, unless `isShared`. All of them are affine in a pixel and cost no time of their own:
/// x becomes mean + contrast · gain · (x − mean) + brightness · deviation.
public struct Augmentation: Sendable, Hashable, Codable {
    /// Mirrored along columns and along rows, each in half of the cases.
    public var flips = false
    /// Turned by 0, 90, 180 or 270°; crops must be square.
    public var turns = false
    /// Added to all bands: up to this many deviations, up or down.
    public var brightness: Float = 0
    /// All bands times 1 ± up to this.
    public var contrast: Float = 0
    /// Each band times 1 ± up to this, drawn for itself.
    public var gain: Float = 0
    /// Share of bands that are left out: 0 everywhere after normalising; of an image one band stays at least.
    public var dropout: Float = 0
    /// Whether all images of a sample have the same colours and lack the same bands (by their place).
    public var isShared = false

    /// No augmentation.
    public init() {}

    func check(isSquare: Bool?) throws {
        for (name, value) in [
            ("brightness", brightness), ("contrast", contrast), ("gain", gain),
            ("dropout", dropout),
        ] where !(value >= 0 && value < (name == "brightness" ? .infinity : 1)) {
            throw BatchError(
                .configuration,
                "augmentation \(name) \(value); expected at least 0\(name == "brightness" ? "" : " and below 1")"
            )
        }
        guard !turns || isSquare != false else {
            throw BatchError(.configuration, "quarter turns need square crops")
        }
    }

    /// Whether pixels change beside their place.
    var changesColour: Bool { brightness > 0 || contrast > 0 || gain > 0 || dropout > 0 }
}
