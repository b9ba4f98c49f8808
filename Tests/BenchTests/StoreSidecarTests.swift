import Bench
import Foundation
import Geo
import Manifests
import Store
import TestSupport
import Testing

/// RELIABILITY C22: sidecars of a store that somebody changed.
struct StoreSidecarTests {
    private static let tokens = [
        "-1", "1e308", "18446744073709551616", "null", "[]", "{}", "\"\"", "\n", "true", "\u{0}",
    ]

    /// The text with some bytes flipped, a piece taken out or put in twice, or something strange put in.
    private static func changed(_ bytes: [UInt8], _ generator: inout SplitMix64) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<(1 + generator.nextInt(below: 3)) {
            let place = generator.nextInt(below: bytes.count)
            let piece = place..<min(bytes.count, place + 1 + generator.nextInt(below: 40))
            switch generator.nextInt(below: 4) {
            case 0: bytes[place] ^= UInt8(1 + generator.nextInt(below: 255))
            case 1 where piece.count < bytes.count: bytes.removeSubrange(piece)
            case 2: bytes.insert(contentsOf: Array(bytes[piece]), at: place)
            default:
                let token = tokens[generator.nextInt(below: tokens.count)]
                bytes.insert(contentsOf: Array(token.utf8), at: place)
            }
        }
        return bytes
    }

    private static func planes(_ source: some SampleSource) throws -> Set<[UInt8]> {
        var found: Set<[UInt8]> = []
        let reader = try source.reader()
        for index in 0..<source.count {
            try reader.read(index, planes: nil) { planes in
                for plane in planes { found.insert(Array(plane.bytes)) }
            }
        }
        return found
    }

    @Test(
        "Whatever is changed, nothing is read that was not packed, and an error is bad data",
        arguments: ["records.jsonl", "samples.jsonl", "run.json"])
    func changedSidecarsAreNeverBelieved(name: String) throws {
        let folder = try TemporaryFolder()
        let dataset = PackFixture()
        let store = folder.path("store")
        let run = PackRun(dataset, plan: PackPlan(dataset: "made"), to: store)
        _ = try run.run(threads: 2)
        let packed = try Self.planes(dataset)
        let whole = try WholeFile.read("\(store)/\(name)")
        var generator = SplitMix64(seed: 22)
        var refused = 0
        for round in 0..<200 {
            try Data(Self.changed(whole, &generator)).write(to: URL(filePath: "\(store)/\(name)"))
            do {
                let source = try PackedStore(at: store, options: DatasetOptions())
                #expect(try Self.planes(source).isSubset(of: packed), "round \(round)")
                _ = try StatisticsRun(source, threads: 1).run()
            } catch {
                let code = (error as? any ExitCoded)?.exitCode
                #expect(code == .badData, "round \(round): \(error)")
                #expect(!"\(error)".contains("\n"), "round \(round)")
                refused += 1
            }
        }
        #expect(refused > 20)
    }

    @Test("A list of samples that lost lines is no smaller store")
    func lostSamplesAreMissed() throws {
        let folder = try TemporaryFolder()
        let store = folder.path("store")
        let run = PackRun(PackFixture(), plan: PackPlan(dataset: "made"), to: store)
        _ = try run.run(threads: 2)
        #expect(try PackRecord.read(in: store)?.samples == 30)
        let path = "\(store)/samples.jsonl"
        let lines = try WholeFile.readText(path)
            .split(separator: "\n").dropLast().map { $0 + "\n" }
        try AtomicFile.write(lines.joined(), to: path)
        expectRefusal(.badData, "29 samples, run.json of 30") {
            _ = try PackedStore(at: store, options: DatasetOptions())
        }
        let verification = try StoreVerification(store)
        #expect(try PackRecord.lostSamples(verification.sampleCounts).count == 1)
        _ = try run.run(threads: 1)
        #expect(try PackedStore(at: store, options: DatasetOptions()).count == 30)
    }

    @Test(
        "Packed again, a store with changed sidecars is mended or refused",
        arguments: ["records.jsonl", "run.json"])
    func packingOnChangedSidecars(name: String) throws {
        let folder = try TemporaryFolder()
        let store = folder.path("store")
        let run = PackRun(PackFixture(), plan: PackPlan(dataset: "made"), to: store)
        _ = try run.run(threads: 2)
        let files = try ["data.mdb", "records.jsonl", "samples.jsonl", "run.json"].map {
            ($0, try WholeFile.read("\(store)/\($0)"))
        }
        let whole = try #require(files.first { $0.0 == name }?.1)
        var generator = SplitMix64(seed: 23)
        for round in 0..<60 {
            for (name, bytes) in files {
                try Data(bytes).write(to: URL(filePath: "\(store)/\(name)"))
            }
            try Data(Self.changed(whole, &generator)).write(to: URL(filePath: "\(store)/\(name)"))
            do { _ = try run.run(threads: 1) } catch {
                let code = (error as? any ExitCoded)?.exitCode
                #expect(code == .badData || code == .configuration, "round \(round): \(error)")
            }
        }
    }
}
