import Foundation
import Glibc
import Metrics

/// Our side of the metrics benchmarks, on one thread.
///
/// Usage: `bench-metrics CASE FOLDER ROUNDS`; reads the raw arrays that `peer.py make` wrote, prints `seconds` of each round, the
/// `value` that came out, and `megabytes`: how far memory rose above what it was with the inputs read.
@main struct BenchMetrics {
    static func main() throws {
        let words = CommandLine.arguments
        guard words.count == 4, let rounds = Int(words[3]) else {
            FileHandle.standardError.write(Data("usage: \(words[0]) CASE FOLDER ROUNDS\n".utf8))
            exit(64)
        }
        let folder = words[2]
        switch words[1] {
        case "f1": try f1(folder, rounds)
        case "miou": try meanIoU(folder, rounds)
        case "map": try precision(folder, rounds) { $0.averagePrecision(.macro) ?? .nan }
        case "interval":
            try precision(folder, rounds) { scores in
                let interval = scores.interval(of: .macro, resamples: 1000, seed: 1)
                return (interval.upper ?? .nan) - (interval.lower ?? .nan)
            }
        default: exit(64)
        }
    }

    private static func f1(_ folder: String, _ rounds: Int) throws {
        let prediction = try read(UInt8.self, "\(folder)/mask-prediction.u8")
        let truth = try read(UInt8.self, "\(folder)/mask-truth.u8")
        measure(rounds) { ConfusionCounts(prediction: prediction, truth: truth).f1 ?? .nan }
    }

    private static func meanIoU(_ folder: String, _ rounds: Int) throws {
        let prediction = try read(UInt8.self, "\(folder)/class-prediction.u8")
        let truth = try read(UInt8.self, "\(folder)/class-truth.u8")
        try measure(rounds) {
            var counts = ClassConfusion(classes: 19)
            try counts.add(prediction: prediction, truth: truth, ignoring: 255)
            return counts.meanIoU.mean ?? .nan
        }
    }

    private static func precision(
        _ folder: String, _ rounds: Int, _ score: (MultilabelScores) throws -> Double
    ) throws {
        let scores = try MultilabelScores(
            scores: read(Float.self, "\(folder)/scores.f32"),
            labels: read(UInt8.self, "\(folder)/labels.u8"), classes: 19)
        try measure(rounds) { try score(scores) }
    }

    private static func measure(_ rounds: Int, _ body: () throws -> Double) rethrows {
        let before = peak()
        for _ in 0..<rounds {
            let start = ContinuousClock.now
            let value = try body()
            print("seconds", (ContinuousClock.now - start) / .seconds(1))
            print("value", value)
        }
        print("megabytes", Double(peak() - before) / 1024)
    }

    private static func peak() -> Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss
    }

    /// Reads a raw array without a second copy of it.
    private static func read<Element>(_ type: Element.Type, _ path: String) throws -> [Element] {
        guard let file = fopen(path, "rb") else {
            throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: path])
        }
        defer { fclose(file) }
        fseek(file, 0, SEEK_END)
        let count = ftell(file) / MemoryLayout<Element>.stride
        rewind(file)
        return [Element](unsafeUninitializedCapacity: count) { buffer, written in
            written = fread(buffer.baseAddress, MemoryLayout<Element>.stride, count, file)
        }
    }
}
