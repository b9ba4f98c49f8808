package import Geo

/// Crops of the same ground at two dates, and the patches to compare in them.
package struct PatchBatch: Equatable, Sendable {
    /// Where a crop comes from.
    package struct Crop: Hashable, Sendable, CustomStringConvertible {
        /// Keys of the samples of the two dates.
        package let keys: [String]
        /// Its pixels in the tiles.
        package let window: PixelWindow

        /// "east/0_0/2020-01-01 + east/0_0/2020-02-01 at (row 3, column 5)".
        package var description: String {
            keys.joined(separator: " + ")
                + " at (row \(window.offset.row), column \(window.offset.column))"
        }
    }

    /// Pixels of the first date, (crops, bands, side, side), standardised.
    package var anchors: [Float] = []
    /// Pixels of the second date.
    package var positives: [Float] = []
    /// (crop, row, column) of each patch's centre.
    package var positions: [Int64] = []
    /// Where on the ground each patch is.
    package var grounds: [PatchGround] = []
    /// Where the crops come from.
    package var crops: [Crop] = []

    /// An empty batch.
    package init() {}
}

/// Where on the ground a patch is: enough to tell which patches may be each other's negatives.
package struct PatchGround: Hashable, Sendable {
    let region: String
    /// Number of the tile's place.
    let place: Int
    /// Pixel of the tile.
    package let row, column: Int

    package init(region: String, place: Int, row: Int, column: Int) {
        (self.region, self.place, self.row, self.column) = (region, place, row, column)
    }
}
