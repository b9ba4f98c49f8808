/// What becomes of heights that say what they count from.
public enum GeoidRule: Sendable, Hashable {
    /// They are taken as the offset says.
    case ignored
    /// They are brought onto the ellipsoid from where they count; those that do not say are taken as the offset says.
    case ifStated
    /// They are brought onto the ellipsoid from where they count; those that do not say are refused.
    case stated
}
