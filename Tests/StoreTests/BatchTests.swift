import Geo
import Manifests
import Store
import Tensors
import Testing

struct BatchTests {
    private static func plan(batch: Int = 3) -> BatchPlan {
        var plan = BatchPlan(
            images: [
                [.init("B02", mean: 100, deviation: 4), .init("B05"), .init("B01", mean: -1)],
                [.init("VV", mean: -20, deviation: 5)],
            ], batch: batch)
        plan.masks = ["mask"]
        plan.seed = 5
        return plan
    }

    private static func stream(
        _ source: MadeSource, _ plan: BatchPlan, epochs: Range<Int> = 0..<1, from: Int = 0,
        threads: Int = 2
    ) throws -> BatchStream {
        var prefetch = BatchStream.Prefetch()
        prefetch.threads = threads
        return try BatchStream(
            source, SampleSelection(all: source), plan, epochs: epochs, from: from,
            prefetch: prefetch)
    }

    private static func augmented() -> BatchPlan {
        var plan = plan()
        plan.isShuffled = true
        plan.crop = try? PixelSize(width: 8, height: 8)
        plan.place = .random
        plan.augmentation.flips = true
        plan.augmentation.turns = true
        plan.augmentation.brightness = 0.2
        plan.augmentation.contrast = 0.3
        plan.augmentation.gain = 0.1
        plan.augmentation.dropout = 0.3
        return plan
    }

    // MARK: What is in a batch

    @Test func planesAreNormalisedInTheirOrder() throws {
        let source = MadeSource()
        let stream = try Self.stream(source, Self.plan())
        #expect(stream.shape.byteCount == 3 * 144 * 4 * 5)
        #expect(stream.byteCount == 3 * stream.shape.byteCount)
        let batch = try #require(try stream.next())
        #expect(batch.shape(ofImage: 0) == [3, 3, 12, 12])
        #expect(batch.targets == [.category(0), .category(1), .category(2)])
        let expected = Float(MadeSource.value(1, "B02", row: 5, column: 7))
        batch.withImage(0) { #expect($0[(3 + 0) * 144 + 5 * 12 + 7] == expected / 4 - 25) }
        let radar = Float(MadeSource.value(2, "VV", row: 3, column: 4)) / 100 - 40
        batch.withImage(1) { #expect(abs($0[2 * 144 + 3 * 12 + 4] - (radar + 20) / 5) < 1e-5) }
        batch.withMask {
            #expect($0[144 + 14] == Int32(MadeSource.value(1, "mask", row: 1, column: 2) % 5))
        }
        let tensor = try batch.tensor(ofImage: 0)
        #expect(tensor.shape == [3, 3, 12, 12] && tensor.dtype == .float32)
        #expect(batch.withImage(0, Array.init) == tensor.values(as: Float.self))
        #expect(try batch.tensor(ofMask: 0).dtype == .int32)
    }

    @Test func channelsLastHoldsTheSameNumbers() throws {
        var plan = Self.augmented()
        let first = try #require(try Self.stream(MadeSource(), plan).next())
        plan.isChannelsLast = true
        let last = try #require(try Self.stream(MadeSource(), plan).next())
        #expect(last.shape(ofImage: 0) == [3, 8, 8, 3])
        let (one, other) = try (first.tensor(ofImage: 0), last.tensor(ofImage: 0))
        #expect(one.shape == other.shape)
        #expect(one.values(as: Float.self) == other.contiguous().values(as: Float.self))
    }

    /// Of a plane whose pixels say where they are, each of the eight turns is found, and the mask is turned alike.
    @Test func turnsHoldForImagesAndMasksAlike() throws {
        var source = MadeSource(count: 64)
        source.planes = [
            ("before.B02", 12, 12, .uint16), ("after.B02", 12, 12, .uint16),
            ("mask", 12, 12, .uint16),
        ]
        var plan = BatchPlan(
            images: [[.init("before.B02")], [.init("after.B02")]], batch: 64)
        plan.masks = ["mask"]
        plan.crop = try PixelSize(width: 8, height: 8)
        plan.place = .random
        plan.augmentation.flips = true
        plan.augmentation.turns = true
        let batch = try #require(try Self.stream(source, plan).next())
        let images = [batch.withImage(0, Array.init), batch.withImage(1, Array.init)]
        let mask = batch.withMask(0, Array.init)
        var turns: Set<Int> = []
        for sample in 0..<64 {
            let fits = Self.placements(sample, "mask").filter { placed in
                (0..<64).allSatisfy { Int(mask[sample * 64 + $0]) == placed.values[$0] }
            }
            let found = try #require(fits.first, "sample \(sample): no turn gives the mask")
            turns.insert(found.turn)
            for (image, name) in zip(images, ["before.B02", "after.B02"]) {
                let expected = Self.placements(sample, name).first {
                    ($0.turn, $0.row, $0.column) == (found.turn, found.row, found.column)
                }
                let values = (0..<64).map { Int(image[sample * 64 + $0]) }
                #expect(values == expected?.values, "sample \(sample), \(name)")
            }
        }
        #expect(turns.count == 8)
    }

    /// Every turn of every window of 8 × 8.
    private static func placements(
        _ sample: Int, _ name: String
    ) -> [(turn: Int, row: Int, column: Int, values: [Int])] {
        (0..<8).flatMap { turn in
            (0...4).flatMap { top in
                (0...4).map { left in
                    let values = (0..<64).map { place in
                        var (row, column) = (place / 8, place % 8)
                        if turn & 4 != 0 { swap(&row, &column) }
                        if turn & 1 != 0 { column = 7 - column }
                        if turn & 2 != 0 { row = 7 - row }
                        return MadeSource.value(sample, name, row: top + row, column: left + column)
                    }
                    return (turn, top, left, values)
                }
            }
        }
    }

    @Test func bandsAreLeftOutButNeverAll() throws {
        var plan = Self.plan(batch: 10)
        plan.augmentation.dropout = 0.9
        let batch = try #require(try Self.stream(MadeSource(), plan).next())
        var dropped = 0
        batch.withImage(0) { values in
            for sample in 0..<10 {
                let zeros = (0..<3).filter { band in
                    let start = (sample * 3 + band) * 144
                    return values[start..<start + 144].allSatisfy { $0 == 0 }
                }
                #expect(zeros.count < 3)
                dropped += zeros.count
            }
        }
        #expect(dropped > 10)
    }

    @Test func coloursDifferBetweenDatesUnlessShared() throws {
        var source = MadeSource(count: 4)
        source.planes = [("a", 4, 4, .uint16), ("b", 4, 4, .uint16)]
        for isShared in [false, true] {
            var plan = BatchPlan(images: [[.init("a")], [.init("b")]], batch: 4)
            plan.augmentation.brightness = 2000
            plan.augmentation.isShared = isShared
            let batch = try #require(try Self.stream(source, plan).next())
            let changes = [("a", 0), ("b", 1)].map { name, image in
                batch.withImage(image) {
                    $0[0] - Float(MadeSource.value(0, name, row: 0, column: 0))
                }
            }
            #expect((abs(changes[0] - changes[1]) < 0.01) == isShared)
        }
    }

    // MARK: Order

    @Test(arguments: [1, 2, 5]) func threadsChangeNothing(threads: Int) throws {
        let source = MadeSource(count: 20)
        let plan = Self.augmented()
        let one = try Self.stream(source, plan, epochs: 0..<3, threads: 1).all()
        let many = try Self.stream(source, plan, epochs: 0..<3, threads: threads).all()
        #expect(one.count == 18)
        #expect(one.elementsEqual(many) { $0 == $1 })
        #expect(Set(one[..<6].flatMap(\.samples)).count == 18)
        #expect(one[0].samples != one[6].samples)
    }

    @Test func aRunIsTakenUpInTheMiddleOfAnEpoch() throws {
        let plan = Self.augmented()
        let whole = try Self.stream(MadeSource(), plan, epochs: 0..<3).all()
        let rest = try Self.stream(MadeSource(), plan, epochs: 1..<3, from: 2).all()
        #expect(rest.elementsEqual(whole[5...]) { $0 == $1 })
    }

    @Test(arguments: [BatchPlan.Rest.drop, .keep], [1, 2, 3])
    func ranksShareTheSamples(rest: BatchPlan.Rest, ranks: Int) throws {
        var plan = Self.plan(batch: 4)
        plan.isShuffled = true
        plan.rest = rest
        plan.ranks = ranks
        let orders = (0..<ranks).map { rank in
            plan.rank = rank
            return SampleOrder(Array(0..<31), plan, epoch: 2)
        }
        let all = orders.flatMap(\.samples)
        #expect(Set(all).count == all.count)
        switch rest {
        case .drop:
            #expect(Set(orders.map(\.samples.count)).count == 1)
            #expect(orders[0].samples.count == 31 / ranks / 4 * 4)
        case .keep: #expect(all.sorted() == Array(0..<31))
        }
        #expect(orders[0].batch(orders[0].batchCount - 1).count <= 4)
    }

    @Test func theLastBatchOfAnEvaluationIsShorter() throws {
        var plan = Self.plan(batch: 4)
        plan.rest = .keep
        let batches = try Self.stream(MadeSource(), plan).all()
        #expect(batches.map(\.samples) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]])
        #expect(batches[2].images[0].count == 2 * 3 * 144)
    }

    /// Batches in pinned memory need a GPU: said at the start, before a thread reads.
    @Test(.enabled(if: !Device.cuda.isAvailable, "needs a machine without a GPU"))
    func pinnedBatchesAreRefusedWithoutAGPU() throws {
        var prefetch = BatchStream.Prefetch()
        prefetch.memory = .pinned
        let source = MadeSource()
        let error = #expect(throws: TorchError.self) {
            try BatchStream(
                source, SampleSelection(all: source), Self.plan(), epochs: 0..<1, prefetch: prefetch
            )
        }
        #expect(error?.exitCode.rawValue == 69)
    }

    @Test(.enabled(if: Device.cuda.isAvailable, "needs a GPU"))
    func pinnedBatchesAreTheSame() throws {
        func all(_ memory: HostMemory) throws -> [[Float]] {
            var prefetch = BatchStream.Prefetch()
            prefetch.memory = memory
            let source = MadeSource()
            let stream = try BatchStream(
                source, SampleSelection(all: source), Self.augmented(), epochs: 0..<2,
                prefetch: prefetch)
            var found: [[Float]] = []
            while let batch = try stream.next() {
                found.append(try batch.tensor(ofImage: 1, on: .cuda).values())
                found.append(try batch.tensor(ofMask: 0, on: .cuda).values())
            }
            return found
        }
        #expect(try all(.pinned) == all(.plain))
    }

    @Test func stallsAreMeasured() throws {
        let source = MadeSource(count: 40)
        let stream = try Self.stream(source, Self.plan(batch: 2))
        #expect(stream.stallShare == 0)
        _ = try stream.all()
        #expect((0...1).contains(stream.stallShare))
    }
}
