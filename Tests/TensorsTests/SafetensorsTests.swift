import Tensors
import Testing

@Suite struct SafetensorsTests {
    /// A document of a header and so many bytes of data; `length` lies about the header's length.
    private func document(_ header: String, data: Int = 0, length: UInt64? = nil) -> [UInt8] {
        let text = Array(header.utf8)
        let count = length ?? UInt64(text.count)
        return withUnsafeBytes(of: count.littleEndian) { Array($0) } + text
            + [UInt8](repeating: 0, count: data)
    }

    @Test func roundTripKeepsEverything() throws {
        let arrays = [
            "b": HostArray([1.5, -2] as [Float], shape: [2, 1]),
            "a": HostArray([1, 2, 3] as [UInt8], shape: [3]),
            "é/\"": HostArray([7] as [Int64], shape: []),
            "none": HostArray([UInt16](), shape: [0, 4]),
        ]
        let bytes = try Safetensors.serialize(arrays, metadata: ["k": "v\n"])
        let file = try Safetensors.parse(bytes)
        #expect(file.arrays == arrays)
        #expect(file.metadata == ["k": "v\n"])
        #expect(try Safetensors.serialize(file.arrays, metadata: file.metadata) == bytes)
        #expect(bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) } % 8 == 0)
    }

    @Test(arguments: DType.allCases.filter { ![.complex64, .complex128].contains($0) })
    func tensorsOfEveryType(_ dtype: DType) throws {
        let tensor = Tensor([0, 1, 1] as [Float]).to(dtype)
        let file = try Safetensors.parse(Safetensors.serialize(["t": tensor.hostArray()]))
        #expect(Tensor(try #require(file.arrays["t"])).values() == [0, 1, 1])
    }

    @Test func writesWhatPythonWrites() throws {
        let stored = try Fixture.read("optimisers.safetensors")
        let again = try Safetensors.parse(Safetensors.serialize(stored)).arrays
        #expect(stored == again)
    }

    static let one = #""t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#

    static let malformed: [(String, Int, String)] = [
        ("[]", 0, "begin with {"),
        ("", 0, "begin with {"),
        (" {}", 0, "begin with {"),
        ("{", 0, "not valid JSON"),
        ("{} x", 0, "not valid JSON"),
        (#"{\#(one),\#(one)}"#, 8, "line 1:"),
        (#"{\#(one)}"#, 7, "outside the file"),
        (#"{\#(one)}"#, 9, "follow behind"),
        (#"{"t":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8, "reversed"),
        (#"{"t":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, 12, "hole"),
        (#"{\#(one),"u":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, 12, "overlaps"),
        (#"{\#(one),"u":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 8, "overlaps"),
        (#"{"t":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8, "needs 12"),
        (#"{"t":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}}"#, 8, "dtype"),
        (#"{"t":{"dtype":4,"shape":[2],"data_offsets":[0,8]}}"#, 8, "dtype"),
        (#"{"t":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, 8, "shape"),
        (#"{"t":{"dtype":"F32","shape":[1.5],"data_offsets":[0,8]}}"#, 8, "shape"),
        (#"{"t":{"dtype":"F32","shape":2,"data_offsets":[0,8]}}"#, 8, "shape"),
        (
            #"{"t":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}"#, 8,
            "shape"
        ),
        (
            #"{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,18446744073709551615]}}"#, 8,
            "does not fit into 64 bits"
        ),
        (#"{"t":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#, 8, "offsets"),
        (#"{"t":{"dtype":"F32","shape":[2]}}"#, 8, "nothing else"),
        (#"{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}"#, 8, "nothing else"),
        (#"{"t":[]}"#, 0, "nothing else"),
        (#"{"__metadata__":{"k":1}}"#, 0, "more than text"),
        (#"{"__metadata__":[]}"#, 0, "no object"),
        (#"{"t":[[[[[[[[1]]]]]]]]}"#, 0, "not valid JSON"),
    ]

    @Test(arguments: malformed)
    func malformedHeadersAreRefused(_ header: String, _ data: Int, _ reason: String) {
        expectRefusal(document(header, data: data), reason)
    }

    @Test(arguments: [0, 1 << 63, .max, (16 << 20) + 1, 3] as [UInt64])
    func lengthsThatLieAreRefused(_ length: UInt64) {
        expectRefusal(document("{}", length: length), "header")
    }

    @Test func tooShortAndNotTextAreRefused() {
        expectRefusal([], "too few")
        expectRefusal([1, 2, 3], "too few")
        expectRefusal([2, 0, 0, 0, 0, 0, 0, 0, UInt8(ascii: "{"), 0xFF], "not valid JSON")
    }

    @Test func aHeaderOfTooManyArraysIsRefused() {
        let entries = (0...Safetensors.arrayLimit).map {
            #""\#($0)":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}"#
        }
        expectRefusal(document("{\(entries.joined(separator: ","))}"), "at most 65536")
    }

    private func expectRefusal(_ bytes: [UInt8], _ reason: String) {
        let error = #expect(throws: TorchError.self) {
            _ = try Safetensors.parse(bytes, path: "model.safetensors")
        }
        let text = error?.description ?? ""
        #expect(error?.code == .badData)
        #expect(text.hasPrefix("model.safetensors: not a safetensors file: "))
        #expect(text.contains(reason), "\(text)")
        #expect(!text.contains("\n"))
    }
}
