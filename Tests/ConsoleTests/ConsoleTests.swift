import ArgumentParser
import Console
import Foundation
import Logging
import Manifests
import Testing

@Suite struct ConsoleTests {
    private struct Odd: Error {}

    @Test func errorsKeepTheirCodes() {
        #expect(Console.exitCode(of: ManifestError(.locked, "busy")) == 75)
        #expect(Console.exitCode(of: Odd()) == 70)
        #expect(Console.exitCode(of: ArgumentParser.ExitCode(3)) == 3)
    }

    @Test func systemErrorsFindTheirCodes() {
        let missing = #expect(throws: (any Error).self) {
            try FileManager.default.contentsOfDirectory(atPath: "/nonexistent")
        }
        #expect(missing.map { Console.exitCode(of: $0) } == 66)
        let fresh = #expect(throws: (any Error).self) {
            try Data(contentsOf: URL(filePath: "/nonexistent/file"))
        }
        #expect(fresh.map { Console.exitCode(of: $0) } == 66)
        for (code, exit) in [(EACCES, 77), (EROFS, 73), (ENOSPC, 74), (EMFILE, 71)] {
            let error = NSError(domain: NSPOSIXErrorDomain, code: Int(code))
            #expect(Console.exitCode(of: error) == exit)
        }
    }

    @Test func messagesAreOneLine() {
        let error = ManifestError(.invalid, path: "a\nb\u{1B}[31m", "bad")
        let message = Console.message(of: error)
        #expect(message.hasPrefix("error: a\\nb\\u{1B}"))
        #expect(!message.contains("\n"))
    }

    @Test func logLevelsFollowTheOptions() throws {
        #expect(try LoggingOptions.parse([]).level == .info)
        #expect(try LoggingOptions.parse(["-v"]).level == .debug)
        #expect(try LoggingOptions.parse(["--quiet"]).level == .error)
        #expect(try LoggingOptions.parse(["--log-level", "trace"]).level == .trace)
        #expect(throws: (any Error).self) { try LoggingOptions.parse(["-v", "-q"]) }
        #expect(throws: (any Error).self) { try LoggingOptions.parse(["--log-level", "loud"]) }
    }
}

@Suite struct TableTests {
    @Test func columnsFitTheirCells() {
        var table = Table(["method", "F1"], alignments: [.left, .right])
        table.add(["cva", "0.31"])
        table.add(["matter", "0.452"])
        #expect(
            table.lines == [
                "method     F1", "──────  ─────", "cva      0.31", "matter  0.452",
            ])
    }
}

/// Time and text of a progress bar under test.
private final class Screen {
    var time = 0.0
    var text = ""
}

@Suite struct ProgressBarTests {
    private func bar(_ screen: Screen, _ style: ProgressBar.Style) -> ProgressBar {
        ProgressBar(
            "tiles", total: 100, style: style, now: { screen.time },
            write: { screen.text += $0 })
    }

    @Test func tellsRateAndTimeLeftEachTenth() {
        let screen = Screen()
        var bar = bar(screen, .lines)
        for done in 1...100 {
            screen.time += 0.5
            bar.update(done: done)
        }
        let lines = screen.text.split(separator: "\n")
        #expect(lines.count == 10)
        #expect(lines.first == "tiles 10/100, 2.0/s, 45 s left")
        #expect(lines.last == "tiles 100/100, 2.0/s, 0 s left")
    }

    @Test func whatWasThereBeforeIsNoneOfTheRate() {
        let screen = Screen()
        var bar = bar(screen, .lines)
        screen.time += 1000
        bar.begin(at: 50)
        bar.update(done: 50)
        #expect(screen.text.isEmpty)
        screen.time += 10
        bar.update(done: 60)
        #expect(screen.text == "tiles 60/100, 1.0/s, 40 s left\n")
    }

    @Test func drawsAtMostTenTimesASecond() {
        let screen = Screen()
        var bar = bar(screen, .bar)
        for done in 1...99 {
            screen.time += 0.01
            bar.update(done: done)
        }
        #expect(screen.text.count { $0 == "\r" } <= 11)
        bar.erase()
        #expect(screen.text.hasSuffix("\r\u{1B}[K"))
    }

    @Test func hiddenOnesAreSilent() {
        let screen = Screen()
        var bar = bar(screen, .hidden)
        bar.update(done: 100)
        bar.erase()
        #expect(screen.text.isEmpty)
    }
}
