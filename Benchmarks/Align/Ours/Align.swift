import DataPrep
import Foundation
import Geo
import Manifests
import Tensors

/// Our side of the align benchmark.
///
/// Usage: `bench-align simulate SEED SIZE CASE FOLDER [ROWS COLUMNS]` makes a pair with clouds, change and a known displacement
/// (`SimulatedPairFiles`); `bench-align run FOLDER` aligns it and prints one JSON object: seconds, memory, errors.
@main struct Align {
    static func main() throws {
        let words = Array(CommandLine.arguments.dropFirst())
        Torch.setThreads(1)
        Torch.retainFreedMemory()
        switch words.first {
        case "simulate" where words.count == 5 || words.count == 7:
            try simulate(words)
        case "run" where words.count == 2:
            print(try Measurement(folder: words[1]).answer().serialized())
        default:
            let usage =
                "usage: bench-align simulate SEED SIZE shift|warp|strips FOLDER [ROWS COLUMNS] | run FOLDER\n"
            FileHandle.standardError.write(Data(usage.utf8))
            exit(64)
        }
    }

    private static func simulate(_ words: [String]) throws {
        guard let seed = UInt64(words[1]), let size = Int(words[2]),
            let kind = SimulatedPairFiles.Kind(rawValue: words[3])
        else { throw Refusal(reason: "no such pair: \(words.joined(separator: " "))") }
        let shift = words.dropFirst(5).compactMap { Double($0) }
        try SimulatedPairFiles(
            seed: seed, size: size, kind: kind, shift: shift.count == 2 ? (shift[0], shift[1]) : nil
        ).write(to: words[4])
    }
}

/// Why there is no figure.
struct Refusal: Error {
    let reason: String
}
