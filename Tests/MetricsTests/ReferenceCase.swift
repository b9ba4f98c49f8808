import Foundation
import Testing

/// A case that scikit-learn has scored; `script/reference/metrics.py` wrote it.
struct ReferenceCase: Decodable, Sendable, CustomTestStringConvertible {
    struct Curve: Decodable {
        let precision: [Double]
        let recall: [Double]
        let threshold: [Float]
    }

    let name: String
    let scores: [Float]
    let truth: [UInt8]
    let threshold: Float
    let counts: [Int64]
    let precision: Double?
    let recall: Double?
    let f1: Double?
    let iou: Double?
    let accuracy: Double?
    let kappa: Double?
    let averagePrecision: Double?
    let curve: Curve?
    let otsuBin: Int?
    let minimumErrorBin: Int?
    let unimodalBin: Int?

    var testDescription: String { name }

    private struct File: Decodable {
        let cases: [ReferenceCase]
    }

    static func all() throws -> [ReferenceCase] {
        let fixture = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fixtures/metrics.json")
        return try JSONDecoder().decode(File.self, from: Data(contentsOf: fixture)).cases
    }
}

/// Whether both are undefined, or both defined and as good as equal.
func agree(_ left: Double?, _ right: Double?, within tolerance: Double = 1e-12) -> Bool {
    switch (left, right) {
    case (nil, nil): true
    case (let left?, let right?): abs(left - right) <= tolerance
    default: false
    }
}
