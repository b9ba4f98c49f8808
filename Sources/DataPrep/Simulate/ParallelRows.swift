import Dispatch

/// Calls `body` once for every row of `0 ..< count`, on all cores; rows must not depend on each other.
///
/// What a row computes is a pure function of the row, so the result is the same for any number of
/// threads. Rows are handed out in short runs so that a slow row does not hold the others up.
///
/// - Parameters:
///   - count: Number of rows.
///   - run: Rows that are handed out together.
///   - body: What is done with a row.
func parallelRows(_ count: Int, together run: Int = 8, _ body: @Sendable (Int) -> Void) {
    DispatchQueue.concurrentPerform(iterations: (count + run - 1) / run) { index in
        for row in (index * run)..<min(count, (index + 1) * run) { body(row) }
    }
}

/// The one-dimensional buffer `count` long whose values `body` writes row by row, in parallel.
///
/// - Parameters:
///   - count: Number of values; every one must be written by exactly one row.
///   - zero: What the buffer holds before.
///   - rows: How many rows there are.
///   - run: Rows that are handed out together.
///   - body: Writes one row into the buffer.
/// - Returns: The buffer.
func parallelBuffer<Element: BitwiseCopyable & Sendable>(
    _ count: Int, of zero: Element, rows: Int, together run: Int = 8,
    _ body: @Sendable (_ row: Int, _ buffer: UnsafeMutableBufferPointer<Element>) -> Void
) -> [Element] {
    var values = [Element](repeating: zero, count: count)
    values.withUnsafeMutableBufferPointer { buffer in
        // Sound: each row is written by one thread only.
        nonisolated(unsafe) let shared = buffer
        parallelRows(rows, together: run) { row in body(row, shared) }
    }
    return values
}
