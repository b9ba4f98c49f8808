import Foundation
import Glibc
import Synchronization

/// A web server of the loopback that gives the files of a folder, whole or by ranges of bytes, to GET, HEAD and POST.
public final class LoopbackServer: Sendable {
    /// Where it answers: "http://127.0.0.1:PORT".
    public let address: String
    private let listener: Int32
    private let log: Log

    private final class Log: Sendable {
        private let requests = Mutex<[String]>([])

        func add(_ request: String) { requests.withLock { $0.append(request) } }
        var all: [String] { requests.withLock { $0 } }
    }

    /// What was asked for, "GET /a.tif", in the order of arrival.
    public var requests: [String] { log.all }

    /// Starts to answer.
    /// - Throws: `CocoaError` where nothing can listen.
    public init(folder: String) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutableBytes(of: &place) { bytes in
            guard let base = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else {
                return false
            }
            return bind(listener, base, size) == 0 && listen(listener, 64) == 0
                && getsockname(listener, base, &size) == 0
        }
        guard isListening else {
            close(listener)
            throw CocoaError(.fileNoSuchFile)
        }
        let log = Log()
        (self.listener, self.log) = (listener, log)
        address = "http://127.0.0.1:\(UInt16(bigEndian: place.sin_port))"
        Thread.detachNewThread {
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                Thread.detachNewThread {
                    Self.answer(client, folder, log)
                    close(client)
                }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    // MARK: One request

    private static func answer(_ client: Int32, _ folder: String, _ log: Log) {
        guard let lines = head(client), let first = lines.first else { return }
        let words = first.split(separator: " ")
        guard words.count == 3 else { return }
        let path = words[1].prefix { $0 != "?" }
        log.add("\(words[0]) \(path)")
        guard let body = try? Data(contentsOf: URL(filePath: folder + path)) else {
            return send(client, "404 Not Found", ["Content-Length: 0"], Data())
        }
        let range = lines.lazy.compactMap { Self.range(in: $0, of: body.count) }.first
        let part = range.map { body[$0] } ?? body
        var fields = ["Content-Length: \(part.count)", "Accept-Ranges: bytes"]
        if let range {
            fields.append(
                "Content-Range: bytes \(range.lowerBound)-\(range.upperBound - 1)/\(body.count)")
        }
        let status = range == nil ? "200 OK" : "206 Partial Content"
        send(client, status, fields, words[0] == "HEAD" ? Data() : part)
    }

    /// The lines of a request's head, when its body has been taken too.
    private static func head(_ client: Int32) -> [String]? {
        var bytes = Data()
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count = recv(client, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
            guard let end = bytes.range(of: Data("\r\n\r\n".utf8)) else { continue }
            let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
                .components(separatedBy: "\r\n")
            let length = lines.lazy.compactMap { value(of: "content-length", in: $0) }
                .compactMap { Int($0) }.first
            if bytes.count >= end.upperBound + (length ?? 0) { return lines }
        }
    }

    private static func value(of field: String, in line: String) -> String? {
        guard line.lowercased().hasPrefix("\(field):") else { return nil }
        return line.dropFirst(field.count + 1).trimmingCharacters(in: .whitespaces)
    }

    /// "Range: bytes=0-16383" as places of a body.
    private static func range(in line: String, of count: Int) -> Range<Int>? {
        guard let text = value(of: "range", in: line), text.hasPrefix("bytes="), count > 0 else {
            return nil
        }
        let ends = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
            .map { Int($0) }
        guard ends.count == 2, let start = ends[0], start < count else { return nil }
        return start..<min(max(ends[1] ?? count - 1, start), count - 1) + 1
    }

    private static func send(_ client: Int32, _ status: String, _ fields: [String], _ body: Data) {
        let head = (["HTTP/1.1 \(status)"] + fields + ["Connection: close", "", ""])
            .joined(separator: "\r\n")
        let bytes = [UInt8](Data(head.utf8) + body)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
        // What is unread when a socket closes can cost the other side the answer.
        shutdown(client, Int32(SHUT_WR))
    }
}
