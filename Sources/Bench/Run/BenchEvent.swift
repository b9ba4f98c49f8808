/// What a run tells of itself while it works.
public enum BenchEvent: Sendable, Hashable {
    /// The data set is checked; so many cities times methods and snapshots lie ahead.
    case started(steps: Int)
    /// A date of a city holds no data at all; its pixels are scored all the same.
    case emptyDate(city: String)
    /// A method has scored a city, or what it said before was whole and is kept.
    case scored(method: String, city: String, isKept: Bool)
    /// A snapshot has been scored on all the curve's cities.
    case snapshot(step: Int, f1: Double?)
}

/// The caller asked to stop; what is on disk is whole.
struct StopRequest: Error {}
