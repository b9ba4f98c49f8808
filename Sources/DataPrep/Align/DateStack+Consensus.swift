import Geo

extension DateStack {
    /// Dates that a date is paired with on either side in time, where there are more than `allPairs`.
    private static let neighbours = 3
    /// So many dates are paired each with each.
    private static let allPairs = 7

    /// All dates by what their pairs agree on: the frame is the mean of the geolocation of all that are joined.
    func alignedByConsensus(onDate: (DateAlignment) throws -> Void) throws -> [DateAlignment] {
        var records: [DateAlignment] = []
        var isTried: [Bool] = []
        for (index, scene) in scenes.enumerated() {
            let found = try aligner.record(of: scene, clear: clear[index], on: frame)
            records.append(found.date)
            isTried.append(found.isTried)
        }
        let network = try measured(isTried, &records)
        let joined = network.largestGroup(of: scenes.count, with: anchor)
        for index in records.indices where isTried[index] && !joined.contains(index) {
            records[index].reason =
                records[index].reason ?? "no pair of dates that agree joins it to the others"
        }
        if joined.count > 1 {
            try adopt(network, joined, &records)
        } else {
            // No two dates agree: the frame is the anchor's own.
            records[anchor] = try anchorRecord()
        }
        return try own.map { index in
            try onDate(records[index])
            return records[index]
        }
    }

    /// Measures every pair of dates that are worth it; windows and reasons go into the records.
    private func measured(
        _ isTried: [Bool], _ records: inout [DateAlignment]
    ) throws -> PairNetwork {
        var network = PairNetwork()
        var windows = [[Int]](repeating: [0, 0, 0], count: scenes.count)
        let tried = scenes.indices.filter { isTried[$0] }
        for (place, first) in tried.enumerated() {
            let partners = tried.dropFirst(place + 1).filter { isPaired(first, $0, among: tried) }
            guard !partners.isEmpty else { continue }
            let reference = try placed(first)
            for second in partners {
                let moving = try placed(second)
                let survey = try ShiftEstimator(aligner.settings.search).survey(
                    references: reference.images, movings: moving.images)
                var pair = records[second]
                let fit = aligner.fit(survey, frame, into: &pair)
                for index in [first, second] {
                    windows[index] = zip(windows[index], pair.windows).map(+)
                    records[index].reason = pair.reason
                }
                network.fractions[first] = reference.fraction
                network.fractions[second] = moving.fraction
                if let fit { network.pairs.append(.init(first: first, second: second, fit: fit)) }
            }
        }
        for index in tried { records[index].windows = windows[index] }
        return network
    }

    private func isPaired(_ first: Int, _ second: Int, among tried: [Int]) -> Bool {
        guard tried.count > Self.allPairs, first != anchor, second != anchor else { return true }
        let places = [first, second].compactMap(tried.firstIndex)
        return places.count == 2 && places[1] - places[0] <= Self.neighbours
    }

    /// A date's pictures on the frame's pixels, moved by whole pixels, and what of its geolocation remains.
    private func placed(_ index: Int) throws -> (images: [AlignmentImage], fraction: Shift) {
        let files = SceneFiles(scene: scenes[index], blocks: aligner.blocks)
        let moving = try frame.moving(files, bands: aligner.bands)
        let size = frame.grid.size
        return (
            moving.images.map {
                $0.cropped(
                    row: moving.origin.row, column: moving.origin.column, width: size.width,
                    height: size.height)
            }, moving.fraction
        )
    }

    private func adopt(
        _ network: PairNetwork, _ joined: Set<Int>, _ records: inout [DateAlignment]
    ) throws {
        let size = frame.grid.size
        let fits = try network.solved(joined, width: size.width, height: size.height)
        for (index, fit) in fits {
            aligner.adopt(
                fit, scale: frame.scale, nominal: network.fractions[index] ?? .zero,
                into: &records[index])
            records[index].reason = nil
        }
        tellTruth(joined, &records)
        // What is left is asked against the anchor as it was moved itself.
        var moved = frame
        moved.images = try aligner.pictures(of: scenes[anchor], records[anchor], on: frame)
        for index in joined where index != anchor && own.contains(index) {
            records[index].residual = try aligner.residual(
                of: scenes[index], records[index], against: moved)
        }
    }

    /// True shifts against their own mean.
    private func tellTruth(_ joined: Set<Int>, _ records: inout [DateAlignment]) {
        let truths = joined.sorted().compactMap { SceneTruth.shift(scenes[$0]) }
        guard truths.count == joined.count, !truths.isEmpty else { return }
        let mean = truths.reduce(Shift.zero, +) * (1 / Double(truths.count))
        for index in joined {
            records[index].trueShift = SceneTruth.shift(scenes[index]).map { $0 - mean }
        }
    }
}

extension AlignmentImage {
    /// A window of the image; 0 outside.
    func cropped(row: Int, column: Int, width: Int, height: Int) -> AlignmentImage {
        if (row, column, width, height) == (0, 0, self.width, self.height) { return self }
        var result = AlignmentImage(
            width: width, height: height, pixels: [UInt16](repeating: 0, count: width * height))
        let columns = max(0, -column)..<max(max(0, -column), min(width, self.width - column))
        for line in max(0, -row)..<max(max(0, -row), min(height, self.height - row)) {
            let from = (line + row) * self.width + column
            result.pixels.replaceSubrange(
                line * width + columns.lowerBound..<line * width + columns.upperBound,
                with: pixels[from + columns.lowerBound..<from + columns.upperBound])
        }
        return result
    }
}
