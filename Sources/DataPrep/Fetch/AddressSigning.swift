import Foundation
import Manifests
import Raster

/// A service that hands out tokens with which the files of an archive may be read.
///
/// A token is asked for per collection, `GET <tokens>/<collection>`, added to the query of addresses on the archive's own
/// hosts and nowhere else, kept until shortly before it expires, and never written anywhere.
public struct AddressSigning: Hashable, Sendable, Codable {
    /// The services that are known by name.
    public enum Service: String, Hashable, Sendable, Codable, CaseIterable {
        /// Microsoft's Planetary Computer: SAS tokens for Azure's blob storage.
        case planetaryComputer = "planetary-computer"
    }

    /// The service.
    public let service: Service
    /// Where tokens are asked for.
    public let tokens: String

    /// A service where it is, or where somebody says it is.
    public init(_ service: Service, tokens: String? = nil) {
        self.service = service
        self.tokens = tokens ?? service.tokens
    }

    /// Reads "planetary-computer" or "planetary-computer=https://host/api/sas/v1/token".
    ///
    /// - Throws: `PrepError` (`usage`) for an unknown service or an address that is none.
    public init(argument: String) throws {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            .map(String.init)
        guard let service = parts.first.flatMap(Service.init) else {
            let names = Service.allCases.map(\.rawValue).joined(separator: ", ")
            throw PrepError(.usage, "--sign \(argument)", "is no service; there is \(names)")
        }
        if parts.count == 2, URL(string: parts[1])?.host == nil {
            throw PrepError(.usage, "--sign \(argument)", "no address after '='")
        }
        self.init(service, tokens: parts.count == 2 ? parts[1] : nil)
    }

    /// The service that an API belongs to, by its host.
    static func known(for endpoint: String) -> AddressSigning? {
        guard let host = URL(string: endpoint)?.host?.lowercased() else { return nil }
        return Service.allCases.first { host == $0.apiHost }.map { AddressSigning($0) }
    }

    /// Whether an address is one that the service's tokens open.
    func signs(_ address: String) -> Bool {
        guard let url = URL(string: address), let host = url.host?.lowercased() else {
            return false
        }
        let own = URL(string: tokens)
        return host.hasSuffix(service.archiveSuffix)
            || (host == own?.host?.lowercased() && url.port == own?.port)
    }
}

extension AddressSigning.Service {
    fileprivate var tokens: String {
        switch self {
        case .planetaryComputer: "https://planetarycomputer.microsoft.com/api/sas/v1/token"
        }
    }

    fileprivate var apiHost: String {
        switch self {
        case .planetaryComputer: "planetarycomputer.microsoft.com"
        }
    }

    fileprivate var archiveSuffix: String {
        switch self {
        case .planetaryComputer: ".blob.core.windows.net"
        }
    }
}

/// Tokens in hand.
///
/// Not `Sendable`: one fetch asks for one after the other.
final class AddressSigner {
    /// Seconds before its end at which a token is renewed: long enough to read a file with it.
    static let spare = 120.0
    private static let longestAnswer = 1 << 16

    private struct Token {
        let text: String
        let end: Date
    }

    private let now: () -> Date
    private var known: [String: Token] = [:]

    init(now: @escaping () -> Date = { Date() }) { self.now = now }

    /// An address with a token in its query, or as it is where it needs none.
    ///
    /// - Throws: `RasterError` (`unavailable`, `invalid`) or `PrepError` for a service that gives no token.
    func signed(_ address: String, of collection: String, by signing: AddressSigning?) throws
        -> String
    {
        guard let signing, signing.signs(address) else { return address }
        let key = "\(signing.tokens)/\(collection)"
        if let token = known[key], token.end > now() + Self.spare {
            return Self.joined(address, token.text)
        }
        let token = try ask(key)
        known[key] = token
        return Self.joined(address, token.text)
    }

    /// Drops the tokens in hand: one of them was refused.
    func forget() { known = [:] }

    private func ask(_ address: String) throws -> Token {
        let answer = try Network.ask(address, limit: Self.longestAnswer)
        let json = try? JSONValue.parse(answer.body, path: address)
        guard let text = json?["token"]?.string, !text.isEmpty,
            text.utf8.allSatisfy({ $0 > 32 && $0 < 127 })
        else {
            throw PrepError(.badData, address, "answers without a token; is --sign right?")
        }
        // A token that does not say when it ends is used once.
        let end = json?["msft:expiry"]?.string.flatMap {
            try? Date($0, strategy: .iso8601)
        }
        return Token(text: text, end: end ?? .distantPast)
    }

    private static func joined(_ address: String, _ token: String) -> String {
        address + (address.contains("?") ? "&" : "?") + token
    }
}
