import Foundation
import Manifests
import TestSupport
import Testing

@Suite struct JSONValueTests {
    @Test func readsWhatItWrites() throws {
        let value: JSONValue = [
            "text": "a \"b\" \\ \n \u{1} ü 😀", "whole": -9_007_199_254_740_993, "number": 0.1,
            "small": 2.2250738585072014e-308, "large": 1.7976931348623157e308,
            "list": [1, 2.5, nil, true, false],
            "empty": [:], "none": [],
        ]
        for pretty in [false, true] {
            #expect(try JSONValue.parse(value.serialized(pretty: pretty)) == value)
        }
        #expect(JSONValue.number(.nan).serialized() == "null")
        let unsorted: JSONValue = ["b": 1, "a": 2, "B": 3]
        #expect(unsorted.serialized() == #"{"B":3,"a":2,"b":1}"#)
    }

    @Test(arguments: [
        "", " ", "{", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "01", "+1", "1.", ".5", "1e", "-", "NaN",
        "Infinity", "1e999", "18446744073709551616", "tru", "nulll", "\"", "\"\u{1}\"",
        "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "[1] 2", "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}", "\u{FEFF}1", "'a'", "// a",
    ])
    func refuses(text: String) {
        let error = #expect(throws: ManifestError.self, "\(text)") { try JSONValue.parse(text) }
        #expect(error?.exitCode == .badData)
    }

    @Test func namesLineAndColumn() {
        let error = #expect(throws: ManifestError.self) {
            try JSONValue.parse("{\n  \"a\": 1,\n  \"b\": x\n}")
        }
        #expect(error?.description.contains("line 3:8") == true)
    }

    @Test func isBounded() throws {
        let deep = String(repeating: "[", count: 1_000_000)
        #expect(throws: ManifestError.self) { try JSONValue.parse(deep) }
        let many = Array("[1,1,1,1]".utf8)
        #expect(throws: ManifestError.self) {
            try JSONValue.parse(many, limits: JSONLimits(values: 4))
        }
        #expect(throws: ManifestError.self) {
            try JSONValue.parse(many, limits: JSONLimits(bytes: 8))
        }
        #expect(throws: ManifestError.self) { try JSONValue.parse([0x22, 0xFF, 0x22]) }
    }

    @Test func neverTrapsOnDamagedText() throws {
        var random = SystemRandom(state: 11)
        let whole = Array(#"{"a":[1,-2.5e3,"x\u00e9\n",null,true],"b":{"c":"d"}}"#.utf8)
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<1 + Int(random.next() % 3) {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(random.next() % 256)
            }
            let value = try? JSONValue.parse(bytes)
            if let value { #expect(try JSONValue.parse(value.serialized()) == value) }
        }
    }

    /// A generator for this test alone.
    private struct SystemRandom {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
    }

    @Test func demandsSayWhatIsWrong() throws {
        let value: JSONValue = ["a": "text", "b": 2]
        #expect(try value.requireInt("b") == 2)
        for body in [{ try value.requireInt("a") }, { try value.requireInt("c") }] {
            let error = #expect(throws: ManifestError.self) { try body() }
            #expect(error?.exitCode == .badData)
        }
    }

    @Test func codableTypesPassTheStrictReader() throws {
        struct Pair: Codable, Equatable {
            var first: Int
            var second: [Double]
        }
        let pair = Pair(first: 1, second: [0.1, 5])
        let bytes = try encodeCanonicalJSON(pair)
        #expect(String(decoding: bytes, as: UTF8.self) == #"{"first":1,"second":[0.1,5]}"#)
        #expect(try decodeStrictJSON(Pair.self, from: bytes) == pair)
        let twice = Array(#"{"first":1,"first":2,"second":[]}"#.utf8)
        #expect(throws: ManifestError.self) { try decodeStrictJSON(Pair.self, from: twice) }
        let error = #expect(throws: ManifestError.self) {
            try decodeStrictJSON(Pair.self, from: Array(#"{"first":1}"#.utf8), path: "a.json")
        }
        #expect(error?.description == "a.json: \"second\" is missing")
        #expect(throws: ManifestError.self) {
            try encodeCanonicalJSON(Pair(first: 1, second: [.nan]))
        }
    }
}

@Suite struct JSONLinesTests {
    @Test func cutsATornLineAtEveryByte() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("a.jsonl")
        let lines = [#"{"step":1}"#, #"{"step":2}"#]
        let whole = Array((lines.joined(separator: "\n") + "\n").utf8)
        for length in 0...whole.count {
            try AtomicFile.write(Array(whole[..<length]), to: path)
            let complete = whole[..<length].count { $0 == 0x0A }
            let read = try JSONLinesReader.read(path)
            #expect(read.records.count == complete)
            #expect(read.hasTornTail == (length > 0 && whole[length - 1] != 0x0A))

            let writer = try JSONLinesWriter(appendingTo: path)
            try writer.append(["step": 9] as JSONValue)
            let again = try JSONLinesReader.read(path)
            #expect(again.records.count == complete + 1)
            #expect(again.records.last?["step"]?.int == 9)
            #expect(!again.hasTornTail)
        }
    }

    @Test func namesTheLine() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("a.jsonl")
        try AtomicFile.write("{}\n{}\n{]\n", to: path)
        let error = #expect(throws: ManifestError.self) { try JSONLinesReader.read(path) }
        #expect(error?.line == 3)
        #expect(error?.description.hasPrefix("\(path):3: ") == true)
    }
}
