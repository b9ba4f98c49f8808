import Bench
import Dispatch
import Foundation
import Glibc
import Store
import Synchronization

/// Our side of the load-spacenet benchmark: every chip's bands and mask, as the loader hands them over.
///
/// Usage: `bench-load-spacenet FOLDER THREADS`; prints chips a second of the first epoch (footprints are read and rasterised) and of
/// a later one (masks come from memory), bytes of a chip, milliseconds a chip of outlines alone, and the most memory in MB.
@main struct LoadSpacenet {
    static func main() throws {
        let words = CommandLine.arguments
        guard words.count == 3, let threads = Int(words[2]), threads > 0 else {
            FileHandle.standardError.write(Data("usage: \(words[0]) FOLDER THREADS\n".utf8))
            exit(64)
        }
        let open = { try SpaceNetDataset<SpaceNet2>(at: words[1], options: DatasetOptions()) }
        // Once for the page cache.
        try epoch(open(), threads, planes: ["band1"])
        let data = try open()
        let first = try epoch(data, threads, planes: data.planes)
        let cached = try epoch(data, threads, planes: data.planes)
        print("first", Double(data.count) / first)
        print("cached", Double(data.count) / cached)
        print("bytes", try size(of: data))
        print("mask", try masks(open()))
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        print("megabytes", usage.ru_maxrss / 1024)
    }

    /// Seconds for all chips.
    @discardableResult
    private static func epoch(
        _ data: some Dataset, _ threads: Int, planes: [String]
    ) throws -> Double {
        let next = Mutex(0)
        let failure = Mutex<(any Error)?>(nil)
        let start = ContinuousClock.now
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            do {
                let reader = try data.reader()
                while true {
                    let index = next.withLock { index in
                        index += 1
                        return index - 1
                    }
                    guard index < data.count else { return }
                    try reader.read(index, planes: planes) { planes in
                        guard planes.allSatisfy({ !$0.bytes.isEmpty }) else { exit(70) }
                    }
                }
            } catch {
                failure.withLock { $0 = error }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
        return (ContinuousClock.now - start) / .seconds(1)
    }

    /// Milliseconds a chip for outlines alone: reading, proving and mending them.
    private static func masks(_ data: SpaceNetDataset<SpaceNet2>) throws -> Double {
        let start = ContinuousClock.now
        for index in 0..<data.count { _ = try data.buildings(index) }
        return (ContinuousClock.now - start) / .milliseconds(1) / Double(data.count)
    }

    /// Bytes of a chip as it is handed over.
    private static func size(of data: some Dataset) throws -> Int {
        var bytes = 0
        try data.reader().read(0, planes: data.planes) { planes in
            bytes = planes.reduce(0) { $0 + $1.bytes.count }
        }
        return bytes
    }
}
