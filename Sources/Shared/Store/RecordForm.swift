import Manifests
import Tensors

/// How planes of some names, sizes and types are laid out as one safetensors document, byte for byte as rico-hdl does it.
///
/// The header is written once and copied for every record of the same form: larger numbers first, then by name; the keys
/// dtype, shape, data_offsets in this order; spaces up to a multiple of eight bytes.
struct RecordForm {
    /// What tells one form from another.
    struct Plane: Hashable {
        let name: String
        let pixel: SamplePlane.Pixel
        let width, height: Int

        init(_ plane: SamplePlane) {
            (name, pixel, width, height) = (plane.name, plane.pixel, plane.width, plane.height)
        }

        var byteCount: Int { width * height * pixel.size }
    }

    /// The planes as they are given.
    let planes: [Plane]
    /// All bytes before the first pixel.
    let head: [UInt8]
    /// Where each plane's pixels begin, in the order of `planes`.
    let starts: [Int]
    /// Bytes of a document.
    let byteCount: Int

    /// The form of some planes, each name once.
    init(_ planes: [Plane]) {
        let order = planes.indices.sorted {
            let (one, other) = (planes[$0], planes[$1])
            return one.pixel.rank != other.pixel.rank
                ? one.pixel.rank > other.pixel.rank
                : one.name.utf8.lexicographicallyPrecedes(other.name.utf8)
        }
        var text = "{"
        var offset = 0
        var offsets = [Int](repeating: 0, count: planes.count)
        for index in order {
            let plane = planes[index]
            offsets[index] = offset
            let end = offset + plane.byteCount
            text += (text == "{" ? "" : ",") + JSONValue.string(plane.name).serialized()
            text += ":{\"dtype\":\"\(plane.pixel.safetensorsName)\","
            text +=
                "\"shape\":[\(plane.height),\(plane.width)],\"data_offsets\":[\(offset),\(end)]}"
            offset = end
        }
        var header = Array((text + "}").utf8)
        header += [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
        let head = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header
        (self.planes, self.head) = (planes, head)
        starts = offsets.map { head.count + $0 }
        byteCount = head.count + offset
    }

    /// The document of planes of this form.
    func write(_ planes: [SamplePlane], to target: UnsafeMutableRawBufferPointer) {
        target.copyBytes(from: head)
        for (plane, start) in zip(planes, starts) {
            UnsafeMutableRawBufferPointer(rebasing: target[start..<start + plane.bytes.count])
                .copyMemory(from: plane.bytes)
        }
    }
}

extension SamplePlane.Pixel {
    /// The name that safetensors has for it.
    var safetensorsName: String {
        switch self {
        case .uint8: "U8"
        case .uint16: "U16"
        case .int16: "I16"
        case .float32: "F32"
        }
    }

    /// The order in which safetensors lays arrays out: the highest first.
    fileprivate var rank: Int {
        switch self {
        case .uint8: 0
        case .int16: 1
        case .uint16: 2
        case .float32: 3
        }
    }

    /// The pixel that an array's type is, where planes have it.
    init?(_ dtype: DType) {
        switch dtype {
        case .uint8: self = .uint8
        case .uint16: self = .uint16
        case .int16: self = .int16
        case .float32: self = .float32
        default: return nil
        }
    }
}

/// Turns samples into documents; one a thread, so that forms are found without a lock.
public struct RecordEncoder {
    private var forms: [[RecordForm.Plane]: RecordForm] = [:]

    /// An encoder that has seen no form yet.
    public init() {}

    /// The document of some planes, each name once: its bytes, digest and checksum.
    public mutating func encode(_ planes: [SamplePlane], key: String) -> EncodedRecord {
        let kinds = planes.map(RecordForm.Plane.init)
        let form: RecordForm
        if let known = forms[kinds] {
            form = known
        } else {
            form = RecordForm(kinds)
            if forms.count < 64 { forms[kinds] = form }
        }
        let memory = PageMemory(valueOf: form.byteCount)
        form.write(planes, to: memory.value)
        return EncodedRecord(key: key, memory)
    }
}

/// A record as it will lie in a store.
public struct EncodedRecord: Sendable {
    /// What it is kept under.
    public let key: String
    /// What proves it.
    public let proof: RecordProof
    /// A safetensors document, in the pages that it will lie on.
    let memory: PageMemory

    /// Bytes of the document.
    public var byteCount: Int { memory.byteCount }

    /// A document under a key.
    public init(key: String, bytes: [UInt8]) {
        let memory = PageMemory(valueOf: bytes.count)
        memory.value.copyBytes(from: bytes)
        self.init(key: key, memory)
    }

    init(key: String, _ memory: PageMemory) {
        (self.key, self.memory) = (key, memory)
        proof = RecordProof(of: UnsafeRawBufferPointer(memory.value))
    }
}
