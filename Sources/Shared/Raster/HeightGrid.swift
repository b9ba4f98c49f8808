import CGDAL
import Geo

/// A file with the heights of a geoid or a sea level above an ellipsoid, by its name in PROJ.
struct HeightGrid {
    /// Such as "us_nga_egm96_15.tif".
    let name: String
    /// Whether PROJ finds it, under this name or an older one.
    let isThere: Bool

    /// The grids of each way that PROJ knows from a system to heights above the ellipsoid at a place, the best way first.
    ///
    /// Whether the grids are there or not. Uses `proj_create_operations`.
    /// - Parameters:
    ///   - system: On the ground and upwards.
    ///   - place: Longitude (x) and latitude.
    /// - Returns: A list of grids for each way; an empty one for a way that needs none.
    static func ways(from system: CRS, at place: Position) -> [[HeightGrid]] {
        withContext { context in
            guard let source = proj_create(context, system.definition) else { return [] }
            defer { proj_destroy(source) }
            guard let target = proj_create(context, HeightTransform.target.definition) else {
                return []
            }
            defer { proj_destroy(target) }
            guard let rules = proj_create_operation_factory_context(context, nil) else { return [] }
            defer { proj_operation_factory_context_destroy(rules) }
            proj_operation_factory_context_set_grid_availability_use(
                context, rules, PROJ_GRID_AVAILABILITY_IGNORED)
            proj_operation_factory_context_set_allow_ballpark_transformations(context, rules, 0)
            proj_operation_factory_context_set_spatial_criterion(
                context, rules, PROJ_SPATIAL_CRITERION_PARTIAL_INTERSECTION)
            let longitude = place.x.remainder(dividingBy: 360)
            proj_operation_factory_context_set_area_of_interest(
                context, rules, longitude, place.y, longitude, place.y)
            guard let ways = proj_create_operations(context, source, target, rules) else {
                return []
            }
            defer { proj_list_destroy(ways) }
            return (0..<proj_list_get_count(ways)).compactMap { index in
                guard let way = proj_list_get(context, ways, index) else { return nil }
                defer { proj_destroy(way) }
                return grids(of: way, context)
            }
        } ?? []
    }

    private static func grids(of way: OpaquePointer, _ context: OpaquePointer) -> [HeightGrid] {
        (0..<proj_coordoperation_get_grid_used_count(context, way)).compactMap { index in
            var name: UnsafePointer<CChar>?
            var isThere: Int32 = 0
            let isKnown = proj_coordoperation_get_grid_used(
                context, way, index, &name, nil, nil, nil, nil, nil, &isThere)
            guard isKnown != 0, let name else { return nil }
            return HeightGrid(name: String(cString: name), isThere: isThere != 0)
        }
    }

    /// The EPSG code of the vertical system of just this name; nil if there is none, or more than one.
    ///
    /// Uses `proj_create_from_name`.
    static func code(ofSystem name: String) -> Int? {
        withContext { context in
            var kind = PJ_TYPE_VERTICAL_CRS
            guard let found = proj_create_from_name(context, "EPSG", name, &kind, 1, 0, 2, nil)
            else { return nil }
            defer { proj_list_destroy(found) }
            guard proj_list_get_count(found) == 1, let system = proj_list_get(context, found, 0)
            else { return nil }
            defer { proj_destroy(system) }
            return proj_get_id_code(system, 0).flatMap { Int(String(cString: $0)) }
        }
    }

    /// A context of its own, as threads need one; silent and without network.
    private static func withContext<Result>(_ body: (OpaquePointer) -> Result?) -> Result? {
        guard let context = proj_context_create() else { return nil }
        defer { proj_context_destroy(context) }
        proj_log_level(context, PJ_LOG_NONE)
        proj_context_set_enable_network(context, 0)
        return body(context)
    }
}
