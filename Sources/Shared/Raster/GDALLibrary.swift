import CGDAL
import Glibc

/// The one place where GDAL is set up and its messages are caught.
enum GDALLibrary {
    /// Drivers that may ever open or write something here; all others are taken out.
    private static let allowed: Set<String> = [
        "GTiff", "COG", "JP2OpenJPEG", "PNG", "MEM", "SRTMHGT", "VRT",
    ]

    /// Sets GDAL up once: no network, no plugins, no sidecar files, no drivers but ours.
    static let isReady: Bool = {
        let options = [
            "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_PAM_ENABLED": "NO",
            "GDAL_DRIVER_PATH": "disable", "GDAL_NUM_THREADS": "1", "GDAL_CACHEMAX": "128",
            "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{noext}", "GTIFF_REPORT_COMPD_CS": "NO",
        ]
        for (name, value) in options { CPLSetConfigOption(name, value) }
        OSRSetPROJEnableNetwork(0)
        GDALAllRegister()
        for index in (0..<GDALGetDriverCount()).reversed() {
            guard let driver = GDALGetDriver(index), let name = GDALGetDriverShortName(driver),
                !allowed.contains(String(cString: name))
            else { continue }
            GDALDeregisterDriver(driver)
        }
        return true
    }()

    private final class Messages {
        var all: [String] = []
        var hasFailure = false
    }

    /// Runs a body and throws every message that GDAL gave meanwhile if one of them was a failure, or if there is no result.
    static func collectingErrors<Result: ~Copyable>(
        _ code: RasterError.Code, path: String, _ doing: String, _ body: () -> Result?
    ) throws(RasterError) -> Result {
        _ = isReady
        let messages = Messages()
        let pointer = Unmanaged.passUnretained(messages).toOpaque()
        CPLPushErrorHandlerEx(
            { severity, _, text in
                guard let data = CPLGetErrorHandlerUserData(), let text else { return }
                let messages = Unmanaged<Messages>.fromOpaque(data).takeUnretainedValue()
                guard severity != CE_Debug, messages.all.count < 20 else { return }
                messages.all.append(String(cString: text))
                if severity == CE_Failure || severity == CE_Fatal { messages.hasFailure = true }
            }, pointer)
        errno = 0
        let result = withExtendedLifetime(messages) { body() }
        let isOutOfHandles = [EMFILE, ENFILE].contains(errno)
        CPLPopErrorHandler()
        guard !messages.hasFailure, let result else {
            guard !isOutOfHandles else {
                throw RasterError(
                    .outOfResources, path: path, doing + ": too many open files; see ulimit -n")
            }
            throw RasterError(code, path: path, messages: [doing] + messages.all)
        }
        return result
    }

    /// Runs a body under other settings of GDAL, on this thread alone.
    static func withSettings<Result>(
        _ settings: [String: String], _ body: () throws -> Result
    ) rethrows -> Result {
        for (name, value) in settings { CPLSetThreadLocalConfigOption(name, value) }
        defer { for name in settings.keys { CPLSetThreadLocalConfigOption(name, nil) } }
        return try body()
    }

    /// Runs a body of which the messages mean nothing.
    static func quietly<Result>(_ body: () -> Result) -> Result {
        _ = isReady
        CPLPushErrorHandler(CPLQuietErrorHandler)
        defer { CPLPopErrorHandler() }
        return body()
    }

    /// A list of C strings for the time of a call, ended by nil.
    static func withStrings<Result>(
        _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Result
    ) -> Result {
        var list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        for string in strings { list = CSLAddString(list, string) }
        defer { CSLDestroy(list) }
        return body(list)
    }

    /// A GDAL list of "key=value" as a dictionary.
    static func dictionary(
        _ list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    ) -> [String: String] {
        var entries: [String: String] = [:]
        for index in 0..<Int(CSLCount(list)) {
            guard let text = list?[index] else { continue }
            let parts = String(cString: text).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { entries[String(parts[0])] = String(parts[1]) }
        }
        return entries
    }
}
