import CKernels
import Geo
import Tensors

/// Turns samples into their part of a batch; one a thread.
///
/// Each plane is gone through once: enlarged, scaled, cut and turned on its way from where it lies into the batch.
final class SampleFiller {
    private let plan: BatchPlan
    private let source: any SampleSource
    private let planes: [String]
    /// For each image, where its bands are in `planes`; then for each mask.
    private let images: [[Int]]
    private let masks: [Int]
    private var reader: (any SampleReader)?
    private var scratch: [Float] = []
    private var stack: [Float] = []

    init(_ plan: BatchPlan, _ source: any SampleSource) {
        (self.plan, self.source, planes) = (plan, source, plan.planes)
        let place = Dictionary(uniqueKeysWithValues: plan.planes.enumerated().map { ($1, $0) })
        images = plan.images.map { $0.map { place[$0.name, default: 0] } }
        masks = plan.masks.map { place[$0, default: 0] }
    }

    /// What a batch of such samples looks like, by a sample that is read and cut for it.
    ///
    /// - Throws: `BatchError` (`configuration`) where crop or turns do not fit; what the reader throws.
    func rehearse(on index: Int) throws -> BatchShape {
        var shape: BatchShape?
        try read(index) { planes, key in
            let grid = try grid(of: planes, key: key)
            let crop = plan.crop ?? grid
            guard !plan.augmentation.turns || crop.width == crop.height else {
                throw BatchError(
                    .configuration, key: key, "quarter turns need square crops, not \(crop)")
            }
            shape = BatchShape(
                batch: plan.batch, channels: plan.images.map(\.count), masks: plan.masks.count,
                height: crop.height, width: crop.width)
        }
        guard let shape else { throw unread(index) }
        try fill(BatchBuffers(shape.holding(1), in: .plain), sample: 0, with: index, epoch: 0)
        return shape
    }

    /// Puts a sample into its place in a batch.
    ///
    /// - Throws: `BatchError` that names the sample; what the reader throws.
    func fill(_ buffers: BatchBuffers, sample: Int, with index: Int, epoch: Int) throws {
        var isRead = false
        try read(index) { planes, key in
            let grid = try grid(of: planes, key: key)
            let shape = buffers.shape
            let crop = plan.crop ?? grid
            guard crop.width == shape.width, crop.height == shape.height else {
                throw BatchError(
                    .invalid, key: key,
                    "\(crop) pixels where the first sample has \(shape.width)×\(shape.height); give a grid or a crop"
                )
            }
            let draw = SampleDraw(plan, epoch: epoch, index: index)
            let window = Window(
                grid: grid, offset: draw.offset(of: crop, in: grid, plan.place), turn: draw.turn,
                width: shape.width, height: shape.height)
            for image in images.indices {
                let bands = draw.scaling(plan.images[image], image: image, plan.augmentation)
                try write(
                    images[image].map { planes[$0] }, bands, window,
                    to: buffers.image(image, sample: sample), key: key)
            }
            for mask in masks.indices {
                try write(
                    planes[masks[mask]], window, to: buffers.mask(mask, sample: sample), key: key)
            }
            isRead = true
        }
        guard isRead else { throw unread(index) }
    }

    private func unread(_ index: Int) -> BatchError {
        BatchError(.io, key: source.key(index), "its reader gave nothing")
    }

    // MARK: Reading

    private func read(_ index: Int, _ body: ([SamplePlane], String) throws -> Void) throws {
        let reader = try self.reader ?? source.reader()
        self.reader = reader
        let key = source.key(index)
        try reader.read(index, planes: planes) { planes in
            guard planes.count == self.planes.count else {
                throw BatchError(
                    .invalid, key: key,
                    "\(planes.count) planes where \(self.planes.count) were asked for")
            }
            for plane in planes
            where !Window.sides.contains(plane.width)
                || !Window.sides.contains(plane.height)
            {
                throw BatchError(
                    .invalid, key: key, "\(plane.name) has \(plane.width)×\(plane.height) pixels")
            }
            try body(planes, key)
        }
    }

    private func grid(of planes: [SamplePlane], key: String) throws -> PixelSize {
        let grid = try plan.grid ?? PixelSize(width: planes[0].width, height: planes[0].height)
        guard let crop = plan.crop, crop.width > grid.width || crop.height > grid.height else {
            return grid
        }
        throw BatchError(
            .configuration, key: key,
            "a crop of \(crop) from \(grid) pixels; use a smaller crop, or a grid")
    }

    // MARK: Writing

    /// Bands of an image, nil for those that are left out.
    private func write(
        _ planes: [SamplePlane], _ scalings: [SampleDraw.Scaling?], _ window: Window,
        to target: UnsafeMutableBufferPointer<Float>, key: String
    ) throws {
        guard plan.isChannelsLast, planes.count > 1 else {
            try writePlanes(planes, scalings, window, to: target, key: key)
            return
        }
        if stack.count < target.count { stack = [Float](repeating: 0, count: target.count) }
        try stack.withUnsafeMutableBufferPointer { stack in
            try writePlanes(planes, scalings, window, to: stack, key: key)
            ckernels_interleave(
                stack.baseAddress, planes.count, target.count / planes.count, target.baseAddress)
        }
    }

    private func writePlanes(
        _ planes: [SamplePlane], _ scalings: [SampleDraw.Scaling?], _ window: Window,
        to target: UnsafeMutableBufferPointer<Float>, key: String
    ) throws {
        let count = window.width * window.height
        for (band, plane) in planes.enumerated() {
            let part = UnsafeMutableBufferPointer(
                rebasing: target[band * count..<(band + 1) * count])
            guard let scaling = scalings[band] else {
                part.update(repeating: 0)
                continue
            }
            let bad = write(plane, scaling, window, to: part)
            guard bad == 0 || plan.noNumber == .replace else {
                throw BatchError(
                    .invalid, key: key,
                    "\(plane.name): \(bad) pixels are NaN or infinite; leave the sample out, or have its mean stand for them"
                )
            }
        }
    }

    /// Returns how many pixels were no numbers.
    private func write(
        _ plane: SamplePlane, _ scaling: SampleDraw.Scaling, _ window: Window,
        to target: UnsafeMutableBufferPointer<Float>
    ) -> Int {
        let needed = ckernels_resize_scratch(plane.band, window.cut)
        if scratch.count < needed { scratch = [Float](repeating: 0, count: needed) }
        // A window has at least one pixel.
        // swift-format-ignore: NeverForceUnwrap
        let values = target.baseAddress! + window.first
        return scratch.withUnsafeMutableBufferPointer { scratch in
            ckernels_resize(
                plane.band, window.cut,
                ckernels_scaling(scale: scaling.scale, shift: scaling.shift, fill: scaling.fill),
                scratch.baseAddress,
                ckernels_canvas(values: values, across: window.across, down: window.down))
        }
    }

    private func write(
        _ plane: SamplePlane, _ window: Window, to target: UnsafeMutableBufferPointer<Int32>,
        key: String
    ) throws {
        guard plane.pixel != .float32 else {
            throw BatchError(
                .configuration, key: key, "\(plane.name) is float32; masks are whole numbers")
        }
        // A window has at least one pixel.
        // swift-format-ignore: NeverForceUnwrap
        let codes = target.baseAddress! + window.first
        ckernels_codes(
            plane.band, window.cut,
            ckernels_codes_canvas(codes: codes, across: window.across, down: window.down))
    }
}

/// The window of a sample's grid, and how it is laid into a batch.
private struct Window {
    static let sides = 1...PixelSize.longestSide

    let grid: PixelSize
    let offset: PixelOffset
    let turn: SampleDraw.Turn
    /// Of the batch; the window itself has the same, as only squares are transposed.
    let width, height: Int

    var cut: ckernels_cut {
        ckernels_cut(
            width: Int32(grid.width), height: Int32(grid.height), column: Int32(offset.column),
            row: Int32(offset.row), columns: Int32(width), rows: Int32(height))
    }

    private var columnStep: Int { turn.isTransposed ? height : 1 }
    private var rowStep: Int { turn.isTransposed ? 1 : width }

    /// Numbers from one column of the window to the next.
    var across: Int { turn.columnsBack ? -columnStep : columnStep }
    /// Numbers from one row of the window to the next.
    var down: Int { turn.rowsBack ? -rowStep : rowStep }

    /// Where the window's first pixel goes.
    var first: Int {
        (turn.columnsBack ? (width - 1) * columnStep : 0)
            + (turn.rowsBack ? (height - 1) * rowStep : 0)
    }
}

extension SamplePlane {
    /// The plane as the kernels take it.
    fileprivate var band: ckernels_band {
        let type =
            switch pixel {
            case .uint8: CKERNELS_UINT8
            case .uint16: CKERNELS_UINT16
            case .int16: CKERNELS_INT16
            case .float32: CKERNELS_FLOAT32
            }
        return ckernels_band(
            pixels: bytes.baseAddress, type: Int32(type), width: Int32(width),
            height: Int32(height))
    }
}
