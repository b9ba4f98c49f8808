public import Store

/// How often each value occurs in a plane, over many samples: what every statistic of it follows from.
///
/// Whole numbers are counted one by one, so that means, deviations and quantiles of them are exact. Floating-point numbers are
/// counted in 2²⁰ classes of equal sign, exponent and first 11 bits after the point: quantiles hold to 1 part in 2,048.
/// Adding is commutative: neither threads nor the order of samples change a count.
public struct PlaneCounts: Sendable {
    /// What a pixel is.
    public let pixel: SamplePlane.Pixel
    /// How often each class of values occurs, in ascending order of values.
    private(set) var counts: [Int]
    /// The value that means "no data", if one does: its pixels are counted apart.
    public let noDataValue: Int?
    /// Pixels of that value.
    public private(set) var noData = 0
    /// Pixels that are NaN or infinite.
    public private(set) var notFinite = 0
    /// The least and the greatest number of a float plane; the others' follow from their counts.
    private var extremes: (least: Float, greatest: Float) = (.infinity, -.infinity)

    /// Nothing counted yet of planes in which a value may mean "no data".
    public init(_ pixel: SamplePlane.Pixel, noDataValue: Int? = nil) {
        (self.pixel, self.noDataValue) = (pixel, noDataValue)
        let classes =
            switch pixel {
            case .uint8: 1 << 8
            case .uint16, .int16: 1 << 16
            case .float32: 1 << 20
            }
        counts = [Int](repeating: 0, count: classes)
    }

    /// Counts all pixels of a plane of the same type.
    public mutating func add(_ plane: SamplePlane) {
        precondition(plane.pixel == pixel, "\(plane.name) is \(plane.pixel), not \(pixel)")
        // A class of floats holds many values: those of "no data" must not come into it.
        let skipped = noDataValue.flatMap(Float.init(exactly:))
        counts.withUnsafeMutableBufferPointer { counts in
            switch pixel {
            case .uint8: for value in plane.bytes { counts[Int(value)] &+= 1 }
            case .uint16: Self.count(plane.bytes, as: UInt16.self) { counts[Int($0)] &+= 1 }
            case .int16:
                Self.count(plane.bytes, as: Int16.self) { counts[Int($0) + 1 << 15] &+= 1 }
            case .float32:
                Self.count(plane.bytes, as: Float.self) { value in
                    guard value.isFinite else {
                        notFinite += 1
                        return
                    }
                    guard value != skipped else {
                        noData += 1
                        return
                    }
                    counts[Self.place(value)] &+= 1
                    extremes = (min(extremes.least, value), max(extremes.greatest, value))
                }
            }
        }
        if let place = noDataValue.flatMap(placeOfWholeNumber) {
            noData += counts[place]
            counts[place] = 0
        }
    }

    /// Where a whole number is counted for itself; nil for floats, and for what no pixel can be.
    private func placeOfWholeNumber(_ value: Int) -> Int? {
        let (place, isOutside) = value.addingReportingOverflow(pixel == .int16 ? 1 << 15 : 0)
        return pixel != .float32 && !isOutside && counts.indices.contains(place) ? place : nil
    }

    private static func count<Value: BitwiseCopyable>(
        _ bytes: UnsafeRawBufferPointer, as type: Value.Type, _ body: (Value) -> Void
    ) {
        for index in 0..<bytes.count / MemoryLayout<Value>.size {
            body(bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Value>.size, as: type))
        }
    }

    /// Adds what another has counted of the same plane.
    public mutating func add(_ other: PlaneCounts) {
        precondition(
            other.pixel == pixel && other.noDataValue == noDataValue,
            "counts of \(other.pixel) without \(String(describing: other.noDataValue)) are not of \(pixel) without \(String(describing: noDataValue))"
        )
        for index in counts.indices { counts[index] += other.counts[index] }
        noData += other.noData
        notFinite += other.notFinite
        extremes = (
            min(extremes.least, other.extremes.least),
            max(extremes.greatest, other.extremes.greatest)
        )
    }

    /// The class of a finite number: its bits in an order that is that of numbers, without the last 12.
    private static func place(_ value: Float) -> Int {
        let bits = value.bitPattern
        return Int((bits >> 31 == 1 ? ~bits : bits | 1 << 31) >> 12)
    }

    // MARK: Values

    /// The values that occur with how often each does, ascending; of floats, the middle of each class.
    package var values: [(value: Double, count: Int)] {
        counts.indices.compactMap { counts[$0] == 0 ? nil : (value(at: $0), counts[$0]) }
    }

    /// The least and the greatest value; `nil` for no pixels.
    package var range: ClosedRange<Double>? {
        if pixel == .float32 {
            return extremes.least <= extremes.greatest
                ? Double(extremes.least)...Double(extremes.greatest) : nil
        }
        guard let first = counts.firstIndex(where: { $0 > 0 }),
            let last = counts.lastIndex(where: { $0 > 0 })
        else { return nil }
        return value(at: first)...value(at: last)
    }

    private func value(at place: Int) -> Double {
        switch pixel {
        case .uint8, .uint16: return Double(place)
        case .int16: return Double(place - 1 << 15)
        case .float32:
            let ordered = UInt32(place) << 12 | 1 << 11
            let bits = ordered >> 31 == 1 ? ordered & ~(1 << 31) : ~ordered
            let value = Double(Float(bitPattern: bits))
            return min(max(value, Double(extremes.least)), Double(extremes.greatest))
        }
    }
}
