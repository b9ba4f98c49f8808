public import Geo

/// Square windows that cover every pixel of an image: each `stride` from the last, the last ones moved back to the edge.
public struct PatchTiling: Sendable, Hashable {
    /// Side of a window in pixels.
    public let side: Int
    /// Pixels from one window to the next, at most `side`.
    public let stride: Int

    /// A tiling.
    ///
    /// - Throws: `BenchError`, 78 where a side or a stride makes no sense, or pixels would lie between windows.
    public init(side: Int, stride: Int) throws {
        guard side >= 1, (1...side).contains(stride) else {
            throw BenchError(
                .configuration,
                "patches of \(side) pixels every \(stride): the stride is 1 to the side, or pixels are left out"
            )
        }
        (self.side, self.stride) = (side, stride)
    }

    /// First pixels of the windows along a line; empty where the line is shorter than a window.
    public func starts(_ length: Int) -> [Int] {
        guard length >= side else { return [] }
        let last = length - side
        return Array(Swift.stride(from: 0, to: last, by: stride)) + [last]
    }

    /// The first row and column of each window, row by row.
    public func places(in size: PixelSize) -> [PixelOffset] {
        starts(size.height).flatMap { row in
            starts(size.width).map { PixelOffset(column: $0, row: row) }
        }
    }
}
