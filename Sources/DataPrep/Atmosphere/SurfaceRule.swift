/// What becomes of scenes that hold reflectance at the top of the atmosphere (L1C).
public enum SurfaceRule: String, Hashable, Sendable, Codable, CaseIterable {
    /// Numbers stay as they were delivered; a region that mixes both kinds of reflectance is refused.
    case delivered
    /// Sen2Cor where it is installed, else `darkObject`; decided before a run starts, and recorded as decided.
    case auto
    /// ESA's processor makes an L2A product of each L1C scene.
    case sen2cor
    /// Our own correction: the air's reflectance by angles and wavelength, then the haze by a dark object.
    case darkObject = "dark-object"
}

extension PrepSettings {
    /// The same with `auto` decided, so that a record says what was done.
    ///
    /// - Throws: `PrepError` (`unavailable`) where Sen2Cor is asked for and not installed.
    func decided(with sen2cor: Sen2Cor?) throws -> PrepSettings {
        var settings = self
        if surfaceReflectance == .auto {
            settings.surfaceReflectance = sen2cor == nil ? .darkObject : .sen2cor
        }
        if settings.surfaceReflectance == .sen2cor, sen2cor == nil { throw SurfaceStep.isMissing }
        return settings
    }
}

extension Scene {
    /// What the reflectance of an uncorrected scene is: "L2A", "none" (top of the atmosphere), or nil where nobody knows.
    var deliveredReflectance: String? { isSurfaceReflectance.map { $0 ? "L2A" : "none" } }
}
