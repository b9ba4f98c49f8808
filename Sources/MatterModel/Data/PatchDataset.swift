import Geo
import Store
import Tensors

/// Draws batches from a store: each is a function of (seed, number) alone, so that a resumed run sees what it would have seen.
///
/// An epoch visits every cell of a grid of crops over every place once, in an order that is f(seed, epoch).
package final class PatchDataset {
    /// What batches are drawn from; every thread opens a dataset of its own from it.
    struct Source: Sendable {
        let store: String
        let places: [TilePlace]
        let recipe: Recipe
        let statistics: BandStatistics
        /// Those of each sample by its key, where images are standardised by themselves.
        let ofImages: [String: BandStatistics]
        let seed: UInt64
        /// Which of a batch's crops are drawn: those of this process.
        let slots: Range<Int>

        /// Reads the whole store for its statistics.
        init(_ plan: PretrainPlan, _ places: [TilePlace], slots: Range<Int>) throws {
            (store, recipe, seed) = (plan.store, plan.recipe, plan.seed)
            (self.places, self.slots) = (places, slots)
            let read = try StoreStatistics(
                of: places.flatMap(\.keys), recipe.data, store: store, threads: Torch.threads)
            (statistics, ofImages) = (read.all, read.ofImages)
        }
    }

    /// Opens a dataset over all places of a store.
    package convenience init(store path: String, recipe: Recipe, seed: UInt64) throws {
        try self.init(PretrainPlan(store: path, recipe: recipe, output: "", seed: seed))
    }

    /// Opens a dataset over the places of a plan, for one process.
    package convenience init(_ plan: PretrainPlan) throws {
        try self.init(Source(plan, plan.places(), slots: 0..<plan.recipe.data.batch))
    }

    private let store: SampleStore
    private let source: Source
    /// (place, row and column of the cell), before shuffling.
    private let cells: [Cell]
    private var shuffled: (epoch: Int, order: [Int])?

    private typealias Cell = (place: Int, row: Int, column: Int)

    init(_ source: Source) throws {
        self.source = source
        store = try SampleStore(source.store, for: .reading)
        let crop = source.recipe.data.crop
        cells = source.places.indices.flatMap { place in
            let size = source.places[place].size
            return (0..<size.height / crop).flatMap { row in
                (0..<size.width / crop).map { (place, row, $0) }
            }
        }
    }

    private var recipe: Recipe { source.recipe }

    /// Crops an epoch.
    package var count: Int { cells.count }

    /// The epoch of a batch, from 0.
    func epoch(ofBatch number: Int) -> Int { number * recipe.data.batch / count }

    /// The batch of a number, from 0.
    /// - Throws: `TrainingError` (`noClearCrop`) if no crop is clear on two dates; `StoreError`.
    package func batch(_ number: Int) throws -> PatchBatch {
        var batch = PatchBatch()
        for slot in source.slots {
            try add(item: number * recipe.data.batch + slot, to: &batch)
        }
        return batch
    }

    private func add(item: Int, to batch: inout PatchBatch) throws {
        let (epoch, index) = item.quotientAndRemainder(dividingBy: count)
        var random = SplitMix64(
            seed: SplitMix64.derive(seed: source.seed, 1, UInt64(epoch), UInt64(index)))
        let first = order(of: epoch)[index]
        for attempt in 0..<64 {
            // The drawn cell has four attempts; then any other may take its place.
            let cell = cells[attempt < 4 ? first : random.nextInt(below: cells.count)]
            guard let crop = try clearCrop(in: cell, &random) else { continue }
            let turn = recipe.data.augment ? QuarterTurn(random.next()) : .identity
            try addPixels(crop, turn, to: &batch)
            addPatches(crop, place: cell.place, turn, &random, to: &batch)
            batch.crops.append(
                PatchBatch.Crop(keys: [crop.keys.0, crop.keys.1], window: crop.window))
            return
        }
        throw TrainingError.noClearCrop(
            store: store.path, crop: recipe.data.crop,
            minimum: recipe.data.minimumValidFraction)
    }

    private func order(of epoch: Int) -> [Int] {
        if let shuffled, shuffled.epoch == epoch { return shuffled.order }
        var random = SplitMix64(seed: SplitMix64.derive(seed: source.seed, 0, UInt64(epoch)))
        let order = Array(cells.indices).shuffled(using: &random)
        shuffled = (epoch, order)
        return order
    }

    private struct ClearCrop {
        let window: PixelWindow
        let keys: (String, String)
        /// Whether a patch may be centred on a pixel of the window: clear on both dates, and unchanged where that is asked for.
        let valid: [Bool]
        /// Whether no patch may be centred elsewhere, however long it takes to find such a pixel.
        let isBinding: Bool
    }

    /// A window near a cell and two dates; nil if too little of it is clear on both.
    private func clearCrop(in cell: Cell, _ random: inout SplitMix64) throws -> ClearCrop? {
        let place = source.places[cell.place]
        let side = recipe.data.crop
        func start(_ cell: Int, _ length: Int) -> Int {
            let jittered = cell * side + random.nextInt(below: side) - side / 2
            return min(max(jittered, 0), length - side)
        }
        let window = try PixelWindow(
            column: start(cell.column, place.size.width), row: start(cell.row, place.size.height),
            width: side, height: side)
        let (first, other) = Self.dates(of: place, &random)
        let second = recipe.data.positives == .sameDate ? first : other
        let keys = (place.keys[first], place.keys[second])
        let masks = try [keys.0, keys.1].map { key in
            try store.withSample(key) { try $0.pixels("valid", in: window, as: UInt8.self) }
        }
        var valid = zip(masks[0], masks[1]).map { $0 != 0 && $1 != 0 }
        if let ground = place.ground {
            let corner = window.offset.row * place.size.width + window.offset.column
            for index in valid.indices where valid[index] {
                valid[index] = ground[corner + index / side * place.size.width + index % side]
            }
        }
        let clear = valid.count { $0 }
        guard Double(clear) >= recipe.data.minimumValidFraction * Double(valid.count), clear > 0
        else { return nil }
        let crop = ClearCrop(
            window: window, keys: keys, valid: valid, isBinding: place.ground != nil)
        return crop.isBinding && centres(of: crop).isEmpty ? nil : crop
    }

    /// Two dates of a place, by the numbers of their keys; either of a listed pair may be the anchor.
    private static func dates(
        of place: TilePlace, _ random: inout SplitMix64
    ) -> (first: Int, second: Int) {
        if let pairs = place.pairs {
            let pair = pairs[random.nextInt(below: pairs.count)]
            return random.nextInt(below: 2) == 0 ? (pair[0], pair[1]) : (pair[1], pair[0])
        }
        let first = random.nextInt(below: place.keys.count)
        let other = random.nextInt(below: place.keys.count - 1)
        return (first, other < first ? other : other + 1)
    }

    /// The pixels of a crop, not turned, that a whole patch may be centred on.
    private func centres(of crop: ClearCrop) -> [Int] {
        let (side, half) = (recipe.data.crop, recipe.patches.window / 2)
        let inner = half..<side - half
        return crop.valid.indices.filter {
            crop.valid[$0] && inner.contains($0 / side) && inner.contains($0 % side)
        }
    }

    /// Adds both dates, turned alike.
    ///
    /// A positive of the same date differs by its standardisation alone: the anchor has the store's,
    /// whatever the recipe says, and the positive its crop's own.
    private func addPixels(
        _ crop: ClearCrop, _ turn: QuarterTurn, to batch: inout PatchBatch
    ) throws {
        let isSame = recipe.data.positives == .sameDate
        let (first, second) = crop.keys
        let anchor = isSame ? source.statistics : source.statistics(of: first)
        let positive = isSame ? nil : source.statistics(of: second)
        try addPixels(first, crop, turn, anchor, to: &batch.anchors)
        try addPixels(second, crop, turn, positive, to: &batch.positives)
    }

    private func addPixels(
        _ key: String, _ crop: ClearCrop, _ turn: QuarterTurn,
        _ statistics: BandStatistics?, to pixels: inout [Float]
    ) throws {
        let side = recipe.data.crop
        try store.withSample(key) { sample in
            for (band, name) in recipe.data.bands.enumerated() {
                let plane = try sample.pixels(name, in: crop.window, as: UInt16.self)
                let (mean, scale) = statistics?.moments(band) ?? Self.moments(of: plane)
                pixels += turn.applied(to: plane, side: side) { (Float($0) - mean) * scale }
            }
        }
    }

    /// What is subtracted from a plane and what it is multiplied by, for its own mean and deviation.
    private static func moments(of plane: [UInt16]) -> (mean: Float, scale: Float) {
        let mean = Double(plane.reduce(0) { $0 + Int($1) }) / Double(plane.count)
        let squares = plane.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        let deviation = max((squares / Double(plane.count)).squareRoot(), 1)
        return (Float(mean), Float(1 / deviation))
    }

    private func addPatches(
        _ crop: ClearCrop, place: Int, _ turn: QuarterTurn, _ random: inout SplitMix64,
        to batch: inout PatchBatch
    ) {
        let side = recipe.data.crop
        let half = recipe.patches.window / 2
        let image = Int64(batch.crops.count)
        for _ in 0..<recipe.patches.perImage {
            var spot = (row: 0, column: 0)
            // A clear centre is soon found: a good part of the crop is clear.
            for _ in 0..<64 {
                spot.row = half + random.nextInt(below: side - 2 * half)
                spot.column = half + random.nextInt(below: side - 2 * half)
                let source = turn.source(row: spot.row, column: spot.column, side: side)
                if crop.valid[source.row * side + source.column] { break }
            }
            var centre = turn.source(row: spot.row, column: spot.column, side: side)
            if crop.isBinding, !crop.valid[centre.row * side + centre.column] {
                let all = centres(of: crop)
                let pixel = all[random.nextInt(below: all.count)]
                centre = (pixel / side, pixel % side)
                spot = turn.place(row: centre.row, column: centre.column, side: side)
            }
            batch.positions += [image, Int64(spot.row), Int64(spot.column)]
            batch.grounds.append(
                PatchGround(
                    region: source.places[place].region, place: place,
                    row: crop.window.offset.row + centre.row,
                    column: crop.window.offset.column + centre.column))
        }
    }
}

extension PatchDataset.Source {
    /// What a sample is standardised with.
    func statistics(of key: String) -> BandStatistics { ofImages[key] ?? statistics }
}

extension BandStatistics {
    /// What is subtracted from a band and what it is multiplied by.
    func moments(_ band: Int) -> (mean: Float, scale: Float) {
        (Float(means[band]), Float(1 / deviations[band]))
    }
}
