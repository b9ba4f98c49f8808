import CGDAL
import Synchronization

/// Files and answers from the network: none before someone asks for it.
///
/// Uses GDAL's `CPLHTTPFetch`, and libcurl behind it.
public enum Network {
    private static let allowed = Atomic<Bool>(false)

    /// Whether `https://` and `s3://` may be read.
    public static var isAllowed: Bool { allowed.load(ordering: .acquiring) }

    /// Lets this process read from the network from now on, with bounded waiting and four further attempts.
    ///
    /// GDAL's own settings in the environment (`GDAL_HTTP_TIMEOUT`, `AWS_S3_ENDPOINT`, …) come first.
    /// - Parameter signsS3: Whether requests to S3 are signed with the AWS credentials of the environment.
    public static func allow(signsS3: Bool = false) {
        _ = GDALLibrary.isReady
        CPLSetConfigOption("CPL_VSIL_CURL_ALLOWED_EXTENSIONS", nil)
        let defaults = [
            "GDAL_HTTP_MAX_RETRY": "4", "GDAL_HTTP_RETRY_DELAY": "0.5",
            "GDAL_HTTP_CONNECTTIMEOUT": "15", "GDAL_HTTP_TIMEOUT": "120",
            "GDAL_HTTP_LOW_SPEED_TIME": "30", "GDAL_HTTP_LOW_SPEED_LIMIT": "1000",
            "AWS_NO_SIGN_REQUEST": signsS3 ? "NO" : "YES",
        ]
        for (name, value) in defaults where CPLGetConfigOption(name, nil) == nil {
            CPLSetConfigOption(name, value)
        }
        allowed.store(true, ordering: .releasing)
    }

    /// An answer to a request.
    public struct Answer: Sendable {
        /// What it says.
        public let body: [UInt8]
        /// The media type, empty where the server does not say.
        public let contentType: String
    }

    /// Asks a server; with a body by POST, else by GET.
    /// - Parameters:
    ///   - address: `http://` or `https://`.
    ///   - headers: Further headers, "Name: value".
    ///   - body: JSON to post.
    ///   - limit: The most bytes that an answer may have.
    /// - Returns: The answer to a request that succeeded.
    /// - Throws: `RasterError`: `unavailable` when there is no network, no such server, no answer in time or an error
    ///   of the server's (5xx, 429); `invalid` when it refuses the request (4xx) or says too much.
    public static func ask(
        _ address: String, headers: [String] = [], posting body: String? = nil, limit: Int
    ) throws -> Answer {
        let name = redacted(address)
        guard isAllowed else {
            throw RasterError(.unavailable, path: name, "the network is not used here")
        }
        guard address.hasPrefix("https://") || address.hasPrefix("http://") else {
            throw RasterError(.invalid, path: name, "is no http or https address")
        }
        let all = headers + (body == nil ? [] : ["Content-Type: application/json"])
        var options = ["MAX_FILE_SIZE=\(limit)"]
        if !all.isEmpty { options.append("HEADERS=" + all.joined(separator: "\r\n")) }
        if let body { options.append("POSTFIELDS=\(body)") }
        let result = GDALLibrary.quietly {
            GDALLibrary.withStrings(options) { CPLHTTPFetch(address, $0) }
        }
        guard let result else { throw RasterError(.unavailable, path: name, "no answer") }
        defer { CPLHTTPDestroyResult(result) }
        return try answer(result.pointee, name, limit)
    }

    private static func answer(
        _ result: CPLHTTPResult, _ name: String, _ limit: Int
    ) throws -> Answer {
        if let text = result.pszErrBuf.map({ String(cString: $0) }) {
            let status = text.split(separator: ":").last.map {
                $0.filter(\.isNumber)
            }.flatMap { Int($0) }
            let isRefusal =
                text.contains("HTTP error code")
                && status.map {
                    (400..<500).contains($0) && $0 != 429 && $0 != 408
                } == true
            let isLong = text.lowercased().contains("maximum file size")
            throw RasterError(
                isRefusal || isLong ? .invalid : .unavailable, path: name,
                isLong ? "answers with more than \(limit) bytes" : redacted(text))
        }
        let count = Int(result.nDataLen)
        guard count <= limit else {
            throw RasterError(.invalid, path: name, "answers with more than \(limit) bytes")
        }
        let body = result.pabyData.map { [UInt8](UnsafeBufferPointer(start: $0, count: count)) }
        return Answer(
            body: body ?? [],
            contentType: result.pszContentType.map { String(cString: $0) } ?? "")
    }

    /// Forgets what was learned of addresses that begin so, before they are tried again.
    public static func forget(_ address: String) {
        GDALLibrary.quietly { VSICurlPartialClearCache(StoredFile(address).name) }
    }

    /// An address, or a message with addresses in it, without their queries, which may hold tokens.
    public static func redacted(_ text: String) -> String {
        text.split(separator: " ", omittingEmptySubsequences: false).map { word in
            guard word.contains("://") || word.hasPrefix("/vsi"),
                let mark = word.firstIndex(of: "?")
            else { return String(word) }
            return word[..<mark] + "?…"
        }.joined(separator: " ")
    }
}
