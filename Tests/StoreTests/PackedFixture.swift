import Foundation
import Manifests
import Store
import TestSupport

/// A small packed store of made samples.
struct PackedFixture {
    let folder = try? TemporaryFolder()
    let source: MadeSource

    var path: String { folder?.path("store") ?? "/nonexistent" }
    var data: String { "\(path)/data.mdb" }

    /// Packs samples as `matter-bench pack` does, some in a transaction.
    init(count: Int = 9, group: Int = 4) throws {
        source = MadeSource(count: count)
        try Self.pack(source, Array(0..<count), to: path, group: group)
    }

    static func pack(
        _ source: MadeSource, _ indices: [Int], to path: String, group: Int = 4,
        isStopped: Bool = false
    ) throws {
        let writer = try StoreWriter(path)
        let new = indices.filter { !writer.contains(source.key($0)) }
        let records = try new.map { try record($0, of: source) }
        for start in stride(from: 0, to: records.count, by: group) {
            try writer.commit(Array(records[start..<min(start + group, records.count)]))
        }
        if isStopped { return }
        try writer.finish(indices.map { line($0, of: source) })
    }

    static func line(_ index: Int, of source: MadeSource) -> SampleLine {
        SampleLine(
            key: source.key(index), split: index % 2 == 0 ? "train" : "test",
            target: source.target(index), records: [source.key(index)])
    }

    static func record(_ index: Int, of source: MadeSource) throws -> EncodedRecord {
        var encoder = RecordEncoder()
        var record: EncodedRecord?
        try source.reader().read(index, planes: nil) {
            record = encoder.encode($0, key: source.key(index))
        }
        return try record ?? { throw MadeSource.Fault(key: source.key(index)) }()
    }

    /// What a reader gives of all samples, in a form that can be compared.
    static func contents(of source: some SampleSource) throws -> [String: [UInt8]] {
        var contents: [String: [UInt8]] = [:]
        let reader = try source.reader()
        for index in 0..<source.count {
            try reader.read(index, planes: nil) { planes in
                for plane in planes {
                    let name =
                        "\(source.key(index))/\(plane.name) \(plane.width)×\(plane.height) \(plane.pixel)"
                    contents[name] = Array(plane.bytes)
                }
            }
        }
        return contents
    }
}
