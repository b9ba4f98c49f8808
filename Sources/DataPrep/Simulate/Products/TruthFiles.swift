import Foundation
import Geo
import Manifests
import Raster

/// The truth about a scene, in the files that tests and reports compare with.
enum TruthFiles {
    /// Pixels between the nodes of a stored shift field.
    static let fieldStep = 10

    /// A shift field as safetensors: `rows` and `columns`, float32 (height, width) in pixels of 10 m.
    ///
    /// Node (i, j) is the displacement of the content at reference position
    /// (`step`·(i + ½), `step`·(j + ½)).
    static func shiftField(_ field: TrueShiftField, size: Int) -> [UInt8] {
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
        return safetensors([("columns", columns), ("rows", rows)], shape: [side, side])
    }

    /// Float32 tensors of one shape in the safetensors format, in the order given.
    private static func safetensors(_ tensors: [(String, [Float])], shape: [Int]) -> [UInt8] {
        let length = shape.reduce(4, *)
        let dimensions = shape.map(String.init).joined(separator: ",")
        let entries = tensors.enumerated().map { index, tensor in
            "\"\(tensor.0)\":{\"dtype\":\"F32\",\"shape\":[\(dimensions)],"
                + "\"data_offsets\":[\(index * length),\((index + 1) * length)]}"
        }
        let metadata = "\"__metadata__\":{\"step\":\"\(fieldStep)\"}"
        var header = Array("{\(([metadata] + entries).joined(separator: ","))}".utf8)
        while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
        var bytes = withUnsafeBytes(of: UInt64(header.count).littleEndian, Array.init) + header
        for (_, values) in tensors {
            for value in values {
                bytes += withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init)
            }
        }
        return bytes
    }

    /// An 8-bit map (classes, change) as a GeoTIFF.
    static func map(_ values: [UInt8], grid: GeoGrid, names: [String]) throws -> [UInt8] {
        try RasterWriter.encode(
            RasterBuffer(size: grid.size, pixels: values), grid: grid, as: .geoTIFF(),
            bandNames: names)
    }
}
