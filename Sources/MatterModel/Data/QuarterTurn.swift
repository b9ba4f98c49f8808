/// One of the eight ways to turn and flip a square.
struct QuarterTurn: Hashable, Sendable {
    /// Left as it is.
    static let identity = QuarterTurn(transposes: false, flipsRows: false, flipsColumns: false)

    let transposes, flipsRows, flipsColumns: Bool

    init(transposes: Bool, flipsRows: Bool, flipsColumns: Bool) {
        (self.transposes, self.flipsRows, self.flipsColumns) = (transposes, flipsRows, flipsColumns)
    }

    /// The way of a number; its three lowest bits count.
    init(_ bits: UInt64) {
        self.init(transposes: bits & 1 != 0, flipsRows: bits & 2 != 0, flipsColumns: bits & 4 != 0)
    }

    /// Where in the original the pixel (row, column) of the turned square lies.
    func source(row: Int, column: Int, side: Int) -> (row: Int, column: Int) {
        let (r, c) = transposes ? (column, row) : (row, column)
        return (flipsRows ? side - 1 - r : r, flipsColumns ? side - 1 - c : c)
    }

    /// Where in the turned square the pixel (row, column) of the original lies.
    func place(row: Int, column: Int, side: Int) -> (row: Int, column: Int) {
        let (r, c) = (flipsRows ? side - 1 - row : row, flipsColumns ? side - 1 - column : column)
        return transposes ? (c, r) : (r, c)
    }
}

extension QuarterTurn {
    /// The values of a square, row by row, turned and changed.
    func applied(to plane: [UInt16], side: Int, _ change: (UInt16) -> Float) -> [Float] {
        func index(_ row: Int, _ column: Int) -> Int {
            let place = source(row: row, column: column, side: side)
            return place.row * side + place.column
        }
        let start = index(0, 0)
        let (down, right) = (index(1, 0) - start, index(0, 1) - start)
        return [Float](unsafeUninitializedCapacity: side * side) { buffer, count in
            plane.withUnsafeBufferPointer { plane in
                for row in 0..<side {
                    for column in 0..<side {
                        buffer[row * side + column] = change(
                            plane[start + row * down + column * right])
                    }
                }
            }
            count = side * side
        }
    }
}
