import Store

/// What a plane's pixels are like, over the samples of a data set.
public struct PlaneStatistics: Codable, Sendable, Hashable {
    /// A quantile: the value below which a share of the pixels lies.
    public struct Quantile: Codable, Sendable, Hashable {
        /// The share, 0…1.
        public let share: Double
        /// The value, interpolated linearly between the two nearest in order.
        public let value: Double
    }

    /// How often values occur between equally spaced limits.
    public struct Histogram: Codable, Sendable, Hashable {
        /// The least value of the first class and the greatest of the last.
        public let from: Double, to: Double
        /// Pixels of each class; a class takes its lower limit, the last one both.
        public let counts: [Int]
    }

    /// The plane's name.
    public let name: String
    /// The pixels' type.
    public let pixel: String
    /// Pixels that the statistics are of.
    public let pixels: Int
    /// Pixels left out because their value means "no data", and the value.
    public let noData: Int, noDataValue: Int?
    /// Pixels left out because they are NaN or infinite.
    public let notFinite: Int
    /// The mean; exact for whole numbers up to rounding.
    public let mean: Double?
    /// The standard deviation of the pixels themselves (÷ n).
    public let deviation: Double?
    /// The least and the greatest value.
    public let minimum: Double?, maximum: Double?
    /// Quantiles in ascending order.
    public let quantiles: [Quantile]
    /// How often values occur.
    public let histogram: Histogram?
    /// Of a mask, how often each code occurs; means say nothing of codes.
    public let codes: [String: Int]?

    /// The quantiles that are told.
    public static let shares = [0.01, 0.02, 0.05, 0.25, 0.5, 0.75, 0.95, 0.98, 0.99]
    /// Classes of a histogram.
    public static let classes = 64

    /// The statistics of what was counted.
    ///
    /// - Parameters:
    ///   - name: the plane's name.
    ///   - counts: its pixels, counted.
    ///   - moments: the mean and the deviation where the counts are too coarse for them, of float planes.
    init(name: String, counts: PlaneCounts, moments: Moments? = nil) {
        self.name = name
        pixel = counts.pixel.rawValue
        (noData, noDataValue, notFinite) = (counts.noData, counts.noDataValue, counts.notFinite)
        let values = counts.values
        pixels = values.reduce(0) { $0 + $1.count }
        let moments = moments ?? Moments(values)
        // What is no whole number is no code, whatever its name.
        let isCodes = SamplePlane.holdsCodes(name) && counts.pixel != .float32
        mean = isCodes || pixels == 0 ? nil : moments.mean
        deviation = isCodes || pixels == 0 ? nil : moments.deviation
        (minimum, maximum) = (counts.range?.lowerBound, counts.range?.upperBound)
        quantiles = isCodes ? [] : Self.quantiles(of: values, pixels)
        histogram = isCodes ? nil : Histogram(values, counts.range)
        codes =
            isCodes
            ? Dictionary(uniqueKeysWithValues: values.map { (String(Int($0.value)), $0.count) })
            : nil
    }

    private static func quantiles(
        of values: [(value: Double, count: Int)], _ pixels: Int
    ) -> [Quantile] {
        guard pixels > 0 else { return [] }
        return shares.map { share in
            let place = Double(pixels - 1) * share
            let lower = value(at: Int(place), of: values)
            let upper = value(at: min(Int(place) + 1, pixels - 1), of: values)
            return Quantile(
                share: share, value: lower + (upper - lower) * (place - place.rounded(.down)))
        }
    }

    /// The value at a place of all pixels in ascending order.
    private static func value(at place: Int, of values: [(value: Double, count: Int)]) -> Double {
        var before = 0
        for entry in values {
            before += entry.count
            if place < before { return entry.value }
        }
        return values.last?.value ?? .nan
    }
}

extension PlaneStatistics.Histogram {
    fileprivate init?(_ values: [(value: Double, count: Int)], _ range: ClosedRange<Double>?) {
        guard let range else { return nil }
        (from, to) = (range.lowerBound, range.upperBound)
        let width = (to - from) / Double(PlaneStatistics.classes)
        var counts = [Int](repeating: 0, count: PlaneStatistics.classes)
        for entry in values {
            let place = width > 0 ? Int((entry.value - from) / width) : 0
            counts[min(max(place, 0), counts.count - 1)] += entry.count
        }
        self.counts = counts
    }
}

/// The sums that a mean and a standard deviation follow from.
///
/// Two are put together by the updating formula of Chan, Golub and LeVeque (1979, "Updating formulae and a pairwise
/// algorithm for computing sample variances"): nothing large is taken from something large.
struct Moments: Sendable {
    private(set) var count = 0
    private(set) var mean = 0.0
    private var squares = 0.0

    /// Of nothing.
    init() {}

    /// Of values that occur several times each.
    init(_ values: [(value: Double, count: Int)]) {
        count = values.reduce(0) { $0 + $1.count }
        guard count > 0 else { return }
        let sum = values.reduce(0) { $0 + $1.value * Double($1.count) }
        let mean = sum / Double(count)
        self.mean = mean
        squares = values.reduce(0) { sum, entry in
            sum + Double(entry.count) * (entry.value - mean) * (entry.value - mean)
        }
    }

    /// Of the finite numbers of a float plane that do not mean "no data".
    init(_ plane: SamplePlane, without noData: Int?) {
        let skipped = noData.flatMap(Float.init(exactly:))
        let values = UnsafeRawBufferPointer(plane.bytes)
        let total = values.count / 4
        let each = { (body: (Double) -> Void) in
            for index in 0..<total {
                let value = values.loadUnaligned(fromByteOffset: index * 4, as: Float.self)
                if value.isFinite, value != skipped { body(Double(value)) }
            }
        }
        var (count, sum, squares) = (0, 0.0, 0.0)
        each {
            count += 1
            sum += $0
        }
        guard count > 0 else { return }
        let mean = sum / Double(count)
        each { squares += ($0 - mean) * ($0 - mean) }
        (self.count, self.mean, self.squares) = (count, mean, squares)
    }

    /// The standard deviation, ÷ n.
    var deviation: Double { count == 0 ? 0 : (squares / Double(count)).squareRoot() }

    mutating func add(_ other: Moments) {
        guard other.count > 0 else { return }
        let all = Double(count + other.count)
        let step = other.mean - mean
        squares += other.squares + step * step * Double(count) * Double(other.count) / all
        mean += step * Double(other.count) / all
        count += other.count
    }
}
