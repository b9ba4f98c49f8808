import CKernels
import Foundation
import Manifests
import Testing

/// The kernels against the plainest code that does the same, and against PyTorch's numbers.
struct BatchKernelTests {
    private static func pixels(_ count: Int) -> [UInt16] {
        (0..<count).map { (at: Int) -> UInt16 in
            let number = at * 7919 + at / 7 * 131
            return UInt16(number % 9973)
        }
    }

    private static func resized(
        _ pixels: [UInt16], _ width: Int, _ height: Int, _ cut: ckernels_cut,
        scale: Float = 1, shift: Float = 0
    ) -> [Float] {
        var values = [Float](repeating: .nan, count: Int(cut.columns * cut.rows))
        pixels.withUnsafeBytes { pixels in
            let band = ckernels_band(
                pixels: pixels.baseAddress, type: Int32(CKERNELS_UINT16), width: Int32(width),
                height: Int32(height))
            var scratch = [Float](repeating: 0, count: ckernels_resize_scratch(band, cut))
            values.withUnsafeMutableBufferPointer { values in
                let canvas = ckernels_canvas(
                    values: values.baseAddress, across: 1, down: Int(cut.columns))
                let bad = ckernels_resize(
                    band, cut, ckernels_scaling(scale: scale, shift: shift, fill: 0), &scratch,
                    canvas)
                #expect(bad == 0)
            }
        }
        return values
    }

    private static func codes(
        _ pixels: [UInt16], _ width: Int, _ height: Int, _ cut: ckernels_cut
    ) -> [Int32] {
        var codes = [Int32](repeating: -1, count: Int(cut.columns * cut.rows))
        pixels.withUnsafeBytes { pixels in
            codes.withUnsafeMutableBufferPointer { codes in
                ckernels_codes(
                    ckernels_band(
                        pixels: pixels.baseAddress, type: Int32(CKERNELS_UINT16),
                        width: Int32(width), height: Int32(height)), cut,
                    ckernels_codes_canvas(
                        codes: codes.baseAddress, across: 1, down: Int(cut.columns)))
            }
        }
        return codes
    }

    private static func whole(_ width: Int, _ height: Int) -> ckernels_cut {
        ckernels_cut(
            width: Int32(width), height: Int32(height), column: 0, row: 0, columns: Int32(width),
            rows: Int32(height))
    }

    @Test func numbersArePyTorchs() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../Fixtures/batch.json"
        ).standardized.path
        for item in try JSONValue.parse(file: path).requireArray("cases") {
            let number = { try item.requireInt($0) }
            let (width, height) = try (number("width"), number("height"))
            let (columns, rows) = try (number("columns"), number("rows"))
            let pixels = try item.requireArray("pixels").map { UInt16($0.int ?? 0) }
            let cut = Self.whole(columns, rows)
            let values = Self.resized(pixels, width, height, cut)
            let codes = Self.codes(pixels, width, height, cut)
            let (bilinear, nearest) = try (
                item.requireArray("bilinear"), item.requireArray("nearest")
            )
            var place = 0
            for row in stride(from: 0, to: rows, by: try number("rowStep")) {
                for column in stride(from: 0, to: columns, by: try number("columnStep")) {
                    let at = row * columns + column
                    let expected = bilinear[place].double ?? .nan
                    #expect(abs(Double(values[at]) - expected) <= 0.002, "\(width) → \(columns)")
                    #expect(Int(codes[at]) == nearest[place].int, "\(width) → \(columns)")
                    place += 1
                }
            }
            #expect(place == bilinear.count)
        }
    }

    /// One pixel, in the order in which the kernel adds.
    private static func plain(
        _ pixels: [UInt16], _ width: Int, _ height: Int, _ cut: ckernels_cut, row: Int, column: Int
    ) -> Float {
        func place(_ at: Int, _ count: Int, _ grid: Int32) -> (Int, Int, Float) {
            let real = max(0, (Double(at) + 0.5) * Double(count) / Double(grid) - 0.5)
            return (Int(real), min(Int(real) + 1, count - 1), Float(real - Double(Int(real))))
        }
        let (left, right, across) = place(column, width, cut.width)
        let (upper, lower, down) = place(row, height, cut.height)
        func mixed(_ line: Int) -> Float {
            let (low, high) = (
                Float(pixels[line * width + left]), Float(pixels[line * width + right])
            )
            return low + (high - low) * across
        }
        return mixed(upper) + (mixed(lower) - mixed(upper)) * down
    }

    @Test(arguments: [(20, 120), (60, 120), (120, 120), (33, 120), (60, 30), (7, 14), (1, 9)])
    func bitsAreThoseOfPlainCode(sides: (Int, Int)) {
        let (side, grid) = sides
        let pixels = Self.pixels(side * side)
        for (column, row, columns, rows) in [
            (0, 0, grid, grid), (1, 2, grid - 3, grid - 2), (grid / 2, 0, 1, 2),
            (3, grid - 4, grid / 2, 4), (grid - 2, grid - 1, 2, 1),
        ]
        where column >= 0 && row >= 0 && columns > 0 && rows > 0 && column + columns <= grid
            && row + rows <= grid
        {
            var cut = Self.whole(grid, grid)
            (cut.column, cut.row) = (Int32(column), Int32(row))
            (cut.columns, cut.rows) = (Int32(columns), Int32(rows))
            let values = Self.resized(pixels, side, side, cut, scale: 0.25, shift: -3)
            for at in values.indices {
                let plain =
                    Self.plain(
                        pixels, side, side, cut, row: row + at / columns,
                        column: column + at % columns) * 0.25 - 3
                #expect(values[at] == plain, "\(side) → \(grid), place \(at)")
            }
        }
    }

    @Test func whatIsNoNumberIsCountedAndReplaced() {
        let pixels: [Float] = [1, .nan, 3, .infinity, 5, 6, -.infinity, 8, 9]
        for grid in [3, 6] {
            let cut = Self.whole(grid, grid)
            var values = [Float](repeating: 0, count: grid * grid)
            let bad = pixels.withUnsafeBytes { pixels in
                let band = ckernels_band(
                    pixels: pixels.baseAddress, type: Int32(CKERNELS_FLOAT32), width: 3, height: 3)
                var scratch = [Float](repeating: 0, count: ckernels_resize_scratch(band, cut))
                return values.withUnsafeMutableBufferPointer {
                    ckernels_resize(
                        band, cut, ckernels_scaling(scale: 2, shift: 1, fill: 10), &scratch,
                        ckernels_canvas(values: $0.baseAddress, across: 1, down: grid))
                }
            }
            #expect(bad == 3)
            #expect(values.allSatisfy { $0.isFinite })
            if grid == 3 { #expect(values == [3, 21, 7, 21, 11, 13, 21, 17, 19]) }
        }
    }

    @Test func channelsAreInterleaved() {
        for (channels, count) in [(1, 5), (3, 37), (12, 400)] {
            let planes = (0..<channels * count).map(Float.init)
            var pixels = [Float](repeating: -1, count: planes.count)
            ckernels_interleave(planes, channels, count, &pixels)
            for at in 0..<count {
                for channel in 0..<channels {
                    #expect(pixels[at * channels + channel] == planes[channel * count + at])
                }
            }
        }
    }

    @Test func everyChangedBitChangesTheChecksum() {
        for count in [1, 7, 127, 128, 129, 1000] {
            var bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
            let whole = ckernels_checksum(bytes, count)
            for bit in stride(from: 0, to: count * 8, by: 3) {
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(ckernels_checksum(bytes, count) != whole)
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            }
            #expect(ckernels_checksum(bytes + [0], count + 1) != whole)
        }
        #expect(
            ckernels_checksum([UInt8](repeating: 7, count: 300), 300) == 6_914_282_687_943_738_100)
    }
}
