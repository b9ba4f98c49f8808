import Foundation
import Geo
import Glibc
import Store

/// Our side of the load-store benchmark: batches of 12 × 120 × 120 normalised float32 out of a store of native sizes.
///
/// Usage: `bench-load-store STORE THREADS SAMPLES`; prints samples/s of batches that a consumer looks at once, in the first epoch
/// (each record proven) and in later ones, of one thread, and of one thread that turns and mirrors with channels last.
@main struct LoadStore {
    private static let bands = [
        "B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12",
    ]

    static func main() throws {
        let words = CommandLine.arguments
        guard words.count == 4, let threads = Int(words[2]), let samples = Int(words[3]) else {
            FileHandle.standardError.write(Data("usage: \(words[0]) STORE THREADS SAMPLES\n".utf8))
            exit(64)
        }
        let folder = words[1]
        var plan = BatchPlan(
            images: [bands.map { .init($0, mean: 1100, deviation: 700) }], batch: 64)
        plan.grid = try PixelSize(width: 120, height: 120)
        plan.isShuffled = true
        let source = try StoreSource(folder)
        let first = try rate(source, plan, threads: threads, samples: source.count)
        let later = try rate(source, plan, threads: threads, samples: samples)
        let single = try rate(source, plan, threads: 1, samples: samples)
        plan.augmentation.flips = true
        plan.augmentation.turns = true
        plan.isChannelsLast = true
        let turned = try rate(source, plan, threads: 1, samples: samples)
        print("first", first.rate)
        print("later", later.rate)
        print("single", single.rate)
        print("turned", turned.rate)
        print("stall", later.stall)
        print("batch-megabytes", Double(later.bytes) / 1e6)
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        print("megabytes", usage.ru_maxrss / 1024)
    }

    private static func rate(
        _ source: StoreSource, _ plan: BatchPlan, threads: Int, samples: Int
    ) throws -> (rate: Double, stall: Double, bytes: Int) {
        var prefetch = BatchStream.Prefetch()
        prefetch.threads = threads
        let epochs = (samples + source.count - 1) / source.count
        let start = ContinuousClock.now
        let stream = try BatchStream(
            source, SampleSelection(all: source), plan, epochs: 0..<max(epochs, 1),
            prefetch: prefetch)
        var count = 0
        var sum: Float = 0
        while count < samples, let batch = try stream.next() {
            count += batch.count
            sum += batch.withImage { $0[$0.count / 2] }
        }
        precondition(sum.isFinite && count > 0)
        return (
            Double(count) / ((ContinuousClock.now - start) / .seconds(1)), stream.stallShare,
            stream.byteCount
        )
    }
}
