import CKernels

/// Windows of both dates that were cut together, and their cross-spectra.
struct WindowBatch {
    /// A window's place in the grid of windows, and where the other date's is cut, in whole pixels.
    struct Item {
        let row: Int
        let column: Int
        var offset: (row: Int, column: Int)
        /// What the window said where it was cut first.
        var before: WindowShift?
    }

    let items: [Item]
    /// The share of each window that both dates show, 0…1.
    let usable: [Double]
    /// What cut them.
    let cutter: WindowCutter
    private let windows: [Float]
    private let cross: [Float]
    private let planes: Int
    private let pixels: Int
    private let length: Int

    /// Cuts and transforms windows whose grid begins at `first` and goes on by `step` pixels.
    init(
        _ items: ArraySlice<Item>, of pair: ImagePair, first: (row: Int, column: Int), step: Int,
        cutter: WindowCutter, spectra: WindowSpectra, noise: (UnsafePointer<Float>) -> Float
    ) {
        self.items = Array(items)
        self.cutter = cutter
        let planes = pair.references.count * cutter.planesPerLayer
        let (pixels, length) = (cutter.side * cutter.side, 2 * spectra.count)
        (self.planes, self.pixels, self.length) = (planes, pixels, length)
        var windows = [Float](repeating: 0, count: 2 * items.count * planes * pixels)
        var usable: [Double] = []
        var scratch = WindowCutter.Scratch(side: cutter.side)
        windows.withUnsafeMutableBufferPointer { buffer in
            // swift-format-ignore: NeverForceUnwrap, a batch is never empty.
            var reference = buffer.baseAddress!
            for item in items {
                let moving = reference + planes * pixels
                usable.append(
                    cutter.cut(
                        pair, row: first.row + item.row * step,
                        column: first.column + item.column * step,
                        offset: (
                            item.offset.row + pair.origin.row,
                            item.offset.column + pair.origin.column
                        ),
                        reference: reference, moving: moving, scratch: &scratch))
                reference = moving + planes * pixels
            }
        }
        self.windows = windows
        self.usable = usable
        cross = spectra.spectra(of: windows) { all in
            (0..<items.count).flatMap { place in
                Self.cross(all + 2 * place * planes * length, planes: planes, length, noise)
            }
        }
    }

    /// Reference · conj(moving), planes added by their signal over noise.
    private static func cross(
        _ spectra: UnsafePointer<Float>, planes: Int, _ length: Int,
        _ noise: (UnsafePointer<Float>) -> Float
    ) -> [Float] {
        var sum = [Float](repeating: 0, count: length)
        for plane in 0..<planes {
            let (first, second) = (spectra + plane * length, spectra + (planes + plane) * length)
            guard planes > 1 else {
                ckernels_cross(first, second, 1, length / 2, &sum)
                break
            }
            var one = [Float](repeating: 0, count: length)
            ckernels_cross(first, second, 1, length / 2, &one)
            let level = noise(one)
            ckernels_cross(first, second, level > 0 ? 1 / level : 0, length / 2, &sum)
        }
        return sum
    }

    func withCross<Result>(
        _ place: Int, _ body: (UnsafePointer<Float>) throws -> Result
    ) rethrows -> Result {
        try cross.withUnsafeBufferPointer { buffer in
            // swift-format-ignore: NeverForceUnwrap, a batch is never empty.
            try body(buffer.baseAddress! + place * length)
        }
    }

    /// Where the texture of a window lies.
    func texture(_ place: Int) -> [Float] {
        windows.withUnsafeBufferPointer { buffer in
            // swift-format-ignore: NeverForceUnwrap, a batch is never empty.
            let reference = buffer.baseAddress! + 2 * place * planes * pixels
            return cutter.texture(reference, reference + planes * pixels, planes: planes)
        }
    }
}
