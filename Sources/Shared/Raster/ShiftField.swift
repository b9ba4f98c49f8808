/// How far the content of an image lies from where the target has it, in pixels of the target grid.
///
/// Content at the target's pixel coordinates (column, row) is found at (column + columns, row + rows).
public protocol ShiftField: Sendable {
    /// The shift at a place in the target's pixel coordinates (pixel centres are at + 0.5).
    func shift(atColumn column: Double, row: Double) -> (columns: Double, rows: Double)

    /// The shifts at the pixel centres of a row of the target: x along columns, y along rows.
    func shifts(ofRow row: Int, columns: Int) -> [SIMD2<Double>]

    /// The shift if it is the same everywhere, else nil.
    var constant: (columns: Double, rows: Double)? { get }
}

extension ShiftField {
    /// nil: the shift may differ from place to place.
    public var constant: (columns: Double, rows: Double)? { nil }

    /// Asked place by place.
    public func shifts(ofRow row: Int, columns: Int) -> [SIMD2<Double>] {
        if let constant {
            return [SIMD2<Double>](
                repeating: SIMD2(constant.columns, constant.rows), count: columns)
        }
        return (0..<columns).map { column in
            let shift = shift(atColumn: Double(column) + 0.5, row: Double(row) + 0.5)
            return SIMD2(shift.columns, shift.rows)
        }
    }

    /// Whether nothing is shifted at all.
    public var isZero: Bool {
        guard let constant else { return false }
        return constant.columns == 0 && constant.rows == 0
    }
}

/// The same shift everywhere.
public struct ConstantShift: ShiftField, Hashable {
    /// Pixels to the right.
    public var columns: Double
    /// Pixels downwards.
    public var rows: Double

    /// Makes a shift.
    public init(columns: Double, rows: Double) {
        self.columns = columns
        self.rows = rows
    }

    /// No shift.
    public static let zero = ConstantShift(columns: 0, rows: 0)

    /// The same for every place.
    public func shift(atColumn column: Double, row: Double) -> (columns: Double, rows: Double) {
        (columns, rows)
    }

    /// The shift.
    public var constant: (columns: Double, rows: Double)? { (columns, rows) }
}
