import BenchFixtures
import Foundation
import Manifests
import Store
import TestSupport
import Testing

/// RELIABILITY C23 and what people see of `matter-bench pack` and `verify`.
struct MatterBenchPackTests {
    let folder: TemporaryFolder

    /// A store of some thousand small records that is packed anew.
    init() throws {
        folder = try TemporaryFolder()
        try makeSource("source", planes: ["B02"])
    }

    /// A store of samples of a record a plane.
    private func makeSource(_ name: String, planes: [String]) throws {
        let writer = try StoreWriter(folder.path(name))
        var encoder = RecordEncoder()
        let samples = (0..<2500).map { index in
            (0..<48).map { UInt16($0 &* 13 &+ index) }.withUnsafeBytes { bytes in
                planes.map { plane in
                    encoder.encode(
                        [
                            SamplePlane(
                                name: plane, width: 8, height: 6, pixel: .uint16, bytes: bytes)
                        ], key: (plane == "B02" ? "patch-" : "other-") + "\(10000 + index)")
                }
            }
        }
        for records in samples { try writer.append(records) }
        try writer.synchronize()
        try writer.finish(
            samples.map {
                SampleLine(
                    key: $0[0].key, split: nil, target: .none, records: $0.map(\.key).sorted())
            })
    }

    private func arguments(_ out: String, from source: String = "source") -> [String] {
        ["pack", "store", folder.path(source), "--out", folder.path(out), "--quiet"]
    }

    /// The bytes of all files, and no others are there.
    private func bytes(_ out: String) throws -> [String: [UInt8]] {
        let names = folder.files().filter { $0.hasPrefix("\(out)/") && !$0.hasSuffix("/.lock") }
        return Dictionary(
            uniqueKeysWithValues: try names.map {
                (String($0.dropFirst(out.count)), try WholeFile.read(folder.path($0)))
            })
    }

    @Test func packsAndProves() throws {
        let packed = try runProgram("matter-bench", arguments("store") + ["--json"])
        #expect(packed.status == 0, "\(packed.stderr)")
        #expect(try JSONValue.parse(packed.stdout)["records"]?.int == 2500)
        let proved = try runProgram("matter-bench", ["verify", folder.path("store")])
        #expect(proved.status == 0 && proved.stdout.contains("all as they were packed"))
        let data = folder.path("store/data.mdb")
        var bytes = try WholeFile.read(data)
        let record = Array("\"data_offsets\":[0,96]}}".utf8)
        let place = try #require(
            (bytes.count / 2..<bytes.count).first { bytes[$0...].starts(with: record) })
        bytes[place + 40] ^= 1
        try AtomicFile.write(bytes, to: data)
        let damaged = try runProgram("matter-bench", ["verify", folder.path("store"), "--json"])
        #expect(damaged.status == 1, "\(damaged.stderr)")
        #expect(try JSONValue.parse(damaged.stdout)["faults"]?.array?.count == 1)
        #expect(try runProgram("matter-bench", ["verify", folder.path("nothing")]).status == 66)
        #expect(try runProgram("matter-bench", arguments("x") + ["--shard", "4/3"]).status == 64)
    }

    private static let strace = "/usr/bin/strace"
    private static let canTrace =
        (try? runExecutable(strace, ["-o", "/dev/null", "/bin/true"]))?.status == 0

    /// C23: killed at any write, sync or rename: what is there is no store, or the whole one; run again, it has the same bytes.
    @Test(
        .enabled(if: canTrace, "needs strace"),
        arguments: ["pwritev", "ftruncate", "fdatasync", "fsync", "write", "rename", "unlink"])
    func isKilledAnywhere(call: String) throws {
        try sweep(call, store: "", count: 2500) { arguments($0) }
    }

    /// C23: the same of samples of two records, and of a shard of them: it is a store by itself.
    @Test(
        .enabled(if: canTrace, "needs strace"), arguments: ["pwritev", "write", "rename"],
        [nil, "2/2"])
    func twoRecordsASampleAreKilledAnywhere(call: String, shard: String?) throws {
        try makeSource("pairs", planes: ["B02", "VV"])
        let count = shard == nil ? 2500 : 1250
        try sweep(call, store: shard == nil ? "" : "/shards/2-of-2", count: count) { out in
            arguments(out, from: "pairs") + (shard.map { ["--shard", $0] } ?? [])
        }
    }

    /// C23: a folder of shards, one of which was killed, is no store of the others.
    @Test(.enabled(if: canTrace, "needs strace"), arguments: ["pwritev", "fdatasync", "rename"])
    func aFolderWithAKilledShardIsNoStore(call: String) throws {
        let shards = ["1/2", "2/2"].map { arguments("out") + ["--shard", $0] }
        #expect(try runProgram("matter-bench", shards[0]).status == 0)
        for number in 1...3 {
            let result = try runExecutable(
                Self.strace,
                [
                    "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(call)", "-e",
                    "inject=\(call):signal=SIGKILL:when=\(number)",
                    programURL("matter-bench").path,
                ] + shards[1])
            guard result.status != 0 else { break }
            do {
                let store = try StoreSource(folder.path("out"))
                #expect(store.count == 2500, "\(call) \(number)")
            } catch {
                let code = (error as? any ExitCoded)?.exitCode
                #expect(code == .inputMissing || code == .badData, "\(call) \(number): \(error)")
            }
            let second = folder.path("out/shards/2-of-2")
            if FileManager.default.fileExists(atPath: second) {
                try FileManager.default.removeItem(atPath: second)
            }
        }
        #expect(try runProgram("matter-bench", shards[1]).status == 0)
        #expect(try StoreSource(folder.path("out")).count == 2500)
    }

    private func sweep(
        _ call: String, store: String, count: Int, arguments: (String) -> [String]
    ) throws {
        #expect(try runProgram("matter-bench", arguments("whole")).status == 0)
        let whole = try bytes("whole")
        var (number, killed) = (1, 0)
        while number < 4000 {
            let out = "out-\(call)-\(number)"
            let result = try runExecutable(
                Self.strace,
                [
                    "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(call)", "-e",
                    "inject=\(call):signal=SIGKILL:when=\(number)",
                    programURL("matter-bench").path,
                ] + arguments(out))
            if result.status == 0 { break }
            killed += 1
            #expect(result.status == 137, "\(call) \(number): \(result.stderr)")
            do {
                let store = try StoreSource(folder.path(out + store))
                #expect(store.count == count, "\(call) \(number)")
            } catch {
                let code = (error as? any ExitCoded)?.exitCode
                #expect(code == .inputMissing || code == .badData, "\(call) \(number): \(error)")
            }
            let again = try runProgram("matter-bench", arguments(out))
            #expect(again.status == 0, "\(call) \(number): \(again.stderr)")
            #expect(try bytes(out) == whole, "\(call) \(number)")
            try FileManager.default.removeItem(atPath: folder.path(out))
            // The first ones all, of many more some.
            number += number < 12 ? 1 : number / 2
        }
        #expect(killed > 0, "\(call)")
    }

    private static let hasReaders = OutsideReaders.are(in: "venv-store")

    /// What is packed is what Python's lmdb and safetensors, and ConfigILM, read; other pixels are seen.
    @Test(.enabled(if: hasReaders, "needs the readers that script/check-store installs"))
    func outsideReadersReadIt() throws {
        let fixture = BigEarthNetFixture(at: folder.path("data"))
        try fixture.writeVersion2()
        let table = URL(filePath: #filePath)
            .appending(path: "../../Fixtures/BigEarthNet/metadata.parquet").standardized
        try FileManager.default.copyItem(
            at: table, to: URL(filePath: folder.path("data/metadata.parquet")))
        let packed = try runProgram(
            "matter-bench",
            ["pack", "bigearthnet-v2", fixture.root, "--out", folder.path("store"), "--quiet"])
        #expect(packed.status == 0, "\(packed.stderr)")
        let script = OutsideReaders.script("check-store")
        let optical = folder.path("data/BigEarthNet-S2")
        let good = try runExecutable(script, [folder.path("store"), optical])
        #expect(good.status == 0, "\(good.stdout) \(good.stderr)")
        let patch = "\(BigEarthNetFixture.tile)_1_2"
        try fixture.write(
            [UInt16](repeating: 1, count: 14400), side: 120,
            to: "BigEarthNet-S2/\(BigEarthNetFixture.tile)/\(patch)/\(patch)_B02.tif")
        #expect(try runExecutable(script, [folder.path("store"), optical]).status != 0)
    }

    /// C22: no room on the disk (a limit to files) ends with 74, and a later run goes on.
    @Test func aFullDiskIsSaid() throws {
        let limited = try runExecutable(
            "/bin/sh",
            ["-c", "ulimit -f 200; exec \"$0\" \"$@\"", programURL("matter-bench").path]
                + arguments("store"))
        #expect(limited.status == 74, "\(limited.stderr)")
        #expect(try runProgram("matter-bench", arguments("store")).status == 0)
        #expect(try runProgram("matter-bench", arguments("whole")).status == 0)
        #expect(try bytes("store") == bytes("whole"))
    }
}
