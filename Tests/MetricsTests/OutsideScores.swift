import Foundation

/// What scikit-learn, torchmetrics, shapely and scipy said; `script/reference/scores.py` wrote it.
struct OutsideScores: Decodable, Sendable {
    struct Classes: Decodable, Sendable {
        let name: String
        let classes: Int
        let prediction: [UInt8]
        let truth: [UInt8]
        let matrix: [[Int64]]
        let iou: [Double?]
        let f1: [Double?]
        let meanIoU: Double?
        let accuracy: Double?
        let meanRecall: Double?
        let kappa: Double?
    }

    struct Multilabel: Decodable, Sendable {
        let name: String
        let classes: Int
        let scores: [Float]
        let labels: [UInt8]
        let perClass: [Double?]
        let macro: Double?
        let weighted: Double?
        let micro: Double?
        let samples: Double?
    }

    struct Calibration: Decodable, Sendable {
        let name: String
        let bins: Int
        let probability: [Double]
        let cameTrue: [UInt8]
        let expected: Double
        let greatest: Double
    }

    struct Outlines: Decodable, Sendable {
        let first: [[[Double]]]
        let second: [[[Double]]]
        let areas: [Double]
        let shared: Double
    }

    struct Quantile: Decodable, Sendable {
        let share: Double
        let degrees: Int
        let value: Double
    }

    let classes: [Classes]
    let multilabel: [Multilabel]
    let calibration: [Calibration]
    let outlines: [Outlines]
    let studentT: [Quantile]

    static func read() throws -> OutsideScores {
        let fixture = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fixtures/scores.json")
        return try JSONDecoder().decode(OutsideScores.self, from: Data(contentsOf: fixture))
    }
}

/// A seeded source of test cases.
struct TestGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state >> 33) ^ (state << 20)
    }
}
