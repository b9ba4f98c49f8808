import Foundation
import FoundationXML
import Raster

/// An XML element: its name without prefix, attributes, text and children.
final class XMLElementNode {
    let name: String
    let attributes: [String: String]
    fileprivate(set) var text = ""
    fileprivate(set) var children: [XMLElementNode] = []

    init(name: String, attributes: [String: String]) {
        self.name = name
        self.attributes = attributes
    }

    /// Every element below this one, in document order, that has the name.
    func all(_ name: String) -> [XMLElementNode] {
        children.flatMap { ($0.name == name ? [$0] : []) + $0.all(name) }
    }

    /// The first element below this one that has the name.
    func first(_ name: String) -> XMLElementNode? {
        for child in children {
            if child.name == name { return child }
            if let found = child.first(name) { return found }
        }
        return nil
    }

    /// The element's text without surrounding white space.
    var value: String { text.trimmingCharacters(in: .whitespacesAndNewlines) }
}

/// Reads XML that nobody vouches for: no DTD, no entity, no other encoding than UTF-8, bounded size and depth.
///
/// `XMLDocument` would open external entities on Linux, so that this is built on `XMLParser`, and a document type
/// declaration is refused by a scan of the bytes before any parser sees them.
enum SafeXML {
    /// The largest file that is read: ten times the largest granule metadata seen.
    static let longestFile = 64 << 20

    static func read(_ path: String) throws -> XMLElementNode {
        let file = StoredFile(path)
        guard file.exists else {
            throw PrepError(.missing, path, "the file cannot be read; is the product complete?")
        }
        return try parse(Data(file.read(limit: longestFile)), path: path)
    }

    static func parse(_ data: Data, path: String) throws -> XMLElementNode {
        guard data.count <= longestFile else {
            throw PrepError(
                .badData, path, "\(data.count) bytes of XML; at most \(longestFile) are read")
        }
        try refuseDeclarations(data, path: path)
        let parser = XMLParser(data: withContentInInstructions(data))
        parser.shouldProcessNamespaces = false
        parser.shouldResolveExternalEntities = false
        let builder = XMLTreeBuilder()
        parser.delegate = builder
        guard parser.parse(), let root = builder.root else {
            let cause = builder.failure ?? "not well-formed XML near line \(parser.lineNumber)"
            throw PrepError(.badData, path, cause)
        }
        return root
    }

    /// A scan of the bytes: a DTD, an encoding that could hide one, or no XML at all.
    private static func refuseDeclarations(_ data: Data, path: String) throws {
        let problem = data.withUnsafeBytes { bytes -> String? in
            if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE])
                || find(0, in: bytes, from: 0) != nil
                // Foundation's parser ends the process at names that are not UTF-8.
                || String(validating: bytes, as: UTF8.self) == nil
            {
                return "XML must be in UTF-8, without zero bytes"
            }
            if let encoding = declaredEncoding(bytes),
                !["utf-8", "us-ascii", "utf8"].contains(encoding)
            {
                return "XML must be in UTF-8, not \(encoding)"
            }
            return declaration(in: bytes).map {
                "DTD not allowed: the file has \($0); get the product again"
            }
        }
        if let problem { throw PrepError(.badData, path, problem) }
    }

    /// The same document with a space in each processing instruction that has no content: `<?name?>` is sound XML, but Foundation's
    /// parser ends the process at it.
    private static func withContentInInstructions(_ data: Data) -> Data {
        let places = data.withUnsafeBytes(emptyInstructions)
        guard !places.isEmpty else { return data }
        var result = Data()
        var start = data.startIndex
        for place in places {
            result += data[start..<data.startIndex + place]
            result.append(UInt8(ascii: " "))
            start = data.startIndex + place
        }
        return result + data[start...]
    }

    /// Where the "?>" of each instruction stands that has no content.
    private static func emptyInstructions(_ bytes: UnsafeRawBufferPointer) -> [Int] {
        var found: [Int] = []
        var place = 0
        while let mark = find(UInt8(ascii: "?"), in: bytes, from: place) {
            place = mark + 1
            guard mark > 0, bytes[mark - 1] == UInt8(ascii: "<") else { continue }
            let end = bytes[place...].firstIndex { $0 <= 32 || $0 == UInt8(ascii: "?") }
            guard let end, bytes[end...].starts(with: "?>".utf8) else { continue }
            found.append(end)
        }
        return found
    }

    /// The first "<!" that opens neither a comment nor a CDATA section; every declaration of a DTD begins so.
    private static func declaration(in bytes: UnsafeRawBufferPointer) -> String? {
        var place = 0
        while let mark = find(UInt8(ascii: "!"), in: bytes, from: place) {
            place = mark + 1
            guard mark > 0, bytes[mark - 1] == UInt8(ascii: "<") else { continue }
            let rest = bytes[place...]
            if rest.starts(with: "--".utf8) || rest.starts(with: "[CDATA[".utf8) { continue }
            return "<!"
                + String(decoding: rest.prefix { $0 > 32 && $0 < 127 }.prefix(16), as: UTF8.self)
        }
        return nil
    }

    /// The encoding that the XML declaration names, in lower case; nil where it names none.
    private static func declaredEncoding(_ bytes: UnsafeRawBufferPointer) -> String? {
        let head = String(decoding: bytes.prefix(256), as: UTF8.self).lowercased()
        guard let declaration = head.firstRange(of: "<?xml"),
            let end = head.firstRange(of: "?>")?.lowerBound ?? head.indices.last,
            declaration.upperBound < end,
            let name = head[declaration.upperBound..<end].firstRange(of: "encoding")
        else { return nil }
        let value = head[name.upperBound..<end].drop { $0 == "=" || $0.isWhitespace }
        return String(value.dropFirst().prefix { $0 != "\"" && $0 != "'" })
    }

    /// Where a byte stands next; a scan by the machine's own `memchr`.
    private static func find(
        _ byte: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int
    ) -> Int? {
        guard let base = bytes.baseAddress, start < bytes.count,
            let found = memchr(base + start, Int32(byte), bytes.count - start)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }
}

private final class XMLTreeBuilder: NSObject, XMLParserDelegate {
    static let deepest = 64
    var root: XMLElementNode?
    var failure: String?
    private var open: [XMLElementNode] = []

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
        qualifiedName: String?, attributes: [String: String]
    ) {
        guard open.count < Self.deepest else {
            failure = "XML nested deeper than \(Self.deepest) elements"
            parser.abortParsing()
            return
        }
        let local = name.split(separator: ":").last.map(String.init) ?? name
        let node = XMLElementNode(name: local, attributes: attributes)
        if let parent = open.last { parent.children.append(node) } else { root = node }
        open.append(node)
    }

    func parser(
        _ parser: XMLParser, didEndElement name: String, namespaceURI: String?,
        qualifiedName: String?
    ) {
        open.removeLast()
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
        open.last?.text += string
    }
}
