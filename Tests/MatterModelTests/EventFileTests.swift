import Foundation
import Manifests
import MatterModel
import TestSupport
import Testing

struct EventFileTests {
    /// Cut off at any byte, the file is taken up again at the last whole record.
    @Test func aTornFileGoesOn() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("board/\(EventFile.name)")
        var lengths: [Int] = []
        do {
            let file = try EventFile(path, after: 0)
            lengths.append(try WholeFile.size(of: path))
            for step in 1...3 {
                try file.add([("loss", Double(step)), ("none", .nan)], step: step)
                lengths.append(try WholeFile.size(of: path))
            }
        }
        let whole = try WholeFile.read(path)
        #expect(lengths[3] == whole.count)
        for length in 0...whole.count {
            let kept = EventFile.wholeLength(of: Array(whole[..<length]), upTo: 9)
            #expect(kept == (lengths.last { $0 <= length } ?? 0))
        }
        for step in 0...3 {
            #expect(EventFile.wholeLength(of: whole, upTo: step) == lengths[step])
        }
        for index in whole.indices {
            var flipped = whole
            flipped[index] ^= 0x10
            #expect(EventFile.wholeLength(of: flipped, upTo: 9) < whole.count)
        }
        try AtomicFile.write(Array(whole.dropLast(3)), to: path)
        let again = try EventFile(path, after: 1)
        #expect(try WholeFile.size(of: path) == lengths[1])
        try again.add([("loss", 2)], step: 2)
        #expect(try WholeFile.size(of: path) == lengths[2])
    }
}
