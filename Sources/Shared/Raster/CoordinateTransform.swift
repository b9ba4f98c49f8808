import CGDAL
public import Geo

/// A coordinate reference system as GDAL has it, with x to the east and y to the north.
struct SpatialReference: ~Copyable {
    let handle: OGRSpatialReferenceH

    init?(_ crs: CRS) {
        guard let handle = OSRNewSpatialReference(nil) else { return nil }
        guard OSRSetFromUserInput(handle, crs.definition) == OGRERR_NONE else {
            OSRDestroySpatialReference(handle)
            return nil
        }
        OSRSetAxisMappingStrategy(handle, OAMS_TRADITIONAL_GIS_ORDER)
        self.handle = handle
    }

    deinit { OSRDestroySpatialReference(handle) }
}

/// Maps coordinates of one system into another; x is easting or longitude in both.
///
/// Uses PROJ through GDAL's `OCTTransformEx`.
public struct CoordinateTransform: ~Copyable {
    private let handle: OGRCoordinateTransformationH

    /// Finds the best way from one system to another.
    /// - Throws: `RasterError` (`invalid`) if a system is unknown or there is no way.
    public init(from source: CRS, to target: CRS) throws {
        handle = try GDALLibrary.collectingErrors(
            .invalid, path: "", "no coordinates from \(source) to \(target)"
        ) {
            guard let from = SpatialReference(source), let to = SpatialReference(target) else {
                return nil
            }
            return OCTNewCoordinateTransformation(from.handle, to.handle)
        }
    }

    deinit { OCTDestroyCoordinateTransformation(handle) }

    /// Maps points; nil for those that have no place in the other system.
    public func map(_ points: [Position]) -> [Position?] {
        var x = points.map(\.x)
        var y = points.map(\.y)
        let isMapped = map(&x, &y)
        return points.indices.map { isMapped[$0] ? Position(x: x[$0], y: y[$0]) : nil }
    }

    /// Maps coordinates in place and says which could be mapped.
    func map(_ x: inout [Double], _ y: inout [Double]) -> [Bool] {
        var status = [Int32](repeating: 0, count: x.count)
        guard !x.isEmpty else { return [] }
        _ = GDALLibrary.quietly {
            OCTTransformEx(handle, Int32(x.count), &x, &y, nil, &status)
        }
        return x.indices.map { status[$0] != 0 && x[$0].isFinite && y[$0].isFinite }
    }

    /// Whether a system is one of a site alone, whose coordinates have no place on Earth.
    ///
    /// Uses `OSRIsLocal`.
    public static func isLocal(_ crs: CRS) -> Bool {
        guard crs.epsg == nil else { return false }
        return GDALLibrary.quietly {
            guard let reference = SpatialReference(crs) else { return false }
            return OSRIsLocal(reference.handle) != 0
        }
    }

    /// Whether two systems are the same, by definition or by content.
    public static func isSame(_ left: CRS, _ right: CRS) -> Bool {
        if left == right { return true }
        return GDALLibrary.quietly {
            guard let left = SpatialReference(left), let right = SpatialReference(right) else {
                return false
            }
            return OSRIsSame(left.handle, right.handle) != 0
        }
    }
}
