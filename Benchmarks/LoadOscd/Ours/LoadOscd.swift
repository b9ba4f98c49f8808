import Bench
import Foundation
import Store

/// Patches of OSCD-format cities as augmented, normalised batches: `bench-load-oscd FOLDER THREADS SECONDS`.
///
/// Prints the seconds of opening, the rate of patches once it is open, and the bytes of memory that cities and batches take.
@main
enum LoadOscd {
    private static let (side, batch) = (96, 32)

    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let threads = Int(arguments[2]),
            let seconds = Double(arguments[3])
        else { exit(64) }
        let clock = ContinuousClock()
        let start = clock.now
        let dataset = try OSCDDataset(at: arguments[1])
        let patches = try OSCDPatches(
            dataset, indices: dataset.indices(of: nil),
            tiling: PatchTiling(side: side, stride: side))
        let opened = (clock.now - start) / .seconds(1)

        var prefetch = BatchStream.Prefetch()
        prefetch.threads = threads
        let stream = try BatchStream(
            patches, SampleSelection(all: patches), plan, epochs: 0..<1_000_000, prefetch: prefetch)
        _ = try stream.next()
        let begin = clock.now
        var (count, sum) = (0, Float(0))
        while (clock.now - begin) / .seconds(1) < seconds, let made = try stream.next() {
            count += made.count
            made.withImage(0) { sum += $0[0] }
        }
        let elapsed = (clock.now - begin) / .seconds(1)
        print("opening \(opened)")
        print("rate \(Double(count) / elapsed)")
        print("bytes \(patches.byteCount + stream.byteCount)")
        print("stall \(stream.stallShare)")
        print("sum \(sum)")
    }

    /// Both dates with all 13 bands, the mask; mirrored and turned at random, the same for all of them.
    private static var plan: BatchPlan {
        let bands = [
            "B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11",
            "B12",
        ]
        var plan = BatchPlan(
            images: ["before", "after"].map { date in
                bands.map { .init("\(date).\($0)", mean: 1500, deviation: 800) }
            }, batch: batch)
        plan.masks = ["mask"]
        plan.augmentation.flips = true
        plan.augmentation.turns = true
        plan.isShuffled = true
        plan.seed = 1
        return plan
    }
}
