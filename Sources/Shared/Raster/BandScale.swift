/// What a file says of a band's numbers: measured = number × scale + offset.
public struct BandScale: Hashable, Sendable, Codable {
    /// What a number is multiplied with; 1 where only an offset is said.
    public let scale: Double
    /// What is added then; 0 where only a scale is said.
    public let offset: Double

    /// A scale and an offset.
    public init(scale: Double, offset: Double) {
        self.scale = scale
        self.offset = offset
    }
}
