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
        let parser = XMLParser(data: data)
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
        let head = String(decoding: data.prefix(256), as: UTF8.self).lowercased()
        if data.contains(0) || data.starts(with: [0xFE, 0xFF]) || data.starts(with: [0xFF, 0xFE]) {
            throw PrepError(.badData, path, "XML must be in UTF-8, without zero bytes")
        }
        if let declared = head.range(
            of: #"encoding\s*=\s*["'][^"']*["']"#, options: .regularExpression),
            !["utf-8", "us-ascii", "utf8"].contains(where: head[declared].contains)
        {
            throw PrepError(.badData, path, "XML must be in UTF-8, not \(head[declared])")
        }
        for forbidden in ["<!DOCTYPE", "<!ENTITY", "<!doctype", "<!entity"]
        where data.range(of: Data(forbidden.utf8)) != nil {
            throw PrepError(
                .badData, path, "DTD not allowed: the file has \(forbidden); get the product again")
        }
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
