/// Why no score can be computed from what was given.
public struct MetricsError: Error, Sendable, CustomStringConvertible {
    /// One line: what is wrong, and where.
    public let description: String

    package init(_ description: String) {
        self.description = description
    }
}
