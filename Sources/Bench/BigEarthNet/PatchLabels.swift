import Dispatch
import Foundation
import Manifests

/// The labels of version 1: a small JSON document a patch.
struct PatchLabels: Sendable {
    /// What they are counted in: all 43 classes, or the 19.
    let usesAll43: Bool

    /// The classes of a document as bits.
    ///
    /// - Throws: `ManifestError` or `BenchError`, 65, for what is no such document, or has a class that is none of the 43.
    func bits(ofFile path: String) throws -> UInt64 {
        let document = try JSONValue.parse(file: path, limits: JSONLimits(bytes: 1 << 16))
        guard case .array(let labels)? = document["labels"] else {
            throw BenchError(
                .invalid, "\(path): has no list \"labels\"; unpack the archive again")
        }
        var bits: UInt64 = 0
        for label in labels {
            guard case .string(let name) = label, let place = CORINEClass.places[name] else {
                let seen = if case .string(let name) = label { "\"\(name)\"" } else { "no text" }
                throw BenchError(
                    .invalid,
                    "\(path): the label \(seen) is none of the 43 classes of version 1; unpack the archive again"
                )
            }
            if usesAll43 {
                bits |= 1 << UInt64(place)
            } else if let class19 = CORINEClass.all[place].nineteen {
                bits |= 1 << UInt64(class19)
            }
        }
        return bits
    }

    /// The classes of many documents, read on all cores; of several that are refused, the first is named.
    ///
    /// - Throws: as `bits(ofFile:)`.
    func bits(count: Int, path: @escaping @Sendable (Int) -> String) throws -> [UInt64] {
        try PatchLabels.concurrently(count) { try bits(ofFile: path($0)) }
    }

    /// A function's values for 0 ..< count, computed in pieces on all cores.
    static func concurrently<Value: Sendable>(
        _ count: Int, _ body: @Sendable (Int) throws -> Value
    ) throws -> [Value] {
        let piece = 1024
        let results = Pieces<Value>((count + piece - 1) / piece)
        DispatchQueue.concurrentPerform(iterations: results.count) { number in
            guard !results.hasFailed(before: number) else { return }
            results.set(
                number,
                Result { try (number * piece..<min(count, (number + 1) * piece)).map(body) })
        }
        return try results.joined()
    }

    /// What became of each piece.
    private final class Pieces<Value: Sendable>: Sendable {
        private let lock = NSLock()
        nonisolated(unsafe) private var results: [Result<[Value], any Error>?]
        nonisolated(unsafe) private var firstFailure = Int.max
        let count: Int

        init(_ count: Int) {
            self.count = count
            results = Array(repeating: nil, count: count)
        }

        func set(_ piece: Int, _ result: Result<[Value], any Error>) {
            lock.withLock {
                results[piece] = result
                if case .failure = result { firstFailure = min(firstFailure, piece) }
            }
        }

        func hasFailed(before piece: Int) -> Bool {
            lock.withLock { firstFailure < piece }
        }

        func joined() throws -> [Value] {
            try lock.withLock { try results.flatMap { try $0?.get() ?? [] } }
        }
    }
}
