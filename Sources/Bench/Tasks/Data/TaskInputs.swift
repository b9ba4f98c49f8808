import Geo
import Store
import Tensors

/// The samples of a run as batches: windows to learn from, whole images to be scored.
struct TaskInputs {
    let plan: TaskPlan
    let dataset: any Dataset
    let splits: TaskSplits
    let bands: TaskBands
    let seed: UInt64
    /// The source of what is learnt from, and the labelled samples in it.
    let training: any SampleSource
    let labelled: SampleSelection

    /// Prepares; cities of OSCD are read into memory where windows of them are learnt from.
    ///
    /// - Throws: what reading throws; `BenchError`, 65 and 78.
    init(
        _ plan: TaskPlan, _ dataset: any Dataset, _ splits: TaskSplits, _ bands: TaskBands,
        seed: UInt64
    ) throws {
        (self.plan, self.dataset, self.splits) = (plan, dataset, splits)
        (self.bands, self.seed) = (bands, seed)
        let cities = plan.task.isDense ? dataset as? OSCDDataset : nil
        if let cities {
            let windows = try OSCDPatches(
                cities, indices: splits.train,
                tiling: PatchTiling(side: plan.data.crop, stride: plan.data.stride))
            training = windows
            labelled = Self.labelled(SampleSelection(all: windows), plan, seed)
        } else {
            training = dataset
            labelled = Self.labelled(
                SampleSelection(all: dataset).keeping("split \(plan.data.train)", splits.train),
                plan, seed)
        }
    }

    /// Samples that are only scored.
    init(
        scoring test: [Int], _ plan: TaskPlan, _ dataset: any Dataset, _ bands: TaskBands,
        seed: UInt64
    ) {
        (self.plan, self.dataset, self.bands, self.seed) = (plan, dataset, bands, seed)
        splits = TaskSplits(scoring: test)
        training = dataset
        labelled = SampleSelection(all: dataset)
    }

    private static func labelled(
        _ all: SampleSelection, _ plan: TaskPlan, _ seed: UInt64
    ) -> SampleSelection {
        guard plan.data.labels < 1 else { return all }
        return all.keeping(
            "labels \(plan.data.labels)",
            TaskSplits.subset(all.indices, share: plan.data.labels, seed: seed))
    }

    // MARK: Plans of batches

    /// Windows or images to learn from, in another order each epoch.
    func trainingPlan() throws -> BatchPlan {
        var batches = bands.batches(min(plan.run.batch, labelled.indices.count), seed: seed)
        batches.isShuffled = true
        let side = try PixelSize(width: plan.data.crop, height: plan.data.crop)
        if plan.task.isDense {
            batches.crop = side
            batches.place = .random
        } else {
            batches.grid = side
        }
        batches.augmentation.flips = plan.data.augment
        batches.augmentation.turns = plan.data.augment
        return batches
    }

    /// Images with one answer each, in order, all of them.
    func imagePlan() throws -> BatchPlan {
        var batches = bands.batches(min(plan.run.batch, dataset.count), seed: seed)
        batches.grid = try PixelSize(width: plan.data.crop, height: plan.data.crop)
        batches.rest = .keep
        return batches
    }

    /// One whole image of its own size: the images' tensors (1, bands, height, width) and its codes.
    ///
    /// - Throws: what reading throws.
    func whole(_ index: Int) throws -> WholeImage {
        var batches = bands.batches(1, seed: seed)
        batches.rest = .keep
        let name = dataset.key(index)
        let stream = try BatchStream(
            dataset, SampleSelection(all: dataset).keeping(name, [index]), batches, epochs: 0..<1)
        guard let batch = try stream.next() else {
            throw BenchError(.invalid, "\(name): its reader gave nothing")
        }
        let codes = batch.withMask(0) { $0.map { UInt8(clamping: $0) } }
        let images = try images(of: batch)
        return WholeImage(
            key: name, index: index,
            size: try PixelSize(width: images[0].size(3), height: images[0].size(2)),
            images: images, codes: codes)
    }

    // MARK: Tensors

    /// The images of a batch after all that is done to pixels.
    ///
    /// - Throws: `TorchError`.
    func images(of batch: Batch, on device: Device = .cpu) throws -> [Tensor] {
        try bands.images.indices.map { number in
            let image = try batch.tensor(ofImage: number, on: device)
            return try Torch.attempt { finished(image) }
        }
    }

    private func finished(_ image: Tensor) -> Tensor {
        var image = image
        if let low = plan.data.clip.first, let high = plan.data.clip.last {
            image = image.clamp(minimum: low, maximum: high)
        }
        guard bands.standardisesImages else { return image }
        let mean = image.mean([2, 3], keepingDimensions: true)
        let centred = image - mean
        let variance = centred.square().mean([2, 3], keepingDimensions: true)
        return centred / variance.sqrt().clamp(minimum: 1e-6)
    }

    /// Labels of a batch of images with one answer each: int64 (batch), or float32 (batch, classes).
    ///
    /// - Throws: `BenchError`, 65, naming a sample without a label of this kind.
    func labels(of batch: Batch) throws -> Tensor {
        let count = dataset.classes.count
        if plan.task == .classification {
            return Tensor(
                try zip(batch.samples, batch.targets).map { index, target in
                    guard case .category(let category) = target else { throw noLabel(index) }
                    return Int64(category)
                })
        }
        let rows = try zip(batch.samples, batch.targets).map { index, target in
            guard case .categories(let row) = target, row.count == count else {
                throw noLabel(index)
            }
            return row.map { Float($0) }
        }
        return Tensor(rows.flatMap { $0 }, shape: [rows.count, count])
    }

    private func noLabel(_ index: Int) -> BenchError {
        BenchError(
            .invalid,
            "\(dataset.key(index)): has no label for \(plan.task.rawValue); use another task, or samples that have one"
        )
    }
}

/// An image with an answer for each pixel, read whole.
struct WholeImage {
    let key: String
    let index: Int
    let size: PixelSize
    /// One or two of (1, bands, height, width).
    let images: [Tensor]
    /// A code a pixel, row by row.
    let codes: [UInt8]

    /// The same image with other codes.
    func replacing(codes: [UInt8]) -> WholeImage {
        WholeImage(key: key, index: index, size: size, images: images, codes: codes)
    }
}
