import Foundation
import Manifests
import Raster

/// STAC API 1.0 item search: pages by their `next` links, everything bounded.
struct ItemSearch {
    /// Most pages that are asked for.
    static let mostPages = 1000
    /// Most items that are taken.
    static let mostItems = 20_000
    /// Most bytes of a page.
    static let longestPage = 64 << 20

    let region: FetchRegion
    let checkStop: @Sendable () throws -> Void

    private struct Request: Hashable {
        var address: String
        var body: JSONValue?
    }

    /// All items that the server finds.
    ///
    /// - Throws: `RasterError` (`unavailable` without network), `PrepError` for answers that are no item search.
    func items() throws -> [JSONValue] {
        var next: Request? = posted
        var seen: Set<Request> = []
        var items: [JSONValue] = []
        while let request = next {
            try checkStop()
            guard seen.insert(request).inserted, seen.count <= Self.mostPages else {
                throw PrepError(
                    .badData, Network.redacted(request.address),
                    "page \(seen.count + 1) of the search was given before, or is one too many; "
                        + "search a smaller area or fewer days")
            }
            let page = try page(request, mayFallBack: seen.count == 1)
            items += page.items
            guard items.count <= Self.mostItems else {
                throw PrepError(
                    .badData, Network.redacted(region.query.endpoint),
                    "more than \(Self.mostItems) items; search a smaller area or fewer days")
            }
            next = page.next
        }
        return items
    }

    // MARK: Requests

    private var base: String {
        let endpoint = region.query.endpoint
        return endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
    }

    private var datetime: String {
        "\(region.query.firstDay)T00:00:00Z/\(region.query.lastDay)T23:59:59Z"
    }

    /// The search as POST, with what most servers filter by.
    private var posted: Request {
        let body: JSONValue = .object([
            "collections": .array([.string(region.query.collection)]),
            "bbox": .array(region.area.searchBox.map(JSONValue.number)),
            "datetime": .string(datetime), "limit": .integer(100),
            "query": .object([
                "eo:cloud_cover": .object(["lte": .number(region.query.largestCloudCover)])
            ]),
        ])
        return Request(address: "\(base)/search", body: body)
    }

    /// The same as GET for servers that know neither POST nor `query`.
    private var plain: Request {
        let box = region.area.searchBox.map { "\($0)" }.joined(separator: ",")
        let fields = [
            ("collections", region.query.collection), ("bbox", box), ("datetime", datetime),
            ("limit", "100"),
        ]
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~,:/")
        let query = fields.map { name, value in
            "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: allowed) ?? value)"
        }
        return Request(address: "\(base)/search?\(query.joined(separator: "&"))", body: nil)
    }

    // MARK: Answers

    private func page(
        _ request: Request, mayFallBack: Bool
    ) throws -> (items: [JSONValue], next: Request?) {
        var request = request
        let answer: Network.Answer
        do {
            answer = try ask(request)
        } catch let error as RasterError where error.code == .invalid && mayFallBack {
            request = plain
            answer = try ask(request)
        }
        let name = Network.redacted(request.address)
        let page: JSONValue
        do {
            page = try JSONValue.parse(answer.body, path: name)
        } catch {
            let start = String(decoding: answer.body.prefix(24), as: UTF8.self).debugDescription
            throw PrepError(
                .badData, name, "answers no JSON but \(start); is this a STAC API? (\(error))")
        }
        guard let features = page["features"]?.array else {
            throw PrepError(.badData, name, "answers without features; is this a STAC item search?")
        }
        return (try features.map { try absolute($0, name) }, try next(page, after: request))
    }

    private func ask(_ request: Request) throws -> Network.Answer {
        try Network.ask(
            request.address, headers: ["Accept: application/geo+json, application/json"],
            posting: request.body?.serialized(), limit: Self.longestPage)
    }

    private func next(_ page: JSONValue, after request: Request) throws -> Request? {
        let links = page["links"]?.array ?? []
        guard let link = links.first(where: { $0["rel"]?.string == "next" }),
            let href = link["href"]?.string
        else { return nil }
        guard let url = URL(string: href, relativeTo: URL(string: request.address)),
            ["http", "https"].contains(url.scheme?.lowercased() ?? "")
        else {
            throw PrepError(
                .badData, Network.redacted(request.address), "the next page is at \"\(href)\"")
        }
        guard link["method"]?.string?.uppercased() == "POST" else {
            return Request(address: url.absoluteString, body: nil)
        }
        var body = link["body"] ?? request.body ?? .object([:])
        if link["merge"]?.bool == true, let old = request.body?.object, let new = body.object {
            body = .object(old.merging(new) { $1 })
        }
        return Request(address: url.absoluteString, body: body)
    }

    /// The item with its hrefs made absolute, so that it means the same wherever it is kept.
    private func absolute(_ item: JSONValue, _ page: String) throws -> JSONValue {
        guard var members = item.object, let assets = members["assets"]?.object else { return item }
        let own = (members["links"]?.array ?? []).first { $0["rel"]?.string == "self" }
        let address = own?["href"]?.string.flatMap { $0.contains("://") ? $0 : nil } ?? page
        members["assets"] = .object(
            assets.mapValues { asset in
                guard var fields = asset.object, let href = fields["href"]?.string,
                    !href.contains("://"),
                    let url = URL(string: href, relativeTo: URL(string: address))
                else { return asset }
                fields["href"] = .string(url.absoluteString)
                return .object(fields)
            })
        return .object(members)
    }
}
