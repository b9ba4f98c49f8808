import Foundation
import Geo
import Manifests
import Raster
import Tensors

/// The truth about a scene, in the files that tests and reports compare with.
enum TruthFiles {
    /// Pixels between the nodes of a stored shift field.
    static let fieldStep = 10

    /// A shift field as safetensors: `rows` and `columns`, float32 (height, width) in pixels of 10 m.
    ///
    /// Node (i, j) is the displacement of the content at reference position
    /// (`step`·(i + ½), `step`·(j + ½)).
    static func shiftField(_ field: TrueShiftField, size: Int) throws -> [UInt8] {
        let side = max(1, size / fieldStep)
        var rows: [Float] = []
        var columns: [Float] = []
        for row in 0..<side {
            for column in 0..<side {
                let shift = field(
                    row: (Double(row) + 0.5) * Double(fieldStep),
                    column: (Double(column) + 0.5) * Double(fieldStep))
                rows.append(Float(shift.rows))
                columns.append(Float(shift.columns))
            }
        }
        return try Safetensors.serialize(
            [
                "columns": HostArray(columns, shape: [side, side]),
                "rows": HostArray(rows, shape: [side, side]),
            ], metadata: ["step": String(fieldStep)])
    }

    /// An 8-bit map (classes, change) as a GeoTIFF.
    static func map(_ values: [UInt8], grid: GeoGrid, names: [String]) throws -> [UInt8] {
        try RasterWriter.encode(
            RasterBuffer(size: grid.size, pixels: values), grid: grid, as: .geoTIFF(),
            bandNames: names)
    }
}
