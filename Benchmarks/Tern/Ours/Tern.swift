import Foundation
import MatterModel
import Tensors

/// Our side of the benchmarks tern and tern-paper.
///
/// Usage: `bench-tern authors|paper forward|both SIDE ROUNDS`; prints the seconds of each round, then the peak of resident memory in MB
/// above what was held when inputs and gradients had been made. One thread.
@main struct Tern {
    private static var settings: [String: TextureRefinement] {
        [
            "authors": TextureRefinement(
                kernel: .pamr, layers: [[1, 1, 2, 4, 6, 8]], iterations: 10),
            "paper": TextureRefinement(
                kernel: .cosineSimilar, layers: [[1], [2], [4], [8]], includesCentre: true,
                iterations: 1),
        ]
    }

    private static func peak() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Double(usage.ru_maxrss) / 1024
    }

    /// Megabytes that are resident now.
    private static func resident() throws -> Double {
        let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
            .split(separator: " ").compactMap { Double($0) }
        return pages[1] * Double(sysconf(Int32(_SC_PAGESIZE))) / 1_048_576
    }

    static func main() throws {
        let words = CommandLine.arguments
        guard words.count == 5, let network = settings[words[1]],
            ["forward", "both"].contains(words[2]), let side = Int(words[3]),
            let rounds = Int(words[4])
        else {
            FileHandle.standardError.write(
                Data("usage: \(words[0]) authors|paper forward|both SIDE ROUNDS\n".utf8))
            exit(64)
        }
        Torch.setThreads(1)
        Torch.setSeed(1)
        let isBoth = words[2] == "both"
        let guide = Tensor.random([1, 13, side, side])
        let map = Tensor.random([1, 64, side, side])
        map.requiresGradient = isBoth
        let upstream = Tensor.random([1, 64, side, side])
        map.gradient = isBoth ? map.detached().zerosLike() : nil
        // A small pass first: libraries are loaded and set up before memory is looked at.
        let small = Tensor.random([1, 64, 8, 8])
        small.requiresGradient = isBoth
        let refined = network(small, guide: Tensor.random([1, 13, 8, 8]))
        if isBoth { refined.sum().backward() }
        let before = try resident()
        for _ in 0..<rounds {
            map.gradient = nil
            let time = ContinuousClock().measure {
                if isBoth {
                    network(map, guide: guide).backward(gradient: upstream)
                } else {
                    _ = noGradient { network(map, guide: guide) }
                }
            }
            print(time / .seconds(1))
        }
        print("peak", peak() - before)
    }
}
