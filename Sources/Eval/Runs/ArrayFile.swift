import Manifests

/// The arrays of a safetensors file, read strictly and without libtorch: reports are made where there is none.
struct ArrayFile {
    private struct Entry {
        let kind: String
        let shape: [Int]
        let bytes: Range<Int>
    }

    /// The file's path, as messages name it.
    let path: String
    private let bytes: [UInt8]
    private let entries: [String: Entry]

    /// Reads a file and checks its header: bounded, no duplicate names, every array within the file.
    /// - Throws: `EvalError` (65) or `ManifestError`.
    init(_ path: String) throws {
        self.path = path
        bytes = try WholeFile.read(path, limit: 1 << 36)
        entries = try Self.entries(of: bytes, path: path)
    }

    /// Whether there is an array of that name.
    func has(_ name: String) -> Bool { entries[name] != nil }

    /// The sizes of an array, outermost first; `nil` where there is none.
    func shape(_ name: String) -> [Int]? { entries[name]?.shape }

    /// A float32 array.
    /// - Throws: `EvalError`: 66 where it is missing, 65 where it is of another type or rank.
    func floats(_ name: String, rank: Int) throws -> [Float] {
        let entry = try entry(name, "F32", rank: rank)
        return [Float](unsafeUninitializedCapacity: entry.bytes.count / 4) { values, count in
            bytes.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(values).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: $0[entry.bytes]))
            }
            count = entry.bytes.count / 4
        }
    }

    /// A uint8 array.
    /// - Throws: `EvalError`: 66 where it is missing, 65 where it is of another type or rank.
    func codes(_ name: String, rank: Int) throws -> [UInt8] {
        Array(bytes[try entry(name, "U8", rank: rank).bytes])
    }

    /// An int64 array.
    /// - Throws: `EvalError`: 66 where it is missing, 65 where it is of another type or rank.
    func integers(_ name: String, rank: Int) throws -> [Int64] {
        let entry = try entry(name, "I64", rank: rank)
        return bytes[entry.bytes].withUnsafeBytes { raw in
            stride(from: 0, to: raw.count, by: 8).map {
                Int64(littleEndian: raw.loadUnaligned(fromByteOffset: $0, as: Int64.self))
            }
        }
    }

    private func entry(_ name: String, _ kind: String, rank: Int) throws -> Entry {
        guard let entry = entries[name] else {
            throw EvalError(
                .missing, path,
                "holds no array \"\(name)\", only \(entries.keys.sorted().joined(separator: ", "))")
        }
        guard entry.kind == kind, entry.shape.count == rank else {
            throw EvalError(
                .invalid, path,
                "array \"\(name)\" is \(entry.kind) \(entry.shape), and \(kind) of rank \(rank) is needed"
            )
        }
        return entry
    }

    private static let widths = [
        "U8": 1, "I8": 1, "BOOL": 1, "U16": 2, "I16": 2, "F16": 2, "BF16": 2, "I32": 4, "F32": 4,
        "I64": 8, "F64": 8,
    ]

    private static func entries(of bytes: [UInt8], path: String) throws -> [String: Entry] {
        func refuse(_ reason: String) -> EvalError {
            EvalError(
                .invalid, path, "not a safetensors file: \(reason); write the predictions again")
        }
        guard bytes.count >= 8 else { throw refuse("\(bytes.count) bytes are no header") }
        let length = bytes.withUnsafeBytes {
            UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self))
        }
        guard length <= 16 << 20, Int(length) <= bytes.count - 8 else {
            throw refuse("its header would end behind the file, or is longer than 16 MiB")
        }
        let start = 8 + Int(length)
        let header = try JSONValue.parse(
            Array(bytes[8..<start]), path: path,
            limits: JSONLimits(bytes: 16 << 20, depth: 4, values: 1 << 20))
        guard let object = header.object else { throw refuse("its header is no object") }
        var entries: [String: Entry] = [:]
        for (name, value) in object where name != "__metadata__" {
            let sizes = (value["shape"]?.array ?? []).compactMap(\.int)
            let offsets = (value["data_offsets"]?.array ?? []).compactMap(\.int)
            guard let kind = value["dtype"]?.string, let width = widths[kind],
                sizes.count == value["shape"]?.array?.count, sizes.allSatisfy({ $0 >= 0 }),
                offsets.count == 2, offsets[0] >= 0, offsets[1] >= offsets[0],
                offsets[1] <= bytes.count - start,
                product(sizes + [width]) == offsets[1] - offsets[0]
            else { throw refuse("array \"\(name)\" is not where or what it says") }
            entries[name] = Entry(
                kind: kind, shape: sizes, bytes: start + offsets[0]..<start + offsets[1])
        }
        return entries
    }

    private static func product(_ sizes: [Int]) -> Int? {
        var product = 1
        for size in sizes {
            let (next, overflows) = product.multipliedReportingOverflow(by: size)
            if overflows { return nil }
            product = next
        }
        return product
    }
}
