import Geo
import Manifests
import Store
import Testing

/// RELIABILITY C9, C25, C27, C28: what is wrong with samples, readers and plans is said, soon, by name.
struct BatchFaultTests {
    private static func plan(batch: Int = 2) -> BatchPlan {
        BatchPlan(images: [[.init("B02"), .init("VV")]], batch: batch)
    }

    private static func failure(
        _ source: MadeSource, _ plan: BatchPlan, selection: SampleSelection? = nil,
        patience: Duration = .seconds(20)
    ) -> (any Error)? {
        var prefetch = BatchStream.Prefetch()
        prefetch.patience = patience
        do {
            let stream = try BatchStream(
                source, selection ?? SampleSelection(all: source), plan, epochs: 0..<1,
                prefetch: prefetch)
            while try stream.next() != nil {}
            return nil
        } catch { return error }
    }

    /// Ranks beyond the last sample have nothing in any epoch, and end.
    @Test(arguments: [0, 1, 2, 3])
    func aRankWithoutSamplesEnds(rank: Int) throws {
        var plan = Self.plan(batch: 1)
        (plan.rest, plan.rank, plan.ranks) = (.keep, rank, 4)
        let source = MadeSource(count: 2)
        let stream = try BatchStream(source, SampleSelection(all: source), plan, epochs: 0..<9)
        var batches = 0
        while try stream.next() != nil { batches += 1 }
        #expect(batches == (rank < 2 ? 9 : 0))
    }

    @Test func aReaderThatFailsEndsTheStreamAtItsBatch() throws {
        var source = MadeSource(count: 12)
        source.event = { [7, 5].contains($0) ? .failure : .none }
        let stream = try BatchStream(
            source, SampleSelection(all: source), Self.plan(), epochs: 0..<1)
        #expect(try stream.next()?.samples == [0, 1])
        #expect(try stream.next()?.samples == [2, 3])
        for _ in 0..<2 {
            let error = #expect(throws: MadeSource.Fault.self) { try stream.next() }
            #expect(error?.key == "sample-1005")
        }
    }

    /// C25: a reader that hangs.
    @Test func aReaderThatHangsIsNamed() {
        var source = MadeSource(count: 12)
        source.event = { $0 == 5 ? .hang(seconds: 3) : .none }
        let clock = ContinuousClock()
        let start = clock.now
        let error = Self.failure(source, Self.plan(), patience: .milliseconds(300)) as? BatchError
        #expect(clock.now - start < .seconds(2))
        #expect(error?.exitCode == .io && error?.key == "sample-1005")
        #expect(error?.description.contains("not answered") == true)
        #expect(BatchStream.Prefetch().patience <= .seconds(30))
    }

    /// C25: the first sample, by which the plan is checked, hangs.
    @Test func aFirstSampleThatHangsIsNamed() {
        var source = MadeSource(count: 12)
        source.event = { $0 == 0 ? .hang(seconds: 3) : .none }
        let clock = ContinuousClock()
        let start = clock.now
        let error = Self.failure(source, Self.plan(), patience: .milliseconds(300)) as? BatchError
        #expect(clock.now - start < .seconds(2))
        #expect(error?.exitCode == .io && error?.key == "sample-1000")
    }

    @Test func aCallerThatKeepsAllBuffersIsTold() throws {
        let source = MadeSource(count: 12)
        let stream = try BatchStream(
            source, SampleSelection(all: source), Self.plan(), epochs: 0..<1)
        var held: [Batch] = []
        let error = #expect(throws: BatchError.self) {
            while let batch = try stream.next() { held.append(batch) }
        }
        #expect(error?.exitCode == .configuration && held.count == 3)
    }

    /// C27: too few samples.
    @Test func tooFewSamplesAreRefusedWithTheirFilters() {
        let source = MadeSource(count: 9)
        let all = SampleSelection(all: source)
        func message(_ selection: SampleSelection, _ plan: BatchPlan) -> String? {
            let error = Self.failure(source, plan, selection: selection) as? BatchError
            #expect(error == nil || error?.exitCode == .badData)
            return error?.message
        }
        let none = all.keeping("split train") { $0 < 4 }.keeping("country Malta") { _ in false }
        let text = "9 samples, 4 after split train, 0 after country Malta"
        #expect(message(none, Self.plan())?.contains(text) == true)
        let one = all.keeping("a list", [3, 77])
        #expect(message(one, Self.plan(batch: 1))?.contains("1 after a list") == true)
        #expect(message(all, Self.plan(batch: 10))?.contains("batch of 10") == true)
        var ranks = Self.plan(batch: 5)
        ranks.ranks = 2
        #expect(message(all, ranks)?.contains("2 ranks") == true)
        var evaluation = Self.plan(batch: 10)
        evaluation.rest = .keep
        #expect(message(one, evaluation) == nil)
    }

    /// D15: more than the machine has is refused before any of it is touched; more places than samples are not made.
    @Test func batchesBeyondTheMemoryAreRefused() throws {
        var source = MadeSource(count: 100_000)
        source.planes = [("B02", 4, 4, .uint16), ("VV", 4, 4, .float32)]
        var plan = Self.plan(batch: 65_536)
        plan.grid = try PixelSize(width: 2048, height: 2048)
        let error = Self.failure(source, plan) as? BatchError
        #expect(error?.exitCode == .outOfResources)
        #expect(error?.description.contains("samples a batch fit") == true)
        for batch in [Int.max, 65_537, 0, -1] {
            plan.batch = batch
            let error = Self.failure(source, plan) as? BatchError
            #expect(error?.exitCode == .configuration, "\(batch)")
        }
        var few = Self.plan(batch: 65_536)
        few.rest = .keep
        let three = MadeSource(count: 3)
        let stream = try BatchStream(three, SampleSelection(all: three), few, epochs: 0..<1)
        #expect(stream.shape.batch == 3)
        #expect(try stream.next()?.samples == [0, 1, 2])
    }

    /// C28: a plan that does not fit its samples is refused before a batch is made.
    @Test func plansThatDoNotFitAreRefusedAtTheStart() throws {
        func code(_ change: (inout BatchPlan) throws -> Void) rethrows -> ExitCode? {
            var plan = Self.plan()
            try change(&plan)
            let source = MadeSource()
            do {
                try BatchStream.rehearse(source, SampleSelection(all: source), plan)
                return nil
            } catch { return (error as? any ExitCoded)?.exitCode }
        }
        #expect(code { _ in } == nil)
        let large = try PixelSize(width: 13, height: 4)
        #expect(code { $0.crop = large } == .configuration)
        #expect(
            code {
                $0.crop = large
                $0.grid = large
            } == nil)
        #expect(
            code {
                $0.crop = large
                $0.grid = large
                $0.augmentation.turns = true
            } == .configuration)
        #expect(code { $0.batch = 0 } == .configuration)
        #expect(code { $0.images = [] } == .configuration)
        #expect(code { $0.images = [[]] } == .configuration)
        #expect(code { $0.masks = ["VV"] } == .configuration)
        #expect(code { $0.images[0][0].deviation = 0 } == .configuration)
        #expect(code { $0.images[0][0].mean = .nan } == .configuration)
        #expect(code { $0.augmentation.dropout = 1 } == .configuration)
        #expect(code { $0.augmentation.contrast = -0.1 } == .configuration)
        #expect(code { $0.rank = 1 } == .configuration)
    }

    @Test func samplesOfAnotherSizeAreNamed() throws {
        var source = MadeSource(count: 12)
        source.excess = { $0 == 4 ? 1 : 0 }
        var plan = Self.plan()
        let error = Self.failure(source, plan) as? BatchError
        #expect(error?.exitCode == .badData && error?.key == "sample-1004")
        plan.crop = try PixelSize(width: 12, height: 12)
        #expect(Self.failure(source, plan) == nil)
        plan.crop = nil
        plan.grid = try PixelSize(width: 24, height: 24)
        #expect(Self.failure(source, plan) == nil)
    }

    /// C9: numbers that are none.
    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func whatIsNoNumberIsRefusedOrReplaced(value: Float) throws {
        var source = MadeSource(count: 12)
        source.oddNumber = (6, value)
        var plan = Self.plan()
        let error = Self.failure(source, plan) as? BatchError
        #expect(error?.exitCode == .badData && error?.key == "sample-1006")
        #expect(error?.message.contains("VV: 1 pixels are NaN or infinite") == true)
        plan.noNumber = .replace
        plan.images[0][1].mean = -13
        let stream = try BatchStream(
            source, SampleSelection(all: source), plan, epochs: 0..<1)
        for batch in try stream.all() { #expect(batch.images[0].allSatisfy { $0.isFinite }) }
        let again = try BatchStream(
            source, SampleSelection(all: source), plan, epochs: 0..<1, from: 3)
        let first = try #require(try again.next())
        first.withImage { #expect($0[144 + 13] == 0) }
    }
}
