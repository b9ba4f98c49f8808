import Tensors

/// Centres of patches that are encoded together; the slices' indices are their places among all centres.
struct DenseTile {
    /// Rows and columns of the image on which patches are centred.
    let rows: ArraySlice<Int>
    let columns: ArraySlice<Int>

    /// Cuts the centres, which lie `stride` pixels apart, into tiles of at most `side` by `side` pixels.
    func tiles(side: Int, stride: Int) -> [DenseTile] {
        let length = max(side / stride, 1)
        func parts(_ centres: ArraySlice<Int>) -> [ArraySlice<Int>] {
            Swift.stride(from: centres.startIndex, to: centres.endIndex, by: length).map {
                centres[$0..<min($0 + length, centres.endIndex)]
            }
        }
        let across = parts(columns)
        return parts(rows).flatMap { rows in
            across.map { DenseTile(rows: rows, columns: $0) }
        }
    }

    /// (row, column) of each patch's first pixel, seen from the first one's: int64 pairs.
    var corners: [Int64] {
        let (top, left) = (rows.first ?? 0, columns.first ?? 0)
        return rows.flatMap { row in columns.flatMap { [Int64(row - top), Int64($0 - left)] } }
    }
}

/// The refined map with the image behind it, of a part of an image.
struct GroundMap {
    /// (1, channels, height, width), channels last in memory.
    let maps: Tensor
    private let rows, columns: Span

    /// The pixels of the whole image along an axis, and those that the maps have.
    private struct Span {
        let length: Int
        let held: Range<Int>

        init(_ centres: ArraySlice<Int>, margin: Int, length: Int) {
            self.length = length
            held =
                max(
                    (centres.first ?? 0) - margin, 0)..<min(
                    (centres.last ?? 0) + margin + 1, length)
        }

        /// The maps' pixels around some centres, the image's edge repeated.
        func inside(_ centres: ArraySlice<Int>, half: Int) -> Tensor {
            let (first, last) = (centres.first ?? 0, centres.last ?? 0)
            return Tensor(
                (first - half...last + half).map {
                    Int64(min(max($0, 0), length - 1) - held.lowerBound)
                })
        }
    }

    /// Makes the maps around a tile.
    ///
    /// - Parameters:
    ///   - tile: the patches' centres.
    ///   - margin: pixels around the outer centres that are taken in: half a window, and as far as a map's pixel sees.
    ///   - image: (1, bands, height, width).
    ///   - refined: makes maps of a crop.
    init(around tile: DenseTile, margin: Int, of image: Tensor, refined: (Tensor) -> Tensor) {
        rows = Span(tile.rows, margin: margin, length: image.size(2))
        columns = Span(tile.columns, margin: margin, length: image.size(3))
        let crop = image.narrow(2, start: rows.held.lowerBound, length: rows.held.count)
            .narrow(3, start: columns.held.lowerBound, length: columns.held.count)
        maps = refined(crop).channelsLast()
    }

    /// The pixels around a tile's centres: (height, width, channels).
    func area(of tile: DenseTile, half: Int) -> Tensor {
        maps.permuted([0, 2, 3, 1]).select(0, 0)
            .indexSelect(0, rows.inside(tile.rows, half: half))
            .indexSelect(1, columns.inside(tile.columns, half: half))
    }

    /// The centres, as `Tensor.patches(at:window:)` wants them, on the device of the maps.
    func positions(of tile: DenseTile) -> Tensor {
        let centres: [Int64] = tile.rows.flatMap { row in
            tile.columns.flatMap {
                [0, Int64(row - rows.held.lowerBound), Int64($0 - columns.held.lowerBound)]
            }
        }
        return Tensor(centres, shape: [centres.count / 3, 3]).to(maps.device)
    }
}
