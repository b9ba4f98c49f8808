import CGDAL
import Glibc

/// The C libraries that pixels are read, placed and written by.
public enum RasterLibraries {
    /// Their versions by name: "GDAL", "PROJ" and, where GDAL's decoder of JPEG 2000 tells it, "OpenJPEG".
    ///
    /// Uses `GDALVersionInfo`, `OSRGetPROJVersion` and `opj_version`.
    public static let versions: [String: String] = {
        var (major, minor, patch): (Int32, Int32, Int32) = (0, 0, 0)
        OSRGetPROJVersion(&major, &minor, &patch)
        let gdal = GDALVersionInfo("RELEASE_NAME").map { String(cString: $0) }
        var versions = ["GDAL": gdal ?? "unknown", "PROJ": "\(major).\(minor).\(patch)"]
        versions["OpenJPEG"] = openJPEG
        return versions
    }()

    /// GDAL brings the library along and does not tell its version, so that it is asked itself.
    private static var openJPEG: String? {
        typealias Version = @convention(c) () -> UnsafePointer<CChar>?
        guard let function = dlsym(nil, "opj_version") else { return nil }
        return unsafeBitCast(function, to: Version.self)().map { String(cString: $0) }
    }
}
