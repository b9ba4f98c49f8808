import Manifests

/// The true shift that a simulation leaves beside a scene.
enum SceneTruth {
    /// The mean shift against the region's first date; `nil` where there is no truth.
    static func shift(_ scene: Scene) -> Shift? {
        guard let path = scene.truthPath, let bytes = try? WholeFile.read(path),
            let truth = try? JSONValue.parse(bytes), let global = truth["globalShift"],
            let rows = global["rows"]?.double, let columns = global["columns"]?.double
        else { return nil }
        return Shift(rows: rows, columns: columns)
    }
}
