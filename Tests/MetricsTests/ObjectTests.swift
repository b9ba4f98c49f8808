import Foundation
import Metrics
import TestSupport
import Testing

struct OutlineTests {
    private func outline(_ rings: [[[Double]]]) throws -> Outline {
        try Outline(rings: rings.map { $0.map { SIMD2($0[0], $0[1]) } })
    }

    @Test func areasAreThoseOfShapely() throws {
        let cases = try OutsideScores.read().outlines
        #expect(cases.count > 20)
        for reference in cases {
            let first = try outline(reference.first)
            let second = try outline(reference.second)
            #expect(abs(first.area - reference.areas[0]) < 1e-9)
            #expect(abs(first.sharedArea(with: second) - reference.shared) < 1e-8)
            #expect(abs(second.sharedArea(with: first) - reference.shared) < 1e-8)
            #expect(abs(first.sharedArea(with: first) - first.area) < 1e-8)
        }
    }

    @Test func senseAndClosingDoNotMatter() throws {
        let square = try outline([[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]])
        let turned = try outline([[[0, 2], [2, 2], [2, 0], [0, 0]]])
        #expect(square.area == 4 && turned.area == 4)
        #expect(square.iou(with: turned) == 1)
        let apart = try outline([[[5, 5], [6, 5], [6, 6]]])
        #expect(square.iou(with: apart) == 0)
        #expect(try outline([]).iou(with: outline([])) == nil)
        #expect(throws: MetricsError.self) { try outline([[[0, 0], [1, .nan], [1, 1]]]) }
    }
}

struct OutlineMatchingTests {
    private func box(_ x: Double, _ width: Double) throws -> Outline {
        try Outline(rings: [[[x, 0], [x + width, 0], [x + width, 10], [x, 10]]])
    }

    @Test func eachTrueObjectIsTakenOnce() throws {
        let truth = [try box(0, 10), try box(20, 10), try box(40, 1)]
        let called = [try box(1, 10), try box(0, 10), try box(22, 10)]
        #expect(
            OutlineMatching().counts(called: called, truth: truth)
                == ConfusionCounts(truePositive: 2, falsePositive: 1, falseNegative: 1))
        #expect(
            OutlineMatching(leastMissedArea: 20).counts(called: [], truth: truth).falseNegative == 2
        )
    }

    @Test(
        .enabled(if: SharedData.isAvailable),
        arguments: [
            (
                "SN2_sample_truth.csv", "SN2_sample_preds.csv", "AOI_2_Vegas",
                ConfusionCounts(truePositive: 35, falsePositive: 2, falseNegative: 7)
            ),
            (
                "SN2_sample_truth.csv", "SN2_sample_preds.csv", "AOI_5_Khartoum",
                ConfusionCounts(truePositive: 52, falsePositive: 55, falseNegative: 75)
            ),
            (
                "sample_truth_competition.csv", "sample_preds_competition.csv", "Atlanta",
                ConfusionCounts(truePositive: 2319)
            ),
        ])
    func publishedScoresOfSpaceNet(
        truth: String, called: String, area: String, expected: ConfusionCounts
    ) throws {
        let folder = "spacenet/metric-fixtures"
        let truePath = try #require(SharedData.path("\(folder)/\(truth)"))
        let calledPath = try #require(SharedData.path("\(folder)/\(called)"))
        let trueObjects = try Footprints.read(truePath)
        let calledObjects = try Footprints.read(calledPath)
        var counts = ConfusionCounts()
        for image in Set(trueObjects.keys).union(calledObjects.keys) where image.hasPrefix(area) {
            counts += OutlineMatching(leastMissedArea: 20).counts(
                called: calledObjects[image] ?? [], truth: trueObjects[image] ?? [])
        }
        #expect(counts == expected)
    }
}

/// Outlines of SpaceNet's tables: the third column holds the polygon in pixels.
private enum Footprints {
    static func read(_ path: String) throws -> [String: [Outline]] {
        var result: [String: [Outline]] = [:]
        let text = try String(contentsOfFile: path, encoding: .utf8)
        for line in text.split(whereSeparator: \.isNewline).dropFirst() {
            let image = String(line.prefix { $0 != "," })
            guard let start = line.firstRange(of: "((")?.upperBound,
                let end = line.firstRange(of: "))")?.lowerBound
            else { continue }
            let rings = line[start..<end].split(separator: "(").map { ring in
                ring.split(separator: ",").compactMap { corner -> SIMD2<Double>? in
                    let numbers = corner.split { " )".contains($0) }.compactMap { Double($0) }
                    return numbers.count < 2 ? nil : SIMD2(numbers[0], numbers[1])
                }
            }
            result[image, default: []].append(try Outline(rings: rings))
        }
        return result
    }
}
