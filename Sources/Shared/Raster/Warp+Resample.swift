import CKernels
import Dispatch
public import Geo

/// What a warp made: pixels, and which of them are valid.
public struct Resampled<Pixel: RasterPixel>: Sendable {
    /// Shape (bands, height, width) of the target; invalid pixels hold the fill value.
    public internal(set) var image: RasterBuffer<Pixel>
    /// One band: 1 = valid.
    public let valid: RasterBuffer<UInt8>
}

/// An image that is resampled, and how.
struct ResamplingSource<Pixel: RasterPixel> {
    let image: RasterBuffer<Pixel>
    /// Where the image begins in the whole source.
    let origin: PixelOffset
    /// 1 where a pixel may be used.
    let mask: [UInt8]
    let kernel: ResamplingKernel
    let nodata: Pixel?
    let fill: Pixel
    let threads: Int
}

extension Warp {
    /// Resamples all bands of an image in one pass; the same bytes for any number of threads.
    ///
    /// A target pixel is valid if the source pixel in which its centre lies is. Next to invalid source
    /// pixels and to the source's edge, valid neighbours are weighed linearly. A target with pixels longer
    /// than the source's gets a kernel that much wider, so that it does not alias.
    /// - Parameters:
    ///   - image: The source, or the part of it that begins at `origin`.
    ///   - origin: Where the image begins in the source.
    ///   - valid: One band of the image's size, 0 where a pixel must not be used.
    ///   - nodata: Pixels with this value in any band are invalid; results that would equal it by chance are moved by 1.
    ///   - kernel: How to interpolate.
    ///   - fill: What invalid pixels become; `nodata`, or 0, if nil.
    ///   - threads: How many to use.
    /// - Returns: Pixels and validity on the target grid.
    /// - Throws: `RasterError` (`invalid`) if the mask has not the image's size.
    public func resample<Pixel: RasterPixel>(
        _ image: RasterBuffer<Pixel>, origin: PixelOffset = PixelOffset(column: 0, row: 0),
        valid: RasterBuffer<UInt8>? = nil, nodata: Pixel? = nil,
        kernel: ResamplingKernel = .cubic, fill: Pixel? = nil, threads: Int = 1
    ) throws -> Resampled<Pixel> {
        if let valid, valid.size != image.size {
            throw RasterError(
                .invalid, "a mask of \(valid.size) for an image of \(image.size)")
        }
        let mask = Self.mask(of: image, valid, nodata)
        let fill = fill ?? nodata ?? .zero
        if copyOffset == origin, image.size == target.size {
            return Self.kept(image, mask, fill)
        }
        let source = ResamplingSource(
            image: image, origin: origin, mask: mask, kernel: kernel, nodata: nodata, fill: fill,
            threads: threads)
        var pixels = RasterBuffer(size: target.size, bands: image.bands, filledWith: fill)
        var isValid = RasterBuffer<UInt8>(size: target.size, filledWith: 0)
        self.fill(0..<target.size.height, of: &pixels, &isValid, from: source)
        return Resampled(image: pixels, valid: isValid)
    }

    /// Fills rows of a result on the target, under which the positions are known.
    func fill<Pixel: RasterPixel>(
        _ rows: Range<Int>, of pixels: inout RasterBuffer<Pixel>,
        _ isValid: inout RasterBuffer<UInt8>, from source: ResamplingSource<Pixel>
    ) {
        source.image.pixels.withUnsafeBufferPointer { image in
            source.mask.withUnsafeBufferPointer { mask in
                pixels.pixels.withUnsafeMutableBufferPointer { result in
                    isValid.pixels.withUnsafeMutableBufferPointer { resultMask in
                        let work = Resampler(
                            warp: self, origin: source.origin, size: source.image.size,
                            bands: source.image.bands, source: image, mask: mask, result: result,
                            resultMask: resultMask, kernel: source.kernel, nodata: source.nodata,
                            fill: source.fill)
                        Self.run(work, rows: rows, threads: source.threads)
                    }
                }
            }
        }
    }

    /// An image that has the target's pixels already, invalid ones filled: not copied where all are valid.
    @_specialize(where Pixel == UInt16)
    @_specialize(where Pixel == UInt8)
    @_specialize(where Pixel == Float)
    private static func kept<Pixel: RasterPixel>(
        _ image: RasterBuffer<Pixel>, _ mask: [UInt8], _ fill: Pixel
    ) -> Resampled<Pixel> {
        var result = Resampled(image: image, valid: RasterBuffer(unchecked: image.size, 1, mask))
        let invalid = mask.indices.filter { mask[$0] == 0 }
        guard !invalid.isEmpty else { return result }
        result.image.pixels.withUnsafeMutableBufferPointer { pixels in
            for band in 0..<image.bands {
                for index in invalid { pixels[band * mask.count + index] = fill }
            }
        }
        return result
    }

    /// 1 where a source pixel may be used.
    static func mask<Pixel: RasterPixel>(
        of image: RasterBuffer<Pixel>, _ valid: RasterBuffer<UInt8>?, _ nodata: Pixel?
    ) -> [UInt8] {
        var mask =
            valid.map { $0.band(0).map { $0 == 0 ? 0 : 1 } }
            ?? [UInt8](repeating: 1, count: image.size.count)
        guard let type = Pixel.type.kernels else {
            for band in 0..<image.bands {
                for (index, pixel) in image.band(band).enumerated()
                where pixel == nodata || pixel != pixel {
                    mask[index] = 0
                }
            }
            return mask
        }
        image.pixels.withUnsafeBytes { pixels in
            ckernels_mask(
                ckernels_source(
                    pixels: pixels.baseAddress, mask: nil, width: Int32(image.size.width),
                    height: Int32(image.size.height), bands: Int32(image.bands), type: type,
                    nodata: nodata?.double ?? 0, has_nodata: nodata == nil ? 0 : 1), &mask)
        }
        return mask
    }

    private static func run<Pixel: RasterPixel>(
        _ work: Resampler<Pixel>, rows: Range<Int>, threads: Int
    ) {
        let block = 16
        let blocks = (rows.count + block - 1) / block
        let workers = max(1, min(threads, blocks))
        // Workers share nothing but what they read; each writes rows of its own.
        nonisolated(unsafe) let work = work
        DispatchQueue.concurrentPerform(iterations: workers) { worker in
            for index in stride(from: worker, to: blocks, by: workers) {
                let first = rows.lowerBound + index * block
                for row in first..<min(rows.upperBound, first + block) { work.fill(row: row) }
            }
        }
    }
}
