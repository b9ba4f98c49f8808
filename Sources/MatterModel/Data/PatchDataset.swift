import Geo
package import Store

/// Crops of the same ground at two dates, and the patches to compare in them.
package struct PatchBatch: Equatable {
    /// Pixels of the first date, (crops, bands, side, side), standardised.
    package var anchors: [Float] = []
    /// Pixels of the second date.
    package var positives: [Float] = []
    /// (crop, row, column) of each patch's centre.
    package var positions: [Int64] = []
    /// Where on the ground each patch is.
    package var grounds: [PatchGround] = []
}

/// Where on the ground a patch is: enough to tell which patches may be each other's negatives.
package struct PatchGround: Hashable, Sendable {
    let region: String
    /// Number of the tile's place.
    let place: Int
    /// Pixel of the tile.
    let row, column: Int

    package init(region: String, place: Int, row: Int, column: Int) {
        (self.region, self.place, self.row, self.column) = (region, place, row, column)
    }
}

/// Draws batches from a store: each is a function of (seed, step) alone, so that a resumed run sees what it would have seen.
///
/// An epoch visits every cell of a grid of crops over every place once, in an order that is f(seed, epoch).
package final class PatchDataset {
    /// Opens a dataset over all places of a store.
    package convenience init(store: SampleStore, recipe: Recipe, seed: UInt64) throws {
        let places = try TilePlace.all(in: store, records: nil, crop: recipe.data.crop)
        let statistics = try BandStatistics(
            of: places.flatMap(\.keys), bands: recipe.data.bands, in: store)
        self.init(
            store: store, places: places, recipe: recipe, statistics: statistics, seed: seed)
    }

    private let store: SampleStore
    private let recipe: Recipe
    private let seed: UInt64
    private let places: [TilePlace]
    private let statistics: BandStatistics
    /// (place, row and column of the cell), before shuffling.
    private let cells: [(place: Int, row: Int, column: Int)]
    private var shuffled: (epoch: Int, order: [Int])?

    init(
        store: SampleStore, places: [TilePlace], recipe: Recipe, statistics: BandStatistics,
        seed: UInt64
    ) {
        (self.store, self.places, self.recipe) = (store, places, recipe)
        (self.statistics, self.seed) = (statistics, seed)
        let crop = recipe.data.crop
        cells = places.indices.flatMap { place in
            (0..<places[place].size.height / crop).flatMap { row in
                (0..<places[place].size.width / crop).map { (place, row, $0) }
            }
        }
    }

    /// Crops an epoch.
    package var count: Int { cells.count }

    /// The epoch of a step, from 0.
    func epoch(ofStep step: Int) -> Int { step * recipe.data.batch / count }

    /// The batch of a step, from 0.
    /// - Throws: `TrainingError` (`noClearCrop`) if no crop is clear on two dates; `StoreError`.
    package func batch(_ step: Int) throws -> PatchBatch {
        var batch = PatchBatch()
        for slot in 0..<recipe.data.batch {
            try add(item: step * recipe.data.batch + slot, as: slot, to: &batch)
        }
        return batch
    }

    private func add(item: Int, as slot: Int, to batch: inout PatchBatch) throws {
        let (epoch, index) = item.quotientAndRemainder(dividingBy: count)
        var random = SplitMix64(
            seed: SplitMix64.derive(seed: seed, 1, UInt64(epoch), UInt64(index)))
        let first = order(of: epoch)[index]
        for attempt in 0..<64 {
            // The drawn cell has four attempts; then any other may take its place.
            let cell = cells[attempt < 4 ? first : random.nextInt(below: cells.count)]
            guard let crop = try clearCrop(in: cell, &random) else { continue }
            let turn = recipe.data.augment ? QuarterTurn(random.next()) : .identity
            batch.anchors += try pixels(crop.keys.0, crop.window, turn)
            batch.positives += try pixels(crop.keys.1, crop.window, turn)
            addPatches(crop, place: cell.place, turn, slot, &random, to: &batch)
            return
        }
        throw TrainingError.noClearCrop(
            store: store.path, crop: recipe.data.crop,
            minimum: recipe.data.minimumValidFraction)
    }

    private func order(of epoch: Int) -> [Int] {
        if let shuffled, shuffled.epoch == epoch { return shuffled.order }
        var random = SplitMix64(seed: SplitMix64.derive(seed: seed, 0, UInt64(epoch)))
        let order = Array(cells.indices).shuffled(using: &random)
        shuffled = (epoch, order)
        return order
    }

    private struct Crop {
        let window: PixelWindow
        let keys: (String, String)
        /// Whether a pixel of the window is clear on both dates.
        let valid: [Bool]
    }

    /// A window near a cell and two dates; nil if too little of it is clear on both.
    private func clearCrop(
        in cell: (place: Int, row: Int, column: Int), _ random: inout SplitMix64
    ) throws -> Crop? {
        let place = places[cell.place]
        let side = recipe.data.crop
        func start(_ cell: Int, _ length: Int) -> Int {
            let jittered = cell * side + random.nextInt(below: side) - side / 2
            return min(max(jittered, 0), length - side)
        }
        let window = try PixelWindow(
            column: start(cell.column, place.size.width), row: start(cell.row, place.size.height),
            width: side, height: side)
        let first = random.nextInt(below: place.keys.count)
        let other = random.nextInt(below: place.keys.count - 1)
        let keys = (place.keys[first], place.keys[other < first ? other : other + 1])
        let masks = try [keys.0, keys.1].map { key in
            try store.withSample(key) { try $0.pixels("valid", in: window, as: UInt8.self) }
        }
        let valid = zip(masks[0], masks[1]).map { $0 != 0 && $1 != 0 }
        let clear = valid.count { $0 }
        guard Double(clear) >= recipe.data.minimumValidFraction * Double(valid.count), clear > 0
        else { return nil }
        return Crop(window: window, keys: keys, valid: valid)
    }

    private func pixels(
        _ key: String, _ window: PixelWindow, _ turn: QuarterTurn
    ) throws -> [Float] {
        let side = recipe.data.crop
        var pixels: [Float] = []
        pixels.reserveCapacity(recipe.data.bands.count * side * side)
        try store.withSample(key) { sample in
            for (band, name) in recipe.data.bands.enumerated() {
                let plane = try sample.pixels(name, in: window, as: UInt16.self)
                let (mean, scale) = moments(of: plane, band)
                for row in 0..<side {
                    for column in 0..<side {
                        let source = turn.source(row: row, column: column, side: side)
                        let value = plane[source.row * side + source.column]
                        pixels.append((Float(value) - mean) * scale)
                    }
                }
            }
        }
        return pixels
    }

    /// What is subtracted from a plane and what it is multiplied by.
    private func moments(of plane: [UInt16], _ band: Int) -> (mean: Float, scale: Float) {
        switch recipe.data.standardise {
        case .store: return statistics.moments(band)
        case .image:
            let mean = Double(plane.reduce(0) { $0 + Int($1) }) / Double(plane.count)
            let squares = plane.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
            let deviation = max((squares / Double(plane.count)).squareRoot(), 1)
            return (Float(mean), Float(1 / deviation))
        }
    }

    private func addPatches(
        _ crop: Crop, place: Int, _ turn: QuarterTurn, _ slot: Int, _ random: inout SplitMix64,
        to batch: inout PatchBatch
    ) {
        let side = recipe.data.crop
        let half = recipe.patches.window / 2
        for _ in 0..<recipe.patches.perImage {
            var spot = (row: 0, column: 0)
            // A clear centre is soon found: a good part of the crop is clear.
            for _ in 0..<64 {
                spot.row = half + random.nextInt(below: side - 2 * half)
                spot.column = half + random.nextInt(below: side - 2 * half)
                let source = turn.source(row: spot.row, column: spot.column, side: side)
                if crop.valid[source.row * side + source.column] { break }
            }
            let source = turn.source(row: spot.row, column: spot.column, side: side)
            batch.positions += [Int64(slot), Int64(spot.row), Int64(spot.column)]
            batch.grounds.append(
                PatchGround(
                    region: places[place].region, place: place,
                    row: crop.window.offset.row + source.row,
                    column: crop.window.offset.column + source.column))
        }
    }
}

extension BandStatistics {
    /// What is subtracted from a band and what it is multiplied by.
    func moments(_ band: Int) -> (mean: Float, scale: Float) {
        (Float(means[band]), Float(1 / deviations[band]))
    }
}
