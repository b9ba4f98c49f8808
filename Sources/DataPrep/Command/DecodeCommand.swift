import ArgumentParser
import Foundation
import Glibc
import Raster

/// Decodes for another process of this program; nobody calls it by hand.
struct DecodeCommand: ParsableCommand {
    static let name = "decode"

    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Decodes for another process.", shouldDisplay: false)

    @Option(help: "Megabytes of memory that may be taken.")
    var memory = DecodeService.largestMemory >> 20

    func run() throws {
        let fault = StagedFault(ProcessInfo.processInfo.environment["MATTER_TEST_DECODER"])
        DecodeService.serve(largestMemory: memory << 20) { fault?.strike($0, isForPixels: $1) }
    }
}

/// A decoder's end as tests want it: "11 pixels B04" is signal 11 at pixels of a file with B04 in its name, "hang open B04" waits
/// for ever when such a file is asked about.
private struct StagedFault {
    private let words: [String]

    init?(_ text: String?) {
        guard let text else { return nil }
        words = text.split(separator: " ").map(String.init)
        guard words.count == 3 else { return nil }
    }

    func strike(_ path: String, isForPixels: Bool) {
        guard path.contains(words[2]), isForPixels == (words[1] == "pixels") else { return }
        guard let number = Int32(words[0]) else {
            while true { sleep(3600) }
        }
        signal(number, SIG_DFL)
        kill(getpid(), number)
    }
}
