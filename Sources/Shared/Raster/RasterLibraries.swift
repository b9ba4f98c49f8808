import CGDAL

/// The C libraries that pixels are read, placed and written by.
public enum RasterLibraries {
    /// Their versions by name: "GDAL" and "PROJ".
    ///
    /// Uses `GDALVersionInfo` and `OSRGetPROJVersion`.
    public static let versions: [String: String] = {
        var (major, minor, patch): (Int32, Int32, Int32) = (0, 0, 0)
        OSRGetPROJVersion(&major, &minor, &patch)
        let gdal = GDALVersionInfo("RELEASE_NAME").map { String(cString: $0) }
        return ["GDAL": gdal ?? "unknown", "PROJ": "\(major).\(minor).\(patch)"]
    }()
}
