import Geo

/// The inner loop of a warp: fills rows of the result; knows nothing of files.
struct Resampler<Pixel: RasterPixel> {
    let warp: Warp
    let origin: PixelOffset
    let size: PixelSize
    let bands: Int
    let source: UnsafeBufferPointer<Pixel>
    let mask: UnsafeBufferPointer<UInt8>
    let result: UnsafeMutableBufferPointer<Pixel>
    let resultMask: UnsafeMutableBufferPointer<UInt8>
    let kernel: ResamplingKernel
    let nodata: Pixel?

    /// The kernel's taps in one direction: where they begin, and their weights.
    private struct Taps {
        var first: Int
        var weights: [Float]
    }

    /// Fills one row of all bands and of the mask.
    func fill(row: Int) {
        if let offset = warp.copyOffset {
            copy(row: row, offset)
        } else {
            interpolate(row: row, stretch: Self.stretch(warp.step))
        }
    }

    /// How much wider the kernel must be; 1 for steps that are nearly a pixel, as GDAL has it.
    private static func stretch(_ step: (x: Double, y: Double)) -> SIMD2<Float> {
        SIMD2(step.x > 1.05 ? Float(step.x) : 1, step.y > 1.05 ? Float(step.y) : 1)
    }

    @_specialize(where Pixel == UInt16)
    @_specialize(where Pixel == UInt8)
    @_specialize(where Pixel == Float)
    private func copy(row: Int, _ offset: PixelOffset) {
        let width = warp.target.size.width
        let sourceRow = row + offset.row - origin.row
        guard (0..<size.height).contains(sourceRow) else { return }
        for column in 0..<width {
            let sourceColumn = column + offset.column - origin.column
            guard (0..<size.width).contains(sourceColumn) else { continue }
            let from = sourceRow * size.width + sourceColumn
            guard mask[from] != 0 else { continue }
            write(row * width + column) { source[$0 * size.count + from] }
        }
    }

    @inline(__always)
    private func write(_ index: Int, _ value: (Int) -> Pixel) {
        for band in 0..<bands { result[band * warp.target.size.count + index] = value(band) }
        resultMask[index] = 1
    }

    @_specialize(where Pixel == UInt16)
    @_specialize(where Pixel == UInt8)
    @_specialize(where Pixel == Float)
    private func interpolate(row: Int, stretch: SIMD2<Float>) {
        let width = warp.target.size.width
        let shifts = warp.shift.shifts(ofRow: row, columns: width)
        for column in 0..<width {
            let (x, y) = (Double(column) + 0.5, Double(row) + 0.5)
            let shift = shifts[column]
            let place = warp.map.source(column: x + shift.x, row: y + shift.y)
            let sourceX = place.x - Double(origin.column)
            let sourceY = place.y - Double(origin.row)
            guard sourceX >= 0, sourceY >= 0, sourceX < Double(size.width),
                sourceY < Double(size.height)
            else { continue }
            let nearest = Int(sourceY) * size.width + Int(sourceX)
            guard mask[nearest] != 0 else { continue }
            let index = row * width + column
            if kernel == .nearest {
                write(index) { source[$0 * size.count + nearest] }
            } else if stretch != SIMD2(1, 1) {
                manyTaps(index, sourceX, sourceY, stretch)
            } else if kernel == .lanczos {
                sixTaps(index, sourceX, sourceY)
            } else {
                fourTaps(index, sourceX, sourceY)
            }
        }
    }

    /// 4 × 4 source pixels; the quick way for targets as fine as the source or finer.
    @inline(__always)
    private func fourTaps(_ index: Int, _ x: Double, _ y: Double) {
        let (floorX, floorY) = ((x - 0.5).rounded(.down), (y - 0.5).rounded(.down))
        let (left, top) = (Int(floorX) - 1, Int(floorY) - 1)
        let first = top * size.width + left
        guard left >= 0, top >= 0, left + 4 <= size.width, top + 4 <= size.height,
            areAllValid(first)
        else {
            manyTaps(index, x, y, SIMD2(1, 1))
            return
        }
        let across = weights(Float(x - 0.5 - floorX))
        let down = weights(Float(y - 0.5 - floorY))
        for band in 0..<bands {
            let start = band * size.count + first
            var sum = SIMD4<Float>.zero
            for row in 0..<4 {
                let i = start + row * size.width
                let values = SIMD4(
                    source[i].sample, source[i + 1].sample, source[i + 2].sample,
                    source[i + 3].sample)
                sum += values * down[row]
            }
            put((sum * across).sum(), band, index)
        }
        resultMask[index] = 1
    }

    /// 6 × 6 source pixels, for the kernel of three lobes.
    @inline(__always)
    private func sixTaps(_ index: Int, _ x: Double, _ y: Double) {
        let (floorX, floorY) = ((x - 0.5).rounded(.down), (y - 0.5).rounded(.down))
        let (left, top) = (Int(floorX) - 2, Int(floorY) - 2)
        let first = top * size.width + left
        guard left >= 0, top >= 0, left + 6 <= size.width, top + 6 <= size.height,
            areSixValid(first)
        else {
            manyTaps(index, x, y, SIMD2(1, 1))
            return
        }
        let across = LanczosTable.weights(Float(x - 0.5 - floorX))
        let down = LanczosTable.weights(Float(y - 0.5 - floorY))
        for band in 0..<bands {
            let start = band * size.count + first
            var sum = SIMD8<Float>.zero
            for row in 0..<6 {
                let i = start + row * size.width
                let values = SIMD8(
                    source[i].sample, source[i + 1].sample, source[i + 2].sample,
                    source[i + 3].sample, source[i + 4].sample, source[i + 5].sample, 0, 0)
                sum += values * down[row]
            }
            put((sum * across).sum(), band, index)
        }
        resultMask[index] = 1
    }

    @inline(__always)
    private func areSixValid(_ first: Int) -> Bool {
        let bytes = UnsafeRawBufferPointer(mask)
        var (four, two): (UInt32, UInt16) = (0x0101_0101, 0x0101)
        for row in 0..<6 {
            let at = first + row * size.width
            four &= bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self)
            two &= bytes.loadUnaligned(fromByteOffset: at + 4, as: UInt16.self)
        }
        return four == 0x0101_0101 && two == 0x0101
    }

    @inline(__always)
    private func areAllValid(_ first: Int) -> Bool {
        let bytes = UnsafeRawBufferPointer(mask)
        var all: UInt32 = 0x0101_0101
        for row in 0..<4 {
            all &= bytes.loadUnaligned(fromByteOffset: first + row * size.width, as: UInt32.self)
        }
        return all == 0x0101_0101
    }

    @inline(__always)
    private func weights(_ fraction: Float) -> SIMD4<Float> {
        SIMD4(
            kernel.weight(fraction + 1), kernel.weight(fraction), kernel.weight(1 - fraction),
            kernel.weight(2 - fraction))
    }

    @inline(__always)
    private func put(_ value: Float, _ band: Int, _ index: Int) {
        var pixel = Pixel(sample: value)
        if let nodata, pixel == nodata { pixel = Pixel(sample: nodata.sample + 1) }
        result[band * warp.target.size.count + index] = pixel
    }

    /// Any number of source pixels; where one of them cannot be used, the others are weighed linearly.
    @_specialize(where Pixel == UInt16)
    @_specialize(where Pixel == UInt8)
    @_specialize(where Pixel == Float)
    private func manyTaps(_ index: Int, _ x: Double, _ y: Double, _ stretch: SIMD2<Float>) {
        var across = taps(x, kernel, stretch.x)
        var down = taps(y, kernel, stretch.y)
        if kernel.radius > 1, !isWhole(across, down) {
            across = taps(x, .bilinear, stretch.x)
            down = taps(y, .bilinear, stretch.y)
        }
        for band in 0..<bands { put(sum(across, down, band), band, index) }
        resultMask[index] = 1
    }

    private func taps(_ position: Double, _ kernel: ResamplingKernel, _ stretch: Float) -> Taps {
        let centre = position - 0.5
        let radius = Double(kernel.radius * stretch)
        let first = Int((centre - radius).rounded(.down)) + 1
        let last = Int((centre + radius).rounded(.up)) - 1
        return Taps(
            first: first,
            weights: (first...max(first, last)).map {
                kernel.weight(Float(Double($0) - centre) / stretch)
            })
    }

    private func isWhole(_ across: Taps, _ down: Taps) -> Bool {
        guard across.first >= 0, down.first >= 0, across.first + across.weights.count <= size.width,
            down.first + down.weights.count <= size.height
        else { return false }
        for row in down.weights.indices {
            let start = (down.first + row) * size.width + across.first
            for column in across.weights.indices where mask[start + column] == 0 { return false }
        }
        return true
    }

    /// The mean of the pixels that can be used, by weight.
    private func sum(_ across: Taps, _ down: Taps, _ band: Int) -> Float {
        var (sum, total): (Float, Float) = (0, 0)
        for (i, rowWeight) in down.weights.enumerated() {
            let row = down.first + i
            guard (0..<size.height).contains(row) else { continue }
            for (j, columnWeight) in across.weights.enumerated() {
                let column = across.first + j
                guard (0..<size.width).contains(column) else { continue }
                let place = row * size.width + column
                guard mask[place] != 0 else { continue }
                let weight = rowWeight * columnWeight
                sum += source[band * size.count + place].sample * weight
                total += weight
            }
        }
        return sum / total
    }
}
