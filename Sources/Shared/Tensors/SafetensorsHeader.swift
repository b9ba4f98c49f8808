import Manifests

/// A checked header: every array's place in the document, and that they fill it without hole or overlap.
public struct SafetensorsHeader: Sendable {
    /// Where one array lies.
    public struct Entry: Sendable, Hashable {
        /// The type of the values.
        public let dtype: DType
        /// Sizes, outermost first.
        public let shape: [Int]
        /// Its bytes, counted from the document's first.
        public let bytes: Range<Int>
    }

    /// The arrays by name.
    public let entries: [String: Entry]
    /// Free text about them.
    public let metadata: [String: String]

    /// Reads and checks the header of a whole document.
    ///
    /// - Throws: `TorchError`, code `.badData`, naming `path` and what is wrong.
    public init(of bytes: UnsafeRawBufferPointer, path: String = "safetensors") throws {
        func refuse(_ reason: String) -> TorchError {
            TorchError(.badData, operation: path, message: "not a safetensors file: \(reason)")
        }
        do {
            let start = try Self.headerEnd(bytes)
            let text = Array(UnsafeRawBufferPointer(rebasing: bytes[8..<start]))
            let root = try JSONValue.parse(
                text, limits: JSONLimits(bytes: Safetensors.headerLimit, depth: 4, values: 1 << 20))
            guard let object = root.object else { throw HeaderFault("its header is no object") }
            metadata = try Self.metadata(object["__metadata__"])
            let arrays = object.filter { $0.key != "__metadata__" }
            guard arrays.count <= Safetensors.arrayLimit else {
                throw HeaderFault(
                    "it has \(arrays.count) arrays; at most \(Safetensors.arrayLimit) are read")
            }
            entries = try Dictionary(
                uniqueKeysWithValues: arrays.map { name, value in
                    (name, try Self.entry(value, name, start: start, end: bytes.count))
                })
            try Self.checkFill(entries, from: start, to: bytes.count)
        } catch let fault as HeaderFault {
            throw refuse(fault.reason)
        } catch let error as ManifestError {
            throw refuse("its header: \(error.message)")
        }
    }

    private static func headerEnd(_ bytes: UnsafeRawBufferPointer) throws -> Int {
        guard bytes.count >= 8 else {
            throw HeaderFault("\(bytes.count) bytes are too few for a header")
        }
        let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        guard length <= UInt64(Safetensors.headerLimit) else {
            throw HeaderFault(
                "its header would have \(length) bytes; at most \(Safetensors.headerLimit) are read"
            )
        }
        let end = 8 + Int(length)
        guard end <= bytes.count else {
            throw HeaderFault("its header ends at byte \(end) of \(bytes.count); it is cut off")
        }
        guard length > 0, bytes[8] == UInt8(ascii: "{") else {
            throw HeaderFault("its header does not begin with {")
        }
        return end
    }

    private static func metadata(_ value: JSONValue?) throws -> [String: String] {
        guard let value else { return [:] }
        guard let object = value.object else { throw HeaderFault("__metadata__ is no object") }
        return try object.mapValues { entry in
            guard let text = entry.string else {
                throw HeaderFault("__metadata__ holds more than text")
            }
            return text
        }
    }

    private static func entry(
        _ value: JSONValue, _ name: String, start: Int, end: Int
    ) throws -> Entry {
        func fault(_ reason: String) -> HeaderFault { HeaderFault("array \"\(name)\" \(reason)") }
        guard let object = value.object, Set(object.keys) == ["dtype", "shape", "data_offsets"]
        else {
            throw fault("needs dtype, shape, data_offsets and nothing else")
        }
        guard let kind = object["dtype"]?.string, let dtype = DType(safetensorsName: kind) else {
            throw fault("has a dtype that is not known")
        }
        guard let sizes = object["shape"]?.array, let shape = whole(sizes), shape.count <= 64,
            let size = HostArray.byteCount(dtype, shape)
        else { throw fault("has a shape that is impossible") }
        guard let pair = object["data_offsets"]?.array, let offsets = whole(pair),
            offsets.count == 2,
            offsets[0] <= offsets[1], offsets[1] <= end - start
        else { throw fault("has offsets that are reversed or outside the file") }
        guard offsets[1] - offsets[0] == size else {
            throw fault("has \(offsets[1] - offsets[0]) bytes, and \(kind) \(shape) needs \(size)")
        }
        return Entry(
            dtype: dtype, shape: shape, bytes: start + offsets[0]..<start + offsets[1])
    }

    private static func whole(_ values: [JSONValue]) -> [Int]? {
        let found = values.compactMap(\.int).filter { $0 >= 0 }
        return found.count == values.count ? found : nil
    }

    private static func checkFill(_ entries: [String: Entry], from start: Int, to end: Int) throws {
        var position = start
        for (name, entry) in entries.sorted(by: {
            ($0.value.bytes.lowerBound, $0.value.bytes.upperBound, $0.key)
                < ($1.value.bytes.lowerBound, $1.value.bytes.upperBound, $1.key)
        }) {
            guard entry.bytes.lowerBound == position else {
                let what =
                    entry.bytes.lowerBound > position
                    ? "leaves a hole before it" : "overlaps another"
                throw HeaderFault("array \"\(name)\" \(what)")
            }
            position = entry.bytes.upperBound
        }
        guard position == end else {
            throw HeaderFault("\(end - position) bytes follow behind the last array")
        }
    }
}

/// Why a header is refused; of which file, the reader knows.
private struct HeaderFault: Error {
    let reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}
