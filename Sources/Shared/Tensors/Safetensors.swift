import Manifests

/// The safetensors format: eight bytes of header length, a JSON header, the arrays end to end.
///
/// Reading is strict: whatever the format's document does not allow is refused before memory is spent on it.
/// Writing is deterministic: names in order, metadata sorted, offsets aligned to eight bytes.
public enum Safetensors {
    /// What a file holds.
    public struct File: Sendable {
        /// The arrays by name.
        public let arrays: [String: HostArray]
        /// Free text about them.
        public let metadata: [String: String]
    }

    /// The longest header that is read, in bytes.
    public static let headerLimit = 16 << 20
    /// The most arrays that are read from one file.
    public static let arrayLimit = 65_536

    /// Reads a file.
    ///
    /// - Throws: `TorchError` naming the file, code `.badData`; `ManifestError` when it cannot be read.
    public static func read(_ path: String) throws -> File {
        try parse(WholeFile.read(path, limit: 1 << 40), path: path)
    }

    /// Reads a document from memory; `path` names it in errors.
    ///
    /// - Throws: `TorchError`, code `.badData`.
    public static func parse(_ bytes: [UInt8], path: String = "safetensors") throws -> File {
        try bytes.withUnsafeBytes { try parse($0, path: path) }
    }

    /// Reads a document from memory that is only lent; `path` names it in errors.
    ///
    /// - Throws: `TorchError`, code `.badData`.
    public static func parse(
        _ bytes: UnsafeRawBufferPointer, path: String = "safetensors"
    ) throws -> File {
        let header = try SafetensorsHeader(of: bytes, path: path)
        let arrays = header.entries.mapValues { entry in
            HostArray(
                trusted: entry.dtype, entry.shape,
                Array(UnsafeRawBufferPointer(rebasing: bytes[entry.bytes])))
        }
        return File(arrays: arrays, metadata: header.metadata)
    }

    /// Writes a file, whole or not at all.
    ///
    /// - Throws: `ManifestError` when it cannot be written.
    public static func write(
        _ arrays: [String: HostArray], metadata: [String: String] = [:], to path: String
    ) throws {
        try AtomicFile.write(serialize(arrays, metadata: metadata), to: path)
    }

    /// The bytes of a document; the same arrays give the same bytes.
    ///
    /// - Throws: `TorchError` for a name or dtype that the format does not have.
    public static func serialize(
        _ arrays: [String: HostArray], metadata: [String: String] = [:]
    ) throws -> [UInt8] {
        // Larger elements first keeps each array aligned, as Python's library writes it.
        let ordered = arrays.sorted {
            ($1.value.dtype.byteCount, $0.key) < ($0.value.dtype.byteCount, $1.key)
        }
        var header: [String: JSONValue] = [:]
        if !metadata.isEmpty {
            header["__metadata__"] = .object(metadata.mapValues(JSONValue.string))
        }
        var offset = 0
        for (name, array) in ordered {
            header[name] = try entry(of: array, name: name, at: offset)
            offset += array.bytes.count
        }
        var text = Array(JSONValue.object(header).serialized().utf8)
        text += [UInt8](repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 + text.count + offset)
        withUnsafeBytes(of: UInt64(text.count).littleEndian) { bytes += $0 }
        bytes += text
        for (_, array) in ordered { bytes += array.bytes }
        return bytes
    }

    private static func entry(of array: HostArray, name: String, at offset: Int) throws -> JSONValue
    {
        guard name != "__metadata__", let dtype = array.dtype.safetensorsName else {
            throw TorchError(
                .invalid, operation: "safetensors", shapes: [array.shape],
                message: "array \"\(name)\" of \(array.dtype) cannot be written")
        }
        return .object([
            "dtype": .string(dtype), "shape": .array(array.shape.map { .integer(Int64($0)) }),
            "data_offsets": .array([
                .integer(Int64(offset)), .integer(Int64(offset + array.bytes.count)),
            ]),
        ])
    }
}

extension DType {
    /// The format's name of the dtype.
    var safetensorsName: String? {
        switch self {
        case .uint8: "U8"
        case .int8: "I8"
        case .uint16: "U16"
        case .int16: "I16"
        case .int32: "I32"
        case .int64: "I64"
        case .float16: "F16"
        case .bfloat16: "BF16"
        case .float32: "F32"
        case .float64: "F64"
        case .bool: "BOOL"
        case .complex64, .complex128: nil
        }
    }

    /// The dtype of one of the format's names.
    init?(safetensorsName name: String) {
        guard let found = DType.allCases.first(where: { $0.safetensorsName == name }) else {
            return nil
        }
        self = found
    }
}
