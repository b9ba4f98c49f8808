import CKernels
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
    let fill: Pixel

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
        let (width, count) = (warp.target.size.width, warp.target.size.count)
        let sourceRow = row + offset.row - origin.row
        guard (0..<size.height).contains(sourceRow) else { return }
        let shift = offset.column - origin.column
        let (first, end) = (max(0, -shift), min(width, size.width - shift))
        // A target beside the source, within reach of a kernel only, has nothing to copy.
        guard first < end else { return }
        let columns = first..<end
        guard let pixels = source.baseAddress, let valid = mask.baseAddress,
            let target = result.baseAddress, let targetMask = resultMask.baseAddress
        else { return }
        let from = sourceRow * size.width + columns.lowerBound + shift
        let to = row * width + columns.lowerBound
        (targetMask + to).update(from: valid + from, count: columns.count)
        for band in 0..<bands {
            (target + band * count + to).update(
                from: pixels + band * size.count + from, count: columns.count)
        }
        for column in 0..<columns.count where valid[from + column] == 0 {
            for band in 0..<bands { target[band * count + to + column] = fill }
        }
    }

    private func interpolate(row: Int, stretch: SIMD2<Float>) {
        let places = places(row: row)
        if let type = Pixel.type.kernels, kernel == .nearest || stretch == SIMD2(1, 1) {
            quickly(row: row, places, type)
            return
        }
        let width = warp.target.size.width
        for column in 0..<width {
            let (x, y) = (places.x[column], places.y[column])
            guard x >= 0, y >= 0, x < Double(size.width), y < Double(size.height) else { continue }
            let nearest = Int(y) * size.width + Int(x)
            guard mask[nearest] != 0 else { continue }
            let index = row * width + column
            if kernel == .nearest {
                for band in 0..<bands {
                    result[band * warp.target.size.count + index] =
                        source[band * size.count + nearest]
                }
                resultMask[index] = 1
            } else {
                manyTaps(index, x, y, stretch)
            }
        }
    }

    /// Where the pixels of a row lie in the image; NaN for nowhere.
    private func places(row: Int) -> (x: [Double], y: [Double]) {
        let shifts = warp.shift.shifts(ofRow: row, columns: warp.target.size.width)
        var x = [Double](repeating: 0, count: shifts.count)
        var y = x
        switch warp.map {
        case .affine(let map):
            for (column, shift) in shifts.enumerated() {
                let place = map.map(
                    column: Double(column) + 0.5 + shift.x, row: Double(row) + 0.5 + shift.y)
                x[column] = place.x - Double(origin.column)
                y[column] = place.y - Double(origin.row)
            }
        case .lattice(let map):
            x.withUnsafeMutableBufferPointer { x in
                y.withUnsafeMutableBufferPointer { y in
                    shifts.withUnsafeBufferPointer {
                        map.fill(x, y, row: row, shifts: $0, origin: origin)
                    }
                }
            }
        }
        return (x, y)
    }

    /// The row of an image as fine as the target: all in C but the pixels that lie beside invalid ones.
    private func quickly(row: Int, _ places: (x: [Double], y: [Double]), _ type: Int32) {
        let width = warp.target.size.width
        guard let target = result.baseAddress, let targetMask = resultMask.baseAddress else {
            return
        }
        let image = ckernels_source(
            pixels: source.baseAddress, mask: mask.baseAddress, width: Int32(size.width),
            height: Int32(size.height), bands: Int32(bands), type: type,
            nodata: nodata?.double ?? 0, has_nodata: nodata == nil ? 0 : 1)
        let line = ckernels_row(
            pixels: target + row * width, plane: warp.target.size.count,
            mask: targetMask + row * width, count: Int32(width))
        guard let table = KernelTable.of(kernel) else {
            ckernels_nearest(image, places.x, places.y, line)
            return
        }
        var state = [UInt8](repeating: 0, count: width)
        ckernels_interpolate(
            image, places.x, places.y, table.weights, Int32(table.taps), line, &state)
        for column in 0..<width where state[column] == UInt8(CKERNELS_EDGE) {
            manyTaps(row * width + column, places.x[column], places.y[column], SIMD2(1, 1))
        }
    }

    @inline(__always)
    private func put(_ value: Float, _ band: Int, _ index: Int) {
        var pixel = Pixel(sample: value)
        if let nodata, pixel == nodata {
            pixel = Pixel(sample: nodata.sample + 1)
            // The largest number of its type.
            if pixel == nodata { pixel = Pixel(sample: nodata.sample - 1) }
        }
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

extension RasterPixelType {
    /// What the C loops call it; nil for a type that they do not know.
    var kernels: Int32? {
        switch self {
        case .uint8: Int32(CKERNELS_UINT8)
        case .uint16: Int32(CKERNELS_UINT16)
        case .int16: Int32(CKERNELS_INT16)
        case .float32: Int32(CKERNELS_FLOAT32)
        case .float64: nil
        }
    }
}
