import Foundation
import Manifests
import TestSupport
import Testing

/// E19: what programs print on terminals of any kind, and on none.
@Suite struct TerminalTests {
    private static let environments: [[String: String]] = [
        ["TERM": "xterm-256color", "COLUMNS": "80"], ["TERM": "dumb", "NO_COLOR": "1"],
        ["TERM": "", "COLUMNS": "20"],
    ]

    private static func table(in folder: TemporaryFolder) throws -> String {
        let path = folder.path("rows.csv")
        try AtomicFile.write("method,P,R,F1\na,70.53,19.17,29.44\n", to: path)
        return path
    }

    @Test func nothingButTextGoesDownAPipe() throws {
        let folder = try TemporaryFolder()
        let rows = try Self.table(in: folder)
        let results = try Self.environments.map {
            try runProgram("matter-eval", ["audit", rows], environment: $0)
        }
        for result in results {
            #expect(result.status == 1 && result.stdout == results[0].stdout)
            for text in [result.stdout, result.stderr] {
                #expect(!text.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\r" })
            }
        }
    }

    private static let terminal = ["/usr/bin/script"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// What a program shows on a terminal.
    private static func shown(_ words: [String], _ environment: [String: String]) throws -> String {
        let command = ([programURL(words[0]).path] + words.dropFirst()).map { "'\($0)'" }
        return try runExecutable(
            #require(terminal),
            ["--quiet", "--return", "--command", command.joined(separator: " "), "/dev/null"],
            environment: environment
        ).stdout
    }

    @Test(.enabled(if: terminal != nil, "needs script of util-linux"))
    func aBarIsDrawnWhereItCanBeAndIsNotWhereNot() throws {
        for (environment, isDrawn) in [
            (["TERM": "xterm"], true), (["TERM": "xterm", "NO_COLOR": "1"], true),
            (["TERM": "dumb"], false),
        ] {
            let folder = try TemporaryFolder()
            let text = try Self.shown(
                [
                    "matter-prep", "simulate", "--out", folder.path("earth"), "--seed", "1",
                    "--regions", "1", "--size", "126", "--dates", "2", "--products", "l2a",
                ], environment)
            #expect(
                FileManager.default.fileExists(atPath: folder.path("earth/run.json")), "\(text)")
            #expect(text.contains("\u{1B}[K") == isDrawn, "\(text)")
            // The bar is erased and drawn again; nothing is coloured.
            #expect(!text.replacing("\u{1B}[K", with: "").contains("\u{1B}"))
        }
    }
}
