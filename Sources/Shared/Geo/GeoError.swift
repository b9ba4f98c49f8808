/// A value of `Geo` that would make no sense; says which one and why, in one line.
public struct GeoError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, and with which numbers.
    public let description: String

    /// Makes an error out of one line of text.
    public init(_ description: String) {
        self.description = description
    }
}
