import Foundation
import Geo
import Raster

/// Fits the rational polynomials of an image to known correspondences.
enum RPCFit {
    /// A point of the ground and where it is seen.
    struct Sight: Sendable {
        let longitude, latitude, height: Double
        /// In pixels from the upper left corner of the image.
        let row, column: Double
    }

    /// The model through the sights: cubic numerators by least squares, denominators 1.
    ///
    /// - Throws: `RasterError` when the sights do not span a volume.
    static func model(_ sights: [Sight]) throws -> RPCModel {
        // RPC counts from the centre of the first pixel.
        let line = normalisation(sights.map { $0.row - 0.5 })
        let sample = normalisation(sights.map { $0.column - 0.5 })
        let longitude = normalisation(sights.map(\.longitude))
        let latitude = normalisation(sights.map(\.latitude))
        let height = normalisation(sights.map(\.height))
        let terms = sights.map { sight in
            self.terms(
                (sight.longitude - longitude.offset) / longitude.scale,
                (sight.latitude - latitude.offset) / latitude.scale,
                (sight.height - height.offset) / height.scale)
        }
        let lines = sights.map { ($0.row - 0.5 - line.offset) / line.scale }
        let samples = sights.map { ($0.column - 0.5 - sample.offset) / sample.scale }
        let one = [1.0] + [Double](repeating: 0, count: 19)
        return try RPCModel(
            line: line, sample: sample, latitude: latitude, longitude: longitude, height: height,
            coefficients: [
                leastSquares(terms, lines), one, leastSquares(terms, samples), one,
            ])
    }

    private static func normalisation(_ values: [Double]) -> RPCModel.Normalisation {
        let (low, high) = (values.min() ?? 0, values.max() ?? 1)
        return .init(offset: (low + high) / 2, scale: max((high - low) / 2, 1e-9))
    }

    /// The twenty terms in RPC00B's order.
    private static func terms(_ l: Double, _ p: Double, _ h: Double) -> [Double] {
        let first = [1, l, p, h, l * p, l * h, p * h, l * l, p * p, h * h]
        let second = [p * l * h, l * l * l, l * p * p, l * h * h, l * l * p]
        return first + second + [p * p * p, p * h * h, l * l * h, p * p * h, h * h * h]
    }

    /// Solves the normal equations by Gauss's elimination with a chosen pivot.
    private static func leastSquares(_ rows: [[Double]], _ values: [Double]) -> [Double] {
        let count = rows.first?.count ?? 0
        var matrix = [[Double]](repeating: [Double](repeating: 0, count: count + 1), count: count)
        for (row, value) in zip(rows, values) {
            for i in 0..<count {
                for j in 0..<count { matrix[i][j] += row[i] * row[j] }
                matrix[i][count] += row[i] * value
            }
        }
        for column in 0..<count {
            let pivot = (column..<count).max {
                abs(matrix[$0][column]) < abs(matrix[$1][column])
            }
            matrix.swapAt(column, pivot ?? column)
            guard matrix[column][column] != 0 else { continue }
            for row in 0..<count where row != column {
                let factor = matrix[row][column] / matrix[column][column]
                guard factor != 0 else { continue }
                for k in column...count { matrix[row][k] -= factor * matrix[column][k] }
            }
        }
        return (0..<count).map { matrix[$0][count] / matrix[$0][$0] }
    }
}
